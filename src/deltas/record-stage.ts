import type { Change } from '../operations/change.js';

/**
 * What the changes of one record, composed so far, come to. `vanished` is a record that was inserted and deleted: it
 * leaves nothing, and is known not to exist.
 */
export type RecordStage = 'untouched' | 'insert' | 'update' | 'delete' | 'replace' | 'vanished';

/**
 * The stage after one more change; nothing where such a change cannot follow. Composing and measuring both go by this
 * table, so that a size that is kept is the size of what is composed.
 *
 * | so far    | insert  | update  | delete   |
 * |-----------|---------|---------|----------|
 * | untouched | insert  | update  | delete   |
 * | insert    |         | insert  | vanished |
 * | update    |         | update  | delete   |
 * | delete    | replace |         |          |
 * | replace   |         | replace | delete   |
 * | vanished  | insert  |         |          |
 *
 * Spec: NORM-2, NORM-7, NORM-11.
 */
const AFTER: Readonly<Record<RecordStage, Readonly<Partial<Record<Change['type'], RecordStage>>>>> = {
  untouched: { insert: 'insert', update: 'update', delete: 'delete' },
  insert: { update: 'insert', delete: 'vanished' },
  update: { update: 'update', delete: 'delete' },
  delete: { insert: 'replace' },
  replace: { update: 'replace', delete: 'delete' },
  vanished: { insert: 'insert' },
};

/** The stage after one more change, or `undefined` where such a change cannot follow. */
export function stageAfter(stage: RecordStage, change: Change): RecordStage | undefined {
  return AFTER[stage][change.type];
}
