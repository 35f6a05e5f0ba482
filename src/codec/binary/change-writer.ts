import type { Change, Delta, FieldOps } from '../../operations/change.js';
import { beforeOf, type FieldOp } from '../../operations/field-operation.js';
import { type Fields, inOrder } from '../../values/fields.js';
import { visitEach } from '../../values/frozen-array.js';
import { ByteWriter } from './byte-writer.js';
import { DELETED, DELETED_FIELDS, INSERTED, UPDATED } from './change-kind.js';
import { FieldSetWriter } from './field-sets.js';
import { Inventory } from './inventory.js';
import { ListEditWriter } from './list-edits.js';
import { NameIndex } from './name-table.js';
import { writeRun } from './runs.js';
import { StringIndex } from './string-table.js';
import { ValueWriter } from './value-writer.js';

/**
 * Writes deltas column by column: all names, then all places, then all values, each where its like is. The deltas of one
 * file share the columns and tables. Spec: BIN-4, BIN-17 to BIN-20.
 */
export class ChangeWriter {
  readonly names: NameIndex;
  readonly #strings: StringIndex;
  readonly #groups = new ByteWriter();
  readonly #records = new ByteWriter();
  readonly #fields: FieldSetWriter;
  readonly #edits: ListEditWriter;
  readonly #values: ValueWriter;
  readonly #befores: ValueWriter;
  #previousRecord = 0;

  /** Everything that will be written must be in `inventory`, and nothing else. */
  constructor(inventory: Inventory) {
    this.names = new NameIndex(inventory.names);
    this.#strings = new StringIndex(inventory.strings);
    this.#fields = new FieldSetWriter(this.names);
    this.#values = new ValueWriter(this.#strings);
    this.#befores = new ValueWriter(this.#strings);
    this.#edits = new ListEditWriter(this.#values, this.#befores);
  }

  /** The columns of one delta alone. */
  static encode(delta: Delta): readonly Uint8Array[] {
    const inventory = new Inventory();
    visitEach(delta, (change) => inventory.addChange(change));
    const writer = new ChangeWriter(inventory);
    writer.write(delta);
    return writer.finish();
  }

  write(delta: Delta): void {
    for (let start = 0; start < delta.length; ) {
      const end = endOfGroup(delta, start);
      this.#writeGroup(delta, start, end);
      start = end;
    }
  }

  /** The columns in the order in which they stand in a file. */
  finish(): readonly Uint8Array[] {
    const strings = this.#strings.encode();
    return [
      ...[this.names.encode(), strings.lengths, strings.text],
      ...[this.#groups.finish(), this.#records.finish(), this.#fields.finish(), this.#edits.finish()],
      ...[...this.#values.finish(), ...this.#befores.finish()],
    ];
  }

  /** Writes changes that are of one kind and table. */
  #writeGroup(delta: Delta, start: number, end: number): void {
    const first = delta[start] as Change;
    writeRun(this.#groups, kindOf(first), end - start);
    this.#groups.varint(this.names.numberOf(first.table));
    for (let at = start; at < end; at++) {
      const change = delta[at] as Change;
      const record = this.names.numberOf(change.record);
      this.#records.signed(record - this.#previousRecord);
      this.#previousRecord = record;
      this.#writeContent(change);
    }
  }

  #writeContent(change: Change): void {
    if (change.type === 'insert') this.#writeFields(change.fields);
    else if (change.type === 'update') this.#writeOps(change.ops);
    else if (change.before !== undefined) this.#writeFields(change.before);
  }

  #writeFields(fields: Fields): void {
    const sorted = inOrder(fields);
    this.#fields.write([...sorted.keys()]);
    for (const value of sorted.values()) this.#values.value(value);
  }

  #writeOps(ops: FieldOps): void {
    const sorted = inOrder(ops);
    this.#fields.write([...sorted.keys()]);
    for (const op of sorted.values()) this.#writeOp(op);
  }

  #writeOp(op: FieldOp): void {
    if (op.type === 'list') {
      this.#values.listEdit(op.create, op.ops.length);
      this.#edits.write(op.ops);
      return;
    }
    if (op.type === 'put') this.#values.value(op.value);
    else this.#values.absent();
    const before = beforeOf(op);
    if (before === undefined) this.#befores.unknown();
    else if (before.value === undefined) this.#befores.absent();
    else this.#befores.value(before.value);
  }
}

/** Where the changes end that are of the same kind and table as the one at `start`. */
function endOfGroup(delta: Delta, start: number): number {
  const first = delta[start] as Change;
  const kind = kindOf(first);
  let end = start + 1;
  for (let change = delta[end]; change?.table === first.table && kindOf(change) === kind; change = delta[end]) end++;
  return end;
}

function kindOf(change: Change): number {
  if (change.type === 'insert') return INSERTED;
  if (change.type === 'update') return UPDATED;
  return change.before === undefined ? DELETED : DELETED_FIELDS;
}
