// Reads a Vega-Lite specification from standard input and writes it as SVG to standard output.

import { readFileSync } from 'node:fs';
import { parse, View } from 'vega';
import { compile } from 'vega-lite';

const specification = JSON.parse(readFileSync(0, 'utf8'));
const view = new View(parse(compile(specification).spec), { renderer: 'none' });
process.stdout.write(`${await view.toSVG()}\n`);
