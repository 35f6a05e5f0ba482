import type { FieldOp, ListOp } from '../index.js';
import { countOf } from './safe-text.js';
import { valueText } from './value-text.js';

const MOST_EDITS = 20;

/** An edit of a field in words, one text for each step, as in `put "tea" at index 3 of items, over "coffee"`. */
export function editWords(field: string, op: FieldOp): readonly string[] {
  switch (op.type) {
    case 'put':
      return [`put ${valueText(op.value)} in ${field}`];
    case 'delete':
      return [`deleted ${field}`];
    case 'list': {
      const created = op.create ? [`created the list ${field}`] : [];
      const steps = op.ops.slice(0, MOST_EDITS).map((step) => listEditWords(field, step));
      const rest = op.ops.length - steps.length;
      return [...created, ...steps, ...(rest > 0 ? [`made ${countOf(rest, 'more edit')} of ${field}`] : [])];
    }
  }
}

function listEditWords(field: string, op: ListOp): string {
  switch (op.type) {
    case 'put':
      return `put ${valueText(op.value)} at index ${op.index} of ${field}${overwritten(', over ', op)}`;
    case 'insert':
      return `inserted ${valueText(op.value)} at index ${op.index} of ${field}`;
    case 'delete':
      return `deleted index ${op.index} of ${field}${overwritten(', ', op)}`;
    case 'move':
      return `moved index ${op.from} of ${field} to index ${op.to}`;
  }
}

function overwritten(before: string, op: Extract<ListOp, { type: 'put' | 'delete' }>): string {
  return op.before === undefined ? '' : `${before}${valueText(op.before)}`;
}
