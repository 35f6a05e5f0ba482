import type { Change, FieldOp, ListOp } from '../../src/index.js';

/** What an event can do, by what its author sees. What does not fit is left out. */
export type Edit = (fields: ReadonlyMap<string, unknown> | undefined) => readonly Change[] | undefined;

/** An update of field f. */
export function onField(op: (value: unknown) => FieldOp | undefined): Edit {
  return (fields) => {
    const found = fields === undefined ? undefined : op(fields.get('f'));
    return found && [{ type: 'update', table: 't', record: 'r', ops: new Map([['f', found]]) }];
  };
}

/** An edit of the list in field f. */
export function onList(ops: (length: number) => readonly ListOp[]): Edit {
  return onField((value) => {
    if (!Array.isArray(value)) return undefined;
    const found = ops(value.length);
    return found.length === 0 ? undefined : { type: 'list', create: false, ops: found };
  });
}

const insertRecord: Change = { type: 'insert', table: 't', record: 'r', fields: new Map([['f', 3n]]) };
const deleteRecord: Change = { type: 'delete', table: 't', record: 'r' };

export const FIELD_EDITS: readonly Edit[] = [
  onField(() => ({ type: 'put', value: 1n })),
  onField(() => ({ type: 'put', value: ['p'] })),
  onField(() => ({ type: 'delete' })),
  onField((value) =>
    value === undefined
      ? { type: 'list', create: true, ops: [{ type: 'insert', index: 0, value: 'n' }] }
      : { type: 'put', value: 9n },
  ),
  onList(() => [{ type: 'insert', index: 0, value: 'i' }]),
  (fields) => (fields === undefined ? [insertRecord] : [deleteRecord]),
  (fields) => (fields === undefined ? undefined : [deleteRecord, insertRecord]),
];

export const LIST_EDITS: readonly Edit[] = [
  onList(() => [{ type: 'insert', index: 0, value: 'i' }]),
  onList((length) => [{ type: 'insert', index: length, value: 'j' }]),
  onList((length) => (length < 2 ? [] : [{ type: 'insert', index: 1, value: 'k' }])),
  onList((length) => (length < 1 ? [] : [{ type: 'delete', index: 0 }])),
  onList((length) => (length < 2 ? [] : [{ type: 'move', from: 0, to: 1 }])),
  onList((length) => (length < 2 ? [] : [{ type: 'move', from: length - 1, to: 0 }])),
  onList((length) => (length < 1 ? [] : [{ type: 'put', index: length - 1, value: 'w' }])),
];
