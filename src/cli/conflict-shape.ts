import type { Conflict, Fields } from '../index.js';

/** What a conflict has on one side: a value, the fields of a whole record, or nothing. */
export type ConflictContent = Conflict['base'];

export function isFields(content: ConflictContent): content is Fields {
  return content instanceof Map;
}

/** Whether a conflict is about the place of a list item that both sides moved, and not about its value. */
export function isAboutPlace({ rule, index, lost }: Conflict): boolean {
  if (index === undefined || rule === 'delete-wins') return false;
  return lost.every(({ op }) => op.type === 'list' && op.ops.every((step) => step.type === 'move'));
}
