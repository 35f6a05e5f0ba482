// Measures the suites named on the command line, or all of them. Each takes the place of its last results and charts.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { suites } from './suites.js';
import { drawSeries } from './support/charts.js';
import { type Setting, thisSetting } from './support/machine.js';
import { formatReport, type MeasuredSuite, measured } from './support/report.js';
import { runSuite } from './support/run.js';
import type { Suite } from './support/suite.js';

const REPORT = resolve('bench/RESULTS.md');
const DATA = resolve('bench/results.json');

/** What `results.json` holds, in the order of the suites. */
interface Results {
  readonly suites: readonly MeasuredSuite[];
}

function main(names: readonly string[]): void {
  const unknown = names.filter((name) => !suites.some((suite) => suite.name === name));
  if (unknown.length > 0) {
    throw new Error(`unknown suite ${unknown.join(' or ')}; there are ${suites.map(({ name }) => name).join(', ')}`);
  }
  const setting = thisSetting();
  const chosen = names.length === 0 ? suites : suites.filter(({ name }) => names.includes(name));
  const results = chosen.map((suite, at) => measureSuite(suite, `${at + 1} of ${chosen.length}`, setting));
  console.log(formatReport(results, false));
  const latest = new Map([...lastResults(), ...results].map((suite) => [suite.name, suite]));
  const all = suites.flatMap(({ name }) => latest.get(name) ?? []);
  writeFileSync(DATA, `${JSON.stringify({ suites: all } satisfies Results, undefined, 2)}\n`);
  writeFileSync(REPORT, formatReport(all, true));
  drawSeries(results);
}

function measureSuite(suite: Suite, place: string, setting: Setting): MeasuredSuite {
  console.error(`${suite.title} (${place})`);
  return { setting, ...runSuite(suite, (row) => console.error(`  ${row.work}: ${measured(row)}`)) };
}

function lastResults(): readonly MeasuredSuite[] {
  return existsSync(DATA) ? (JSON.parse(readFileSync(DATA, 'utf8')) as Results).suites : [];
}

main(process.argv.slice(2));
