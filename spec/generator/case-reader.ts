/**
 * Reads the files of spec/cases: one case a line, `name | column | column`. A line that begins with `#` is a comment, an
 * indented line continues the one before it, and `NAME := …` gives a text, such as a value or some steps, a name for the
 * rest of the file.
 *
 * Values are relaxed JSON: commas are optional, words need no quotes, `10n` is the long {"I":"10"}, `x*99` is a string of
 * 99 x, `true*9` in a list is nine items, `{...NAME f: 1}` is NAME with another `f`, and `(f=1)` is a delta. A delta is
 * a sequence of changes, of record r of table t unless they begin with a place, as in `s/` or `u/s/`:
 *
 *     +{f: 1}  insert the record         -      delete it                  {f=1 g-}  one update of two fields
 *     f=1      put 1 in field f          f-     delete the field           f[]       create a list
 *     f[0]=x   put item 0                f[0]-  delete item 0
 *     f[0]+x   insert x before item 0    f[0]>2 move item 0 to index 2     […]       the change as wire JSON
 *
 * `over` says what a put or delete overwrote: `f=2 over 1`, and `over null` if that was absent. `end` says that an insert
 * is an append: `f[2]+x end`.
 */

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Json, type JsonObject, objectOf } from './json.js';

const SPACE = /[ ,]*/y;
const WORD = /:?[A-Za-z_]\w*(?:-\w+)*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING = /"(?:[^"\\]|\\.)*"/y;
const RAW_TEXT = /'[^']*'/y;
const BYTE = /[0-9a-f]{2}/y;
const PLACE = new RegExp(`(?:(${WORD.source})/)?(${WORD.source})/`, 'y');
const OVER = / over(?= )/y;
const END = / end(?=[ ;|)}]|$)/y;
const OPTION = /^ *\| *\w+:/;
const DEFINITION = /^([A-Z][A-Z_]+) := (.*)$/;
const DEFINED = /\b[A-Z][A-Z_]+\b/g;

/** The cases of a file below spec/cases, each read up to the end of its name. */
export function readCases(file: string): readonly CaseReader[] {
  const text = readFileSync(resolve(import.meta.dirname, '../cases', file), 'utf8');
  const definitions = new Map<string, string>();
  const expanded = (part: string): string => part.replace(DEFINED, (word) => definitions.get(word) ?? word);
  const cases: CaseReader[] = [];
  for (const { line, number } of logicalLines(text)) {
    const [, name, meaning = ''] = DEFINITION.exec(line) ?? [];
    if (name === undefined) cases.push(new CaseReader(line, expanded, `spec/cases/${file}:${number}`));
    else definitions.set(name, expanded(meaning));
  }
  return cases;
}

function logicalLines(text: string): readonly { readonly line: string; readonly number: number }[] {
  const lines: { line: string; number: number }[] = [];
  text.split('\n').forEach((line, index) => {
    const last = lines.at(-1);
    if (line.trim() === '' || line.startsWith('#')) return;
    if (/^\s/.test(line) && last !== undefined) last.line += ` ${line.trim()}`;
    else lines.push({ line, number: index + 1 });
  });
  return lines;
}

/** Reads one line, column by column. */
export class CaseReader {
  readonly name: string;
  readonly #line: string;
  readonly #where: string;
  #at: number;

  /** @param expanded puts the meanings of defined names into what comes after the name of the case. */
  constructor(line: string, expanded: (part: string) => string, where: string) {
    const [name = ''] = line.split(' |', 1);
    this.name = name;
    this.#line = `${name}${expanded(line.slice(name.length))}`;
    this.#where = where;
    this.#at = name.length;
  }

  fail(expected: string): never {
    const rest = this.#line.slice(this.#at).trimStart().slice(0, 40);
    throw new Error(`${this.#where}: expected ${expected}, got ${rest === '' ? 'the end of the line' : `"${rest}"`}`);
  }

  /** Goes to the next column, if there is one. */
  nextColumn(): boolean {
    return this.take('|');
  }

  /** Goes to the next column. */
  column(): this {
    return this.nextColumn() ? this : this.fail('another column');
  }

  end(): void {
    if (this.#peek() !== '') this.fail('the end of the line');
  }

  /** What is left are columns `name: value`. */
  options(): JsonObject {
    const options = new Map<string, Json>();
    while (this.nextColumn()) options.set(...this.#option());
    this.end();
    return Object.fromEntries(options);
  }

  /** A column `name: value`, if the next column is one. */
  optionColumn(): [name: string, value: Json] | undefined {
    const isNext = OPTION.test(this.#line.slice(this.#at));
    return isNext ? this.column().#option() : undefined;
  }

  #option(): [name: string, value: Json] {
    const name = this.word();
    if (!this.take(':')) this.fail('a colon');
    return [name, this.value()];
  }

  /** Whether nothing is left of the column, or of a step in it. */
  get isAtEnd(): boolean {
    return ['', '|', ';', ')'].includes(this.#peek());
  }

  /** Takes a character, or a whole word, if it comes next. */
  take(text: string): boolean {
    const start = this.#at;
    this.#match(SPACE);
    const isWord = /^\w/.test(text);
    const found = isWord ? this.#match(WORD) === text : this.#line.startsWith(text, this.#at);
    if (!found) this.#at = start;
    else if (!isWord) this.#at += text.length;
    return found;
  }

  /** Takes what matches a sticky pattern, if it comes next. */
  takeMatch(pattern: RegExp): string | undefined {
    this.#match(SPACE);
    return this.#match(pattern);
  }

  /** Whether an object comes next. */
  get isAtObject(): boolean {
    return this.#peek() === '{';
  }

  word(): string {
    this.#match(SPACE);
    return this.#match(WORD) ?? this.fail('a word');
  }

  number(): number {
    this.#match(SPACE);
    return Number(this.#match(NUMBER) ?? this.fail('a number'));
  }

  /** The values up to the end of the column. */
  values(): Json[] {
    const values: Json[] = [];
    while (!this.isAtEnd) values.push(this.value());
    return values;
  }

  /**
   * Bytes in hexadecimal and texts in quotes up to the end of the column, each of them perhaps repeated. A text in single
   * quotes has no escapes.
   */
  bytes(): Uint8Array {
    const bytes: number[] = [];
    while (!this.isAtEnd) {
      if (this.#peek() === '"') {
        bytes.push(...Buffer.from(String(this.value())));
        continue;
      }
      const text = this.#match(RAW_TEXT);
      if (text !== undefined) {
        bytes.push(...Buffer.from(text.slice(1, -1)));
        continue;
      }
      const byte = Number.parseInt(this.#match(BYTE) ?? this.fail('a byte'), 16);
      bytes.push(...Array.from({ length: this.#times() }, () => byte));
    }
    return Uint8Array.from(bytes);
  }

  object(): JsonObject {
    return objectOf(this.value());
  }

  value(): Json {
    const next = this.#peek();
    if (next === '[') return this.#array();
    if (next === '{') return this.#object();
    if (next === '(') return this.deltaInParentheses();
    const string = this.#match(STRING);
    if (string !== undefined) return this.#repeated(JSON.parse(string));
    const number = this.#match(NUMBER);
    if (number !== undefined) return this.#take('n') ? { I: number } : Number(number);
    const word = this.#match(WORD) ?? this.fail('a value');
    if (word === 'null') return null;
    if (word === 'true' || word === 'false') return word === 'true';
    return this.#repeated(word);
  }

  /** The rows of record r, and of record s if there are two; `-` for none. Anything else stands as it is. */
  rows(): Json {
    if (this.take('-')) return [];
    if (this.#peek() !== '{') return this.value();
    return this.values().map((data, index) => ({ tid: 't', rowid: index === 0 ? 'r' : 's', data }));
  }

  /** `max` is the rule of field f of table t, `{f: max}` has rules for table t, `{}` none, `{u: {…}}` any. */
  rules(): JsonObject {
    if (this.#peek() !== '{') return { t: { f: this.word() } };
    const rules = this.object();
    const isOfTable = Object.values(rules).some((rule) => typeof rule === 'string');
    return isOfTable ? { t: rules } : rules;
  }

  /** `(f=1) () (f=2)`, or `-` for none. */
  deltas(): Json[] {
    return this.take('-') ? [] : this.values();
  }

  deltaInParentheses(): Json[] {
    if (!this.take('(')) this.fail('a delta in parentheses');
    const delta = this.delta();
    if (!this.take(')')) this.fail('a closing parenthesis');
    return delta;
  }

  /** The changes up to the end of the column or step, or up to ` as `. */
  delta(): Json[] {
    const changes: Json[] = [];
    while (!this.isAtEnd && !this.#line.startsWith('as ', this.#at)) changes.push(this.#change());
    return changes;
  }

  /** Operations on a list: `[0]+x [1]-`. */
  listOperations(): Json[] {
    const operations: Json[] = [];
    while (!this.isAtEnd) operations.push(this.#listOperation());
    return operations;
  }

  #change(): Json {
    if (this.#peek() === '[') return this.value();
    const [, table = 't', record = 'r'] = this.#matchGroups(PLACE) ?? [];
    if (this.#take('+')) return ['I', table, record, this.object()];
    if (this.#take('-')) return ['D', table, record, ...this.#over()];
    return ['U', table, record, this.#operations()];
  }

  #operations(): Json {
    if (!this.#take('{')) return Object.fromEntries([this.#operation()]);
    const operations: [string, Json][] = [];
    while (!this.take('}')) operations.push(this.#operation());
    return Object.fromEntries(operations);
  }

  #operation(): [field: string, operation: Json] {
    const field = this.word();
    if (this.#take('=')) return [field, ['P', this.value(), ...this.#over()]];
    if (this.#take('-')) return [field, ['D', ...this.#over()]];
    return [field, this.#take('[]') ? ['LC'] : this.#listOperation()];
  }

  #listOperation(): Json {
    if (!this.take('[')) this.fail('an operation');
    const index = this.number();
    if (!this.#take(']')) this.fail('a closing bracket');
    if (this.#take('=')) return ['LP', index, this.value(), ...this.#over()];
    if (this.#take('+')) return ['LI', index, this.value(), ...(this.#match(END) === undefined ? [] : ['end'])];
    if (this.#take('-')) return ['LD', index, ...this.#over()];
    return this.#take('>') ? ['LM', index, this.number()] : this.fail('one of = + - >');
  }

  #over(): Json[] {
    return this.#match(OVER) === undefined ? [] : [{ before: this.value() }];
  }

  #array(): Json {
    const items: Json[] = [];
    this.#take('[');
    while (!this.take(']')) {
      const item = this.value();
      items.push(...Array.from({ length: this.#times() }, () => item));
    }
    return items;
  }

  #object(): JsonObject {
    // Entries are defined, not assigned: a member may be called __proto__.
    const members = new Map<string, Json>();
    this.#take('{');
    while (!this.take('}')) {
      if (this.take('...')) {
        for (const [name, value] of Object.entries(this.object())) members.set(name, value);
        continue;
      }
      const string = this.#match(STRING);
      const name = string === undefined ? this.word() : String(JSON.parse(string));
      if (!this.take(':')) this.fail('a colon');
      members.set(name, this.value());
    }
    return Object.fromEntries(members);
  }

  #repeated(text: string): string {
    return text.repeat(this.#times());
  }

  #times(): number {
    return this.#take('*') ? this.number() : 1;
  }

  /** The next character that is no space, or '' at the end. */
  #peek(): string {
    this.#match(SPACE);
    return this.#line[this.#at] ?? '';
  }

  /** Takes a text that follows without a space. */
  #take(text: string): boolean {
    const isNext = this.#line.startsWith(text, this.#at);
    if (isNext) this.#at += text.length;
    return isNext;
  }

  #match(pattern: RegExp): string | undefined {
    return this.#matchGroups(pattern)?.[0];
  }

  #matchGroups(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#line) ?? undefined;
    this.#at += match?.[0].length ?? 0;
    return match;
  }
}
