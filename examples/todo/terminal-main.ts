// Run it with `npm run example:todo:terminal -- NAME TOKEN [URL]`.

import process from 'node:process';
import { createInterface } from 'node:readline';
import { runTerminal } from './terminal.js';

const [name, token, url = 'http://127.0.0.1:8484'] = process.argv.slice(2);
if (name === undefined || token === undefined) {
  console.error('usage: npm run example:todo:terminal -- NAME TOKEN [URL]');
  process.exitCode = 2;
} else {
  console.log(`${name} keeps its list in todo-${name}; an empty line shows what can be done`);
  const lines = createInterface({ input: process.stdin });
  const print = (line: string): void => console.log(line);
  await runTerminal({ name, url, token, directory: `todo-${name}`, lines, print });
}
