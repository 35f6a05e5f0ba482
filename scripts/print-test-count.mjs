// Prints how many tests the given vitest JSON report counts as passed and failed.

import { readFileSync } from 'node:fs';

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
console.log(`${report.numPassedTests} passed, ${report.numFailedTests} failed`);
if (report.numPassedTests === 0 || report.numFailedTests > 0) process.exitCode = 1;
