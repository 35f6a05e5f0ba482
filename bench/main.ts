// Runs the suites named on the command line, or all of them. Only a run of all writes the results and draws the charts.

import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { suites } from './suites.js';
import { drawSeries } from './support/charts.js';
import { thisSetting } from './support/machine.js';
import { formatReport, measured } from './support/report.js';
import { runSuite } from './support/run.js';

const REPORT = resolve('bench/RESULTS.md');
const DATA = resolve('bench/results.json');

function main(names: readonly string[]): void {
  const unknown = names.filter((name) => !suites.some((suite) => suite.name === name));
  if (unknown.length > 0) {
    throw new Error(`unknown suite ${unknown.join(' or ')}; there are ${suites.map(({ name }) => name).join(', ')}`);
  }
  const setting = thisSetting();
  const chosen = names.length === 0 ? suites : suites.filter(({ name }) => names.includes(name));
  const results = chosen.map((suite, at) => {
    console.error(`${suite.title} (${at + 1} of ${chosen.length})`);
    return runSuite(suite, (row) => console.error(`  ${row.work}: ${measured(row)}`));
  });
  console.log(formatReport(setting, results, false));
  if (names.length > 0) return;
  writeFileSync(REPORT, formatReport(setting, results, true));
  writeFileSync(DATA, `${JSON.stringify({ ...setting, suites: results }, undefined, 2)}\n`);
  drawSeries(results);
}

main(process.argv.slice(2));
