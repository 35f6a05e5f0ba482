/** The kinds of a run of changes of one table. Spec: BIN-17. */
export const INSERTED = 0;
export const UPDATED = 1;
/** Deleted, and it is not known what with. */
export const DELETED = 2;
/** Deleted with fields that are known. */
export const DELETED_FIELDS = 3;

export const CHANGE_KIND_COUNT = 4;
