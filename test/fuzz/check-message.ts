import { isDeepStrictEqual } from 'node:util';
import { decodeChanges, encodeChanges } from '../../src/codec/binary/encoded-delta.js';
import {
  decodeDelta,
  decodeMesh,
  decodeReplica,
  decodeSequencer,
  decodeState,
  encodeDelta,
  encodeMesh,
  encodeReplica,
  encodeSequencer,
  encodeState,
} from '../../src/codec/binary/index.js';
import {
  type Change,
  DatastoreError,
  type DeltaInput,
  formatDelta,
  formatState,
  formatValue,
  parseDelta,
  parseState,
  parseValue,
} from '../../src/index.js';
import { formatMeshMessage, MeshReplica, parseMeshMessage } from '../../src/mesh/index.js';
import {
  formatEntry,
  formatMessage,
  parseEntry,
  parseReplicaMessage,
  parseSequencerMessage,
  Replica,
  Sequencer,
} from '../../src/sync/index.js';
import { type Kind, mixedRules } from './message.js';

/** What a decoder made of a message. Anything else that it does is a defect, and thrown. */
export type Verdict = 'accepted' | 'refused';

/** A byte may stand for so many things that are read; see BIN-10. */
const THINGS_A_BYTE = 8;
const BINARY_CODES = ['invalid-binary', 'unknown-version'];

/**
 * Decodes bytes that may be anything. They are refused with a typed error and an offset inside them, or they are the
 * very bytes that encoding what was read gives.
 */
export function checkBytes(kind: Kind, bytes: Uint8Array): Verdict {
  const given = bytes.slice();
  const decoded = attempt(() => DECODE[kind](bytes), checkOffset(bytes));
  if (!isDeepStrictEqual(bytes, given)) throw new Error('the decoder changed its input');
  if (decoded === undefined) return 'refused';
  if (!isDeepStrictEqual(decoded.encodeAgain(), bytes)) throw new Error('the same content has other bytes');
  if (decoded.thingCount() > THINGS_A_BYTE * bytes.length) throw new Error('more was read than was paid for');
  decoded.use();
  return 'accepted';
}

/** Reads JSON that may be anything, in every way: it is refused with a typed error, or reads the same when rewritten. */
export function checkJson(kind: Kind, json: unknown): Verdict {
  const accepted = READERS[kind].map(
    (read) =>
      attempt(
        () => read(json),
        () => undefined,
      ) !== undefined,
  );
  return accepted.includes(true) ? 'accepted' : 'refused';
}

interface Decoded {
  encodeAgain(): Uint8Array;
  /** How many changes, operations, fields and items there are. */
  thingCount(): number;
  /** Does what one does with it, which may be refused with a typed error. */
  use(): void;
}

const DECODE: Readonly<Record<Kind, (bytes: unknown) => Decoded>> = {
  delta: (bytes) => {
    const changes = decodeChanges(bytes);
    return {
      encodeAgain: () => encodeChanges(changes),
      thingCount: () => thingsIn(changes),
      use: () => {
        applyToSome(changes);
        readAsDelta(bytes);
      },
    };
  },
  state: (bytes) => {
    const state = decodeState(bytes);
    return {
      encodeAgain: () => encodeState(state),
      thingCount: () => state.recordCount,
      use: () => formatState(state),
    };
  },
  replica: (bytes) => {
    const saved = decodeReplica(bytes);
    return {
      encodeAgain: () => encodeReplica(saved),
      thingCount: () => saved.rows.length + saved.pending.length,
      use: () =>
        attempt(
          () => useReplica(Replica.load(saved, replicaOptions())),
          () => undefined,
        ),
    };
  },
  sequencer: (bytes) => {
    const { snapshot, log } = decodeSequencer(bytes);
    return {
      encodeAgain: () => encodeSequencer({ snapshot, log }),
      thingCount: () => snapshot.rows.length + snapshot.nonces.length + log.length,
      use: () =>
        attempt(
          () => Sequencer.restore(snapshot, log),
          () => undefined,
        ),
    };
  },
  mesh: (bytes) => {
    const content = decodeMesh(bytes);
    return {
      encodeAgain: () => encodeMesh(content),
      thingCount: () => content.events.length + content.trimmedState.recordCount + (content.state?.recordCount ?? 0),
      use: () =>
        attempt(
          () => MeshReplica.from({ ...content, state: undefined }, { agent: 'reader' }),
          () => undefined,
        ),
    };
  },
};

const READERS: Readonly<Record<Kind, readonly ((json: unknown) => unknown)[]>> = {
  delta: [
    (json) => {
      const delta = parseDelta(json);
      if (!parseDelta(formatDelta(delta)).equals(delta)) throw new Error('a delta reads otherwise again');
      applyToSome(delta);
      return delta;
    },
    (json) => parseReplicaMessage({ type: 'put', rev: 0, nonce: 'n', delta: json }),
  ],
  state: [
    (json) => {
      const state = parseState(json);
      if (!isDeepStrictEqual(formatState(parseState(formatState(state))), formatState(state))) {
        throw new Error('rows read otherwise again');
      }
      return state;
    },
    (json) => (Array.isArray(json) ? json.map((row: unknown) => parseValue(row)).map(formatValue) : parseValue(json)),
  ],
  replica: [(json) => useReplica(Replica.load(json, replicaOptions()))],
  sequencer: [
    (json) => {
      const [snapshot, ...entries] = Array.isArray(json) ? (json as readonly unknown[]) : [json];
      formatMessage(parseSequencerMessage(snapshot));
      return entries.map(parseEntry).map(formatEntry);
    },
  ],
  mesh: [
    (json) => {
      const message = parseMeshMessage(json);
      const again = JSON.parse(JSON.stringify(formatMeshMessage(message))) as unknown;
      const third = JSON.parse(JSON.stringify(formatMeshMessage(parseMeshMessage(again)))) as unknown;
      if (!isDeepStrictEqual(third, again)) throw new Error('a message reads otherwise again');
      if (message.type === 'have') return message;
      // Whatever was read can be received; what does not fit is refused.
      attempt(
        () => {
          const replica = new MeshReplica({ agent: 'reader' });
          replica.receive(message);
          replica.sync();
        },
        () => undefined,
      );
      return message;
    },
  ],
};

function checkOffset(bytes: Uint8Array): (error: DatastoreError) => void {
  return ({ code, offset }) => {
    const isInside = offset !== undefined && Number.isInteger(offset) && offset >= 0 && offset <= bytes.length;
    if (!BINARY_CODES.includes(code) || !isInside) throw new Error(`refused with ${code} at ${offset}`);
  };
}

/** What `action` returns, or `undefined` if it throws a typed error, which `check` looks at. */
function attempt<Result>(action: () => Result, check: (error: DatastoreError) => void): Result | undefined {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof DatastoreError)) throw error;
    check(error);
    return undefined;
  }
}

/** Applies a delta to a state that it may or may not fit; if it does not, the state stays as it was. */
function applyToSome(delta: DeltaInput): void {
  const state = parseState([{ tid: 'notes', rowid: 'r1', data: { a: ['x', 'y', 'z'], b: 1 } }]);
  const before = encodeState(state);
  if (
    attempt(
      () => state.apply(delta),
      () => undefined,
    ) !== undefined
  )
    return;
  if (!isDeepStrictEqual(encodeState(state), before)) throw new Error('a refused delta changed the state');
}

/** Reads changes as a delta, which refuses those that cannot follow one another; a delta reads the same again. */
function readAsDelta(bytes: unknown): void {
  const delta = attempt(
    () => decodeDelta(bytes),
    () => undefined,
  );
  if (delta === undefined || decodeDelta(encodeDelta(delta)).equals(delta)) return;
  throw new Error('a delta reads otherwise again');
}

function thingsIn(changes: readonly Change[]): number {
  let count = 0;
  for (const change of changes) {
    count++;
    if (change.type === 'insert') count += change.fields.size;
    if (change.type !== 'update') continue;
    for (const op of change.ops.values()) count += op.type === 'list' ? op.ops.length : 1;
  }
  return count;
}

function replicaOptions(): ConstructorParameters<typeof Replica>[0] {
  return { nextNonce: () => 'nonce', rules: mixedRules(), savedUndoSize: 5_000 };
}

/** Whatever history was loaded, it is saved again, and undone and redone without an error that is no typed one. */
function useReplica(replica: Replica): unknown {
  const saved = replica.save();
  for (let count = 0; count < 2 && replica.undo() !== undefined; count++);
  for (let count = 0; count < 2 && replica.redo() !== undefined; count++);
  replica.sync(new Date(0));
  return saved;
}
