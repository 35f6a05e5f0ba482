import type { Delta } from '../deltas/delta.js';

/**
 * What a part of a local delta is to the undo history: a step that can be undone (its number), the undoing of one, or
 * something that the history leaves alone.
 */
export type PartRole = number | 'undoing' | 'unrecorded';

/** One stretch of a local delta: applied, in normal form. */
export interface Part {
  readonly role: PartRole;
  readonly delta: Delta;
  /** The step that this is, undoes or redoes, by the number that the step had at first. */
  readonly lineage?: number | undefined;
  /** Of how many parts it was joined, if of more than one. */
  readonly count?: number;
}

/** Whether the undo history knows of a part, or did. */
export function isRecorded({ role }: Part): boolean {
  return role !== 'unrecorded';
}
