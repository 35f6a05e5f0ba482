import { type Change, type Delta, deleteChange, updateChange } from '../operations/change.js';
import { sortedMap } from '../values/fields.js';
import { asNormalForm, compress } from './compress.js';
import { withoutBefore } from './rebase-fields.js';

/**
 * The normal form of a delta without what it overwrote: the form in which a delta travels.
 *
 * @throws DatastoreError as `compress` does.
 * Law: `state · d = state · deltaWithoutBefore(d)`.
 */
export function deltaWithoutBefore(delta: Delta): Delta {
  return asNormalForm(compress(delta).map(changeWithoutBefore));
}

function changeWithoutBefore(change: Change): Change {
  const { table, record } = change;
  switch (change.type) {
    case 'insert':
      return change;
    case 'update':
      return updateChange(
        table,
        record,
        sortedMap(new Map([...change.ops].map(([field, op]) => [field, withoutBefore(op)]))),
      );
    case 'delete':
      return deleteChange(table, record, undefined);
  }
}
