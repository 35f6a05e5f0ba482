/** What happened in one or many runs, counted. */
export interface Statistics {
  runs: number;
  steps: number;
  edits: number;
  rejections: number;
  undos: number;
  messages: number;
  delivered: number;
  drops: number;
  repeats: number;
  crashes: number;
  accepted: number;
  /** Puts that others had overtaken. */
  conflicts: number;
  /** Edits that met another's edit of the same thing. */
  collisions: number;
  refusals: number;
  indeterminate: number;
  reloads: number;
}

export function noStatistics(): Statistics {
  return {
    runs: 0,
    steps: 0,
    edits: 0,
    rejections: 0,
    undos: 0,
    messages: 0,
    delivered: 0,
    drops: 0,
    repeats: 0,
    crashes: 0,
    accepted: 0,
    conflicts: 0,
    collisions: 0,
    refusals: 0,
    indeterminate: 0,
    reloads: 0,
  };
}

export function addStatistics(total: Statistics, more: Statistics): void {
  for (const name of Object.keys(total) as (keyof Statistics)[]) total[name] += more[name];
}
