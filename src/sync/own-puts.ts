import type { Conflict, ConflictListener, LostEdit } from '../deltas/conflict.js';
import { DatastoreError } from '../errors/datastore-error.js';
import { quote } from '../errors/quote.js';
import { type Change, type FieldOp, fieldDelete, fieldPut } from '../operations/change.js';
import { ownRecordId, ownTableId } from '../operations/ownership.js';
import type { State } from '../state/state.js';
import type { Fields } from '../values/fields.js';
import { expectArray, expectItems } from '../values/json.js';
import { valuesEqual } from '../values/order.js';
import { ownFieldName } from '../values/ownership.js';
import { compareText } from '../values/text.js';
import type { Value } from '../values/value.js';
import { INFO_TABLE, MTIME_FIELD } from './datastore-info.js';

/** How many fields are remembered: those that were confirmed last. */
const FIELDS_MAX = 1_000;

/** A field that this replica edited last, and the revision of the log that brought that, the latest at the end. */
export type SavedPut = readonly [table: string, record: string, field: string, rev: number];

/** Whether the user has edited a field again, in a delta that the log does not have. */
export type IsEdited = (table: string, record: string, field: string) => boolean;

/** A field with a value of this user that somebody else has overwritten. */
interface Overwritten {
  readonly field: string;
  readonly before: Value | undefined;
  readonly after: Value | undefined;
}

/**
 * Which fields of the log's state have what this replica's user gave them, as far as it remembers. If somebody overwrites
 * one who had not seen it, the user hears of it: no merge here knows of that, since it happened on the other device.
 *
 * It changes nothing but what is told. What is forgotten is not told. Costs: a look at what others change, and nothing
 * where nothing of this user is there. Spec: SYNC-65.
 */
export class OwnPuts {
  /** By place, which is table, record and field with spaces between: names have none. The last is the latest. */
  readonly #revisions = new Map<string, number>();
  /** Goes on where it stopped, since from the start it would pass over all that has been deleted since the last rehash. */
  readonly #oldest = this.#revisions.keys();
  /** The fields of each record with any, by table and record. */
  readonly #records = new Map<string, Set<string>>();

  static restore(saved: readonly SavedPut[]): OwnPuts {
    const puts = new OwnPuts();
    for (const [table, record, field, rev] of saved) puts.#remember(table, record, field, rev);
    return puts;
  }

  save(): SavedPut[] {
    return [...this.#revisions].map(([place, rev]) => {
      const [table = '', record = '', field = ''] = place.split(' ');
      return [table, record, field, rev];
    });
  }

  /**
   * Notes a delta of this user that the log has at `rev`.
   *
   * @param isShared whether what others add to a field stays in it, as under rule sum: then nothing is lost.
   */
  confirmed(changes: readonly Change[], rev: number, isShared: IsEdited): void {
    for (const change of changes) {
      const { table, record } = change;
      if (change.type !== 'update') this.#forgetRecord(table, record);
      if (change.type === 'delete') continue;
      for (const field of (change.type === 'insert' ? change.fields : change.ops).keys()) {
        if (isShared(table, record, field) || (table === INFO_TABLE && field === MTIME_FIELD)) {
          this.#forget(table, record, field);
        } else this.#remember(table, record, field, rev);
      }
    }
  }

  /**
   * Tells what the entry of somebody else, who had seen the log up to `seen`, overwrites.
   *
   * @param changes of the entry, with what they overwrite in the log's state.
   */
  follow(changes: readonly Change[], seen: number, isEdited: IsEdited, tell: ConflictListener): void {
    if (this.#revisions.size === 0) return;
    changes.forEach((change, at) => {
      const { table, record } = change;
      const isLost = ({ field }: Overwritten, rev: number): boolean => seen < rev && !isEdited(table, record, field);
      if (change.type === 'update') {
        for (const overwritten of overwrittenBy(change.ops)) {
          const rev = this.#takeOverwritten(table, record, overwritten);
          if (rev !== undefined && isLost(overwritten, rev)) tell(fieldConflict(table, record, overwritten));
        }
      } else if (change.type === 'delete') {
        const next = changes[at + 1];
        const isReplaced = next?.type === 'insert' && next.table === table && next.record === record;
        const after = isReplaced ? next.fields : undefined;
        const lost = this.#takeRecord(table, record, change.before, after, isLost);
        if (lost.length > 0) tell(recordConflict(table, record, lost, change.before, after));
      }
    });
  }

  /**
   * Goes over to the state of a snapshot. Who overwrote what is not known then, so nothing is told; but if the log was lost,
   * all that is not in the snapshot is.
   */
  reloaded(start: State, target: State, isLogLost: boolean, isEdited: IsEdited, tell: ConflictListener): void {
    for (const place of [...this.#records.keys()].sort(compareText)) {
      const [table = '', record = ''] = place.split(' ');
      const [before, after] = [start.get(table, record), target.get(table, record)];
      const isLost = ({ field }: Overwritten): boolean => isLogLost && !isEdited(table, record, field);
      const lost = this.#takeRecord(table, record, before, after, isLost);
      if (lost.length === 0) continue;
      if (after === undefined) tell(recordConflict(table, record, lost, before, after));
      else for (const overwritten of lost) tell(fieldConflict(table, record, overwritten));
    }
    // Its revisions are those of the other log.
    if (isLogLost) this.#clear();
  }

  /** Forgets the fields of a record that have another value afterwards. @returns those that are lost, by name. */
  #takeRecord(
    table: string,
    record: string,
    before: Fields | undefined,
    after: Fields | undefined,
    isLost: (overwritten: Overwritten, rev: number) => boolean,
  ): Overwritten[] {
    const fields = [...(this.#records.get(`${table} ${record}`) ?? [])].sort(compareText);
    const lost = fields.flatMap((field) => {
      const overwritten = { field, before: before?.get(field), after: after?.get(field) };
      const rev = this.#takeOverwritten(table, record, overwritten);
      return rev !== undefined && isLost(overwritten, rev) ? [overwritten] : [];
    });
    if (after === undefined) this.#forgetRecord(table, record);
    return lost;
  }

  /** Forgets a field that has another value afterwards. @returns its revision, if it was known. */
  #takeOverwritten(table: string, record: string, { field, before, after }: Overwritten): number | undefined {
    if (valuesEqual(before, after)) return undefined;
    return this.#forget(table, record, field);
  }

  #remember(table: string, record: string, field: string, rev: number): void {
    this.#forget(table, record, field);
    this.#revisions.set(`${table} ${record} ${field}`, rev);
    const fields = this.#records.get(`${table} ${record}`);
    if (fields === undefined) this.#records.set(`${table} ${record}`, new Set([field]));
    else fields.add(field);
    if (this.#revisions.size <= FIELDS_MAX) return;
    const [oldTable = '', oldRecord = '', oldField = ''] = (this.#oldest.next().value ?? '').split(' ');
    this.#forget(oldTable, oldRecord, oldField);
  }

  #forget(table: string, record: string, field: string): number | undefined {
    const rev = this.#revisions.get(`${table} ${record} ${field}`);
    if (rev === undefined) return undefined;
    this.#revisions.delete(`${table} ${record} ${field}`);
    const fields = this.#records.get(`${table} ${record}`);
    fields?.delete(field);
    if (fields?.size === 0) this.#records.delete(`${table} ${record}`);
    return rev;
  }

  #forgetRecord(table: string, record: string): void {
    for (const field of this.#records.get(`${table} ${record}`) ?? []) {
      this.#revisions.delete(`${table} ${record} ${field}`);
    }
    this.#records.delete(`${table} ${record}`);
  }

  #clear(): void {
    this.#revisions.clear();
    this.#records.clear();
  }
}

/** The fields that get another value as a whole. An edit of a list leaves what others have in it. */
function overwrittenBy(ops: ReadonlyMap<string, FieldOp>): Overwritten[] {
  return [...ops].flatMap(([field, op]) =>
    op.type === 'list' ? [] : [{ field, before: op.before, after: op.type === 'put' ? op.value : undefined }],
  );
}

function fieldConflict(table: string, record: string, { field, before, after }: Overwritten): Conflict {
  return {
    ...{ table, record, field, rule: 'remote', side: 'later' },
    ...{ base: undefined, local: before, remote: after, result: after },
    lost: [lostEdit({ field, before, after })],
  };
}

function recordConflict(
  table: string,
  record: string,
  lost: readonly Overwritten[],
  before: Fields | undefined,
  after: Fields | undefined,
): Conflict {
  return {
    ...{ table, record, rule: after === undefined ? 'delete-wins' : 'replace-wins', side: 'later' },
    ...{ base: undefined, local: before, remote: after, result: after },
    lost: lost.map(lostEdit),
  };
}

function lostEdit({ field, before }: Overwritten): LostEdit {
  return { side: 'local', field, op: before === undefined ? fieldDelete(undefined) : fieldPut(before, undefined) };
}

/** Reads what {@link OwnPuts.save} gave for a replica at `rev`. @throws DatastoreError `invalid-json`. */
export function parseOwnPuts(json: unknown, rev: number): SavedPut[] {
  const puts = expectItems(json, 'the own puts', (one): SavedPut => {
    const [table, record, field, at, ...others] = expectArray(one, 'an own put');
    const isRevision = typeof at === 'number' && Number.isInteger(at) && at >= 1 && at <= rev;
    if (!isRevision || others.length > 0) throw invalid(one, '[table, record, field, revision]');
    const owner = { table: ownTableId(table), record: ownRecordId(record) };
    return [owner.table, owner.record, ownFieldName(field, owner), at];
  });
  const isAscending = puts.every(([, , , at], index) => index === 0 || (puts[index - 1]?.[3] ?? 0) <= at);
  const places = new Set(puts.map((one) => one.slice(0, 3).join(' ')));
  if (puts.length === 0 || puts.length > FIELDS_MAX || places.size < puts.length || !isAscending) {
    throw invalid(json, `1 to ${FIELDS_MAX} of them, none twice, by ascending revision; or leave it out`);
  }
  return puts;
}

function invalid(json: unknown, expected: string): DatastoreError {
  return new DatastoreError('invalid-json', `got the own puts ${quote(json)}: use ${expected}`);
}
