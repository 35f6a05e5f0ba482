import fc from 'fast-check';
import { encodeDelta, encodeMesh, encodeReplica, encodeSequencer, encodeState } from '../../src/codec/binary/index.js';
import {
  compose,
  type DeltaInput,
  diff,
  formatDelta,
  formatState,
  NO_LIMITS,
  ResolutionRules,
  RULE_NAMES,
  State,
} from '../../src/index.js';
import { formatMeshMessage, MeshReplica } from '../../src/mesh/index.js';
import { formatEntry, Replica, Sequencer } from '../../src/sync/index.js';
import { applyAll, arbitraryHistory, FIELDS, TABLES } from '../support/arbitraries/deltas.js';

export type Kind = 'delta' | 'state' | 'replica' | 'sequencer' | 'mesh';

/** A valid message in both encodings. */
export interface Message {
  readonly kind: Kind;
  readonly bytes: Uint8Array;
  /** Wire JSON, parsed. */
  readonly json: unknown;
}

/** Rules of every kind, so that saved replicas have some to remember. */
export function mixedRules(): ResolutionRules {
  const rules = new ResolutionRules();
  const choices = [...RULE_NAMES, () => undefined];
  TABLES.forEach((table, at) => {
    FIELDS.forEach((field, offset) => {
      rules.set(table, field, choices[(at * FIELDS.length + offset) % choices.length] ?? 'remote');
    });
  });
  return rules;
}

/** Valid messages of all kinds, the same for the same seed. */
export function validMessages(seed: number, historyCount: number): Message[] {
  const histories = fc.sample(arbitraryHistory(4, 8), { seed, numRuns: historyCount });
  return histories.flatMap(({ base, deltas }): Message[] => {
    const { applied } = applyAll(base, deltas);
    const all = [diff(new State(), base), ...deltas];
    return [
      ...[...deltas, ...applied, compose(...applied)].map(deltaMessage),
      { kind: 'state', bytes: encodeState(base), json: formatState(base) },
      ...replicaMessages(all),
      sequencerMessage(all),
      ...meshMessages(all),
    ];
  });
}

function deltaMessage(delta: DeltaInput): Message {
  return { kind: 'delta', bytes: encodeDelta(delta), json: formatDelta(delta) };
}

/** A replica after each delta: the first is in the log, the second is on its way or refused, the others wait, or are undone. */
function replicaMessages(deltas: readonly DeltaInput[]): Message[] {
  const messages: Message[] = [];
  let nonces = 0;
  const options = { rules: mixedRules(), limits: NO_LIMITS, savedUndoSize: 5_000 };
  const replica = new Replica({ ...options, nextNonce: () => `nonce-${++nonces}` });
  deltas.forEach((delta, at) => {
    replica.apply(delta);
    if (at % 2 === 0) replica.sync(new Date(at));
    const put = replica.outgoing();
    if (put !== undefined && at === 0) {
      replica.receive({ type: 'accepted', nonce: put.nonce, rev: put.rev + 1 });
      replica.sync(new Date(at));
    } else if (put !== undefined && at === 3) {
      replica.receive({ type: 'refused', nonce: put.nonce, reason: 'limit', message: 'é', place: { table: 't' } });
    }
    // What is undone is in the queue or taken out of it. The next delta fits what is there again.
    const isUndone = at % 3 === 1 && replica.undo() !== undefined;
    const saved = replica.save();
    messages.push({ kind: 'replica', bytes: encodeReplica(saved), json: JSON.parse(JSON.stringify(saved)) });
    if (isUndone) replica.redo();
  });
  return messages;
}

function sequencerMessage(deltas: readonly DeltaInput[]): Message {
  const sequencer = new Sequencer({ limits: NO_LIMITS, recentNonces: 2 });
  deltas.forEach((delta, rev) => {
    sequencer.put(rev, `nonce-${rev}`, delta, 'owner');
  });
  sequencer.trim(Math.min(1, sequencer.revision));
  const { snapshot, log } = sequencer.save();
  return { kind: 'sequencer', bytes: encodeSequencer({ snapshot, log }), json: [snapshot, ...log.map(formatEntry)] };
}

/** Replicas of a mesh: one made everything, another one the first edit too, at the same time; then they exchange. */
function meshMessages([base = [], ...deltas]: readonly DeltaInput[]): Message[] {
  const rules = new ResolutionRules();
  for (const table of TABLES) {
    for (const [at, field] of FIELDS.entries()) rules.set(table, field, RULE_NAMES[at % 5] ?? 'remote');
  }
  const replicaOf = (agent: string): MeshReplica => new MeshReplica({ agent, rules, limits: NO_LIMITS });
  const [one, other] = [replicaOf('ann'), replicaOf('bo')];
  const pass = (from: MeshReplica, to: MeshReplica): void => {
    const missing = from.missingFrom(to.vector());
    if (missing !== undefined) to.receive(missing);
    to.sync();
  };
  one.apply(base);
  one.seal(new Date(1000));
  pass(one, other);
  if (deltas[0] !== undefined) other.apply(deltas[0]);
  other.seal(new Date(3000));
  for (const [at, delta] of deltas.entries()) {
    one.apply(delta);
    if (at % 2 === 0) one.seal(at === 0 ? undefined : new Date(2000 + at));
  }
  const isOpen = meshMessage(one);
  one.seal();
  pass(other, one);
  pass(one, other);
  one.trim(['bo']);
  return [isOpen, meshMessage(other), meshMessage(one)];
}

function meshMessage(replica: MeshReplica): Message {
  const missing = replica.missingFrom(new Map()) ?? replica.have();
  const json: unknown = JSON.parse(JSON.stringify(formatMeshMessage(missing)));
  return { kind: 'mesh', bytes: encodeMesh(replica.content()), json };
}
