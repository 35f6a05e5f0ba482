import type { Change } from '../../operations/change.js';
import { beforeOf, type FieldOp } from '../../operations/field-operation.js';
import type { ListOp } from '../../operations/list-operation.js';
import type { Fields } from '../../values/fields.js';
import { visitEach } from '../../values/frozen-array.js';
import { isList, type Value } from '../../values/value.js';
import { isNumberedWhenRepeated } from './string-table.js';

/** What changes name, and how often each of their strings occurs. Everything is counted before anything is written. */
export class Inventory {
  readonly names: Set<string> = new Set();
  readonly strings: Map<string, number> = new Map();

  addChange(change: Change): void {
    this.names.add(change.table);
    this.names.add(change.record);
    switch (change.type) {
      case 'insert':
        this.#addFields(change.fields);
        break;
      case 'update':
        for (const [field, op] of change.ops) {
          this.names.add(field);
          this.#addFieldOp(op);
        }
        break;
      case 'delete':
        if (change.before !== undefined) this.#addFields(change.before);
    }
  }

  #addFields(fields: Fields): void {
    for (const [field, value] of fields) {
      this.names.add(field);
      this.#addValue(value);
    }
  }

  #addFieldOp(op: FieldOp): void {
    if (op.type === 'list') {
      visitEach(op.ops, (step) => this.#addListOp(step));
      return;
    }
    if (op.type === 'put') this.#addValue(op.value);
    this.#addValue(beforeOf(op)?.value);
  }

  #addListOp(op: ListOp): void {
    if (op.type === 'insert' || op.type === 'put') this.#addValue(op.value);
    if (op.type === 'put' || op.type === 'delete') this.#addValue(op.before);
  }

  #addValue(value: Value | undefined): void {
    if (typeof value === 'string') {
      if (isNumberedWhenRepeated(value)) this.strings.set(value, (this.strings.get(value) ?? 0) + 1);
    } else if (isList(value)) {
      visitEach(value, (item) => this.#addValue(item));
    }
  }
}
