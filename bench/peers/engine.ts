import type { ListOp } from '../../src/index.js';

/**
 * The capabilities of an engine that are measured. If it lacks one, `absent` and the report give the reason. `Doc` is
 * the engine's own document type; nothing outside the engine's file looks into it.
 */
export interface Engine<Doc = unknown> {
  readonly name: string;
  /** The name in the report. */
  readonly title: string;
  /** The npm package whose version and size are reported; absent for Deltaic itself. */
  readonly packageName?: string;
  /** Which code of the engine runs: its own, or WebAssembly compiled from Rust. */
  readonly runsAs: 'JavaScript' | 'WebAssembly';
  readonly trace: readonly TraceWay<Doc>[];
  readonly lists?: ListEngine<Doc>;
  readonly moves?: ListEngine<Doc>;
  readonly records?: RecordEngine<Doc>;
  readonly register?: RegisterEngine<Doc>;
  readonly counter?: CounterEngine<Doc>;
  readonly longLists: readonly LongList<Doc>[];
  /** Only engines that need no order from elsewhere. */
  readonly sharedTexts?: readonly SharedText<Doc>[];
  /** By the name of a workload: why it is not measured. */
  readonly absent: Readonly<Record<string, string>>;
}

/** One splice of a trace: position, how many characters to delete, what to insert. */
export type Splice = readonly [position: number, deleteCount: number, inserted: string];

/** One way to replay a trace of single characters. */
export interface TraceWay<Doc> {
  /** The container, and how its edits are grouped. */
  readonly idiom: string;
  /** Whether every edit is its own transaction or call, or all are one. */
  readonly edits: 'one by one' | 'all in one';
  replay(edits: readonly Splice[]): Doc;
  text(doc: Doc): string;
  /** Everything that is needed to continue editing, with as little history as the engine allows. */
  state?(doc: Doc): Uint8Array;
  /** Everything, with the complete history. */
  history?(doc: Doc): Uint8Array;
  /** Reads what `state`, or else `history`, wrote, and gives the text. */
  load(bytes: Uint8Array): string;
}

/** A copy of a document that was edited separately, and what others need to catch up. */
export interface Branch<Doc> {
  readonly doc: Doc;
  readonly sent: Uint8Array;
}

/** Two concurrent branches. After `merge` both documents are equal. */
export interface Merging<Doc> {
  /** The containers, and how edits are grouped. */
  readonly idiom: string;
  /** @returns how many bytes were sent, in both directions. */
  merge(local: Branch<Doc>, remote: Branch<Doc>): number;
  /** What must be stored to continue editing, with as little history as the engine allows. */
  state?(doc: Doc): Uint8Array;
}

export interface ListEngine<Doc> extends Merging<Doc> {
  create(items: readonly string[]): Doc;
  /** A copy that will be edited separately. */
  fork(doc: Doc): Doc;
  /** Makes all edits at once. */
  edit(doc: Doc, ops: readonly ListOp[]): Branch<Doc>;
  /** What the local side does in a merge, where the cost of one side is compared. */
  mergeOneSide?(local: Branch<Doc>, remote: Branch<Doc>): void;
  read(doc: Doc): string[];
}

export interface FieldUpdate {
  readonly record: string;
  readonly field: string;
  readonly value: number;
}

export type Records = Readonly<Record<string, Readonly<Record<string, number>>>>;

export interface RecordEngine<Doc> extends Merging<Doc> {
  create(records: Records): Doc;
  fork(doc: Doc): Doc;
  edit(doc: Doc, updates: readonly FieldUpdate[]): Branch<Doc>;
  field(doc: Doc, record: string, field: string): unknown;
}

export interface RegisterEngine<Doc> {
  readonly idiom: string;
  /** Sets one key to 0, 1, 2, …, each in its own transaction, as a user would over time. */
  overwrite(times: number): Doc;
  value(doc: Doc): unknown;
  /** What must be stored. */
  state(doc: Doc): Uint8Array;
}

export interface CounterEngine<Doc> extends Merging<Doc> {
  create(): Doc;
  fork(doc: Doc): Doc;
  /** Adds 1 as often as given; reads the number each time if the engine has no counter. */
  add(doc: Doc, times: number): Branch<Doc>;
  value(doc: Doc): unknown;
  state(doc: Doc): Uint8Array;
}

/** A long list that somebody else edits one item at a time. */
export interface LongList<Doc> {
  readonly idiom: string;
  create(length: number): Doc;
  fork(doc: Doc): Doc;
  /** Inserts one item. @returns what the other copy needs. */
  type(doc: Doc, index: number): Uint8Array;
  receive(doc: Doc, sent: Uint8Array): void;
  length(doc: Doc): number;
}

/**
 * A text that several people edit at once, each in a copy of their own. A message is what another copy takes: bytes, or
 * whatever the idiom says. Messages reach every copy in an order in which each comes after all that its author saw.
 */
export interface SharedText<Doc> {
  /** The container, and what a message is. */
  readonly idiom: string;
  create(text: string): Doc;
  fork(doc: Doc): Doc;
  /** Makes edits as one transaction. @returns the message for the others. */
  edit(doc: Doc, splices: readonly Splice[]): unknown;
  receive(doc: Doc, message: unknown): void;
  text(doc: Doc): string;
  /** All that a new copy needs to take further messages, written as small as the engine can without losing that. */
  whole(doc: Doc): Uint8Array;
  /** A copy with this. */
  load(whole: Uint8Array): Doc;
}

/** Hides an engine's document type, so that different engines fit into one list. */
export function engine<Doc>(definition: Engine<Doc>): Engine {
  return definition as Engine;
}

/** Merging for engines that can apply whatever they receive. */
export function exchange<Doc>(receive: (doc: Doc, sent: Uint8Array) => void): Merging<Doc>['merge'] {
  return (local, remote) => {
    receive(local.doc, remote.sent);
    receive(remote.doc, local.sent);
    return local.sent.length + remote.sent.length;
  };
}
