import { DatastoreError, type DatastoreErrorCode, type Place, placeOf } from '../errors/datastore-error.js';
import { expectObject, type JsonObject } from '../values/json.js';
import { isWholeNumber } from '../values/whole-number.js';
import type { Refusal, RefusalReason } from './messages.js';

const REASONS: readonly RefusalReason[] = ['invalid', 'limit', 'permission', 'unknown-revision', 'nonce-reused'];

/** A refusal as JSON is the refusal itself; this checks that something is one. @throws DatastoreError `invalid-json`. */
export function parseRefusal(json: unknown): Refusal {
  const { reason, code, message, place } = expectObject(json, 'a refusal');
  const known = REASONS.find((candidate) => candidate === reason);
  if (known === undefined || typeof message !== 'string') throw invalid('a refusal has a reason and a message');
  if (code !== undefined && typeof code !== 'string') throw invalid('the code of a refusal must be a string');
  return {
    reason: known,
    ...(code === undefined ? {} : { code: code as DatastoreErrorCode }),
    message,
    ...(place === undefined ? {} : { place: parsePlace(expectObject(place, 'a place')) }),
  };
}

function parsePlace(json: JsonObject): Place {
  const { table, record, field, index, position, ...others } = json;
  const isPlace =
    [table, record, field].every((name) => name === undefined || typeof name === 'string') &&
    [index, position].every((at) => at === undefined || isWholeNumber(at)) &&
    Object.keys(others).length === 0;
  if (!isPlace) throw invalid('a place has names, positions that are whole numbers, and nothing else');
  return placeOf(json);
}

function invalid(reason: string): DatastoreError {
  return new DatastoreError('invalid-json', reason);
}
