import type { ListOp } from '../../src/index.js';

/**
 * What an engine can do, as far as it is measured. Where it lacks a capability, the reason stands in `absent` and in the
 * report. `Doc` is whatever the engine edits; nothing outside the engine's own file looks into it.
 */
export interface Engine<Doc = unknown> {
  readonly name: string;
  /** The name as the report gives it. */
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
  /** Why a workload is not measured, by its name. */
  readonly absent: Readonly<Record<string, string>>;
}

/** One splice of a trace: position, how many characters to delete, what to insert. */
export type Splice = readonly [position: number, deleteCount: number, inserted: string];

/** One way to replay a trace of single characters. */
export interface TraceWay<Doc> {
  /** Which container, and how its edits are gathered. */
  readonly idiom: string;
  /** Whether every edit is a transaction or a call of its own, or all are one. */
  readonly edits: 'one by one' | 'all in one';
  replay(edits: readonly Splice[]): Doc;
  text(doc: Doc): string;
  /** Everything that is needed to go on editing, with as little of the past as the engine allows. */
  state?(doc: Doc): Uint8Array;
  /** Everything, with every edit that was made. */
  history?(doc: Doc): Uint8Array;
  /** Reads what `state`, or else `history`, wrote, and gives the text. */
  load(bytes: Uint8Array): string;
}

/** A copy of a document that was edited while it was alone, and what others need to follow. */
export interface Branch<Doc> {
  readonly doc: Doc;
  readonly sent: Uint8Array;
}

/** Two branches made at the same time. After `merge` both documents are alike. */
export interface Merging<Doc> {
  /** Which containers are used, and how edits are gathered. */
  readonly idiom: string;
  /** @returns how many bytes travelled, both ways. */
  merge(local: Branch<Doc>, remote: Branch<Doc>): number;
  /** What has to be kept to go on editing, with as little of the past as the engine allows. */
  state?(doc: Doc): Uint8Array;
}

export interface ListEngine<Doc> extends Merging<Doc> {
  create(items: readonly string[]): Doc;
  /** A copy that will be edited on its own. */
  fork(doc: Doc): Doc;
  /** Makes the edits in one go. */
  edit(doc: Doc, ops: readonly ListOp[]): Branch<Doc>;
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
  /** Sets one key to 0, 1, 2, …, each a transaction of its own, as a user would over time. */
  overwrite(times: number): Doc;
  value(doc: Doc): unknown;
  /** What has to be kept. */
  state(doc: Doc): Uint8Array;
}

export interface CounterEngine<Doc> extends Merging<Doc> {
  create(): Doc;
  fork(doc: Doc): Doc;
  /** Adds 1 as often as given, each time reading what is there if the engine has no counter. */
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

/** Forgets what documents an engine has, so that engines of different kinds can stand in one list. */
export function engine<Doc>(definition: Engine<Doc>): Engine {
  return definition as Engine;
}

/** The way to merge where whatever is received can be taken in by itself. */
export function exchange<Doc>(receive: (doc: Doc, sent: Uint8Array) => void): Merging<Doc>['merge'] {
  return (local, remote) => {
    receive(local.doc, remote.sent);
    receive(remote.doc, local.sent);
    return local.sent.length + remote.sent.length;
  };
}
