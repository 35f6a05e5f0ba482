import { formatState, parseState, type Row, State } from '../../src/index.js';
import type { ReplicaMachine } from './machines.js';
import { Violation } from './violation.js';

/** What has rows: a replica, or a state. */
type Rows = State | Pick<ReplicaMachine, 'toRows'>;

/** What a user sees: the content of every record as text, by table and record. */
export type View = ReadonlyMap<string, string>;

export function readView(machine: Rows): View {
  return new Map(rowsOf(machine).map(({ tid, rowid, data }) => [`${tid}/${rowid}`, JSON.stringify(data)]));
}

function rowsOf(machine: Rows): readonly Row[] {
  return machine instanceof State ? formatState(machine) : machine.toRows();
}

/** The places whose content differs, in order. */
export function differences(left: View, right: View): string[] {
  const places = new Set([...left.keys(), ...right.keys()]);
  return [...places].filter((place) => left.get(place) !== right.get(place)).sort();
}

/** Names the differing places and both contents, for the report of a failure. */
export function describeDifferences(left: View, right: View): string {
  return differences(left, right)
    .map((place) => `${place}: ${left.get(place) ?? 'absent'} against ${right.get(place) ?? 'absent'}`)
    .join('; ');
}

/** Checks the sizes that a machine keeps against a recount from scratch. */
export function checkSizes(who: string, machine: Rows & Pick<ReplicaMachine, 'size' | 'recordCount'>): void {
  const recount = parseState(rowsOf(machine));
  if (machine.size === recount.size && machine.recordCount === recount.recordCount) return;
  const kept = `${machine.size} bytes and ${machine.recordCount} records`;
  throw new Violation('sizes equal a recount', `${who} has ${kept}, not ${recount.size} and ${recount.recordCount}`);
}
