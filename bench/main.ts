import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { benchCodec } from './codec.js';
import { benchLists } from './lists.js';
import { formatReport } from './support/report.js';

const RESULTS = resolve('bench/RESULTS.md');

const announce = (work: string): void => console.error(work);
const report = formatReport([...benchLists(announce), ...benchCodec(announce)]);
writeFileSync(RESULTS, report);
console.log(report);
