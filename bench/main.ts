import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { benchLists } from './lists.js';
import { formatReport } from './support/report.js';

const RESULTS = resolve('bench/RESULTS.md');

const report = formatReport(benchLists((work) => console.error(work)));
writeFileSync(RESULTS, report);
console.log(report);
