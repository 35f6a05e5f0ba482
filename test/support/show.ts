import {
  type Change,
  type DeltaInput,
  type FieldOp,
  type Fields,
  formatState,
  formatValue,
  type ListOp,
  type State,
  type Value,
} from '../../src/index.js';

// Text forms that differ exactly where the things differ, `before` and its absence included. They make comparisons
// cheap enough for exhaustive tests and failures readable.

export function showState(state: State): string {
  return JSON.stringify(formatState(state));
}

export function showDelta(delta: DeltaInput): string {
  return `[${[...delta].map(showChange).join(', ')}]`;
}

export function showValue(value: Value | undefined): string {
  return value === undefined ? 'absent' : JSON.stringify(formatValue(value));
}

export function showListOps(ops: readonly ListOp[]): string {
  return `[${ops.map(showListOp).join(' ')}]`;
}

function showChange(change: Change): string {
  const place = `${change.table}/${change.record}`;
  switch (change.type) {
    case 'insert':
      return `insert ${place} ${showFields(change.fields)}`;
    case 'delete':
      return `delete ${place}${change.before === undefined ? '' : ` was ${showFields(change.before)}`}`;
    case 'update':
      return `update ${place} {${[...change.ops].map(([field, op]) => `${field}: ${showFieldOp(op)}`).join(', ')}}`;
  }
}

export function showFields(fields: Fields): string {
  return `{${[...fields].map(([field, value]) => `${field}: ${showValue(value)}`).join(', ')}}`;
}

function showFieldOp(op: FieldOp): string {
  switch (op.type) {
    case 'put':
      return `put ${showValue(op.value)}${showBefore(op)}`;
    case 'delete':
      return `delete${showBefore(op)}`;
    case 'list':
      return `${op.create ? 'create' : 'list'} ${showListOps(op.ops)}`;
  }
}

function showListOp(op: ListOp): string {
  switch (op.type) {
    case 'put':
      return `put ${op.index} ${showValue(op.value)}${showBefore(op)}`;
    case 'insert':
      return `${op.atEnd === true ? 'append' : 'insert'} ${op.index} ${showValue(op.value)}`;
    case 'delete':
      return `delete ${op.index}${showBefore(op)}`;
    case 'move':
      return `move ${op.from} ${op.to}`;
  }
}

function showBefore(op: { readonly before?: Value | undefined }): string {
  return 'before' in op ? ` was ${showValue(op.before)}` : '';
}
