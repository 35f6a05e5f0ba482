/** Runs a written conversation: replicas and a sequencer that do one thing after the other, and all that they answer. */

import {
  DatastoreError,
  DEFAULT_LIMITS,
  formatEntry,
  formatMessage,
  parseDelta,
  parseReplicaMessage,
  parseSequencerMessage,
  Replica,
  type ReplicaOptions,
  Sequencer,
  type SyncResult,
} from '../../src/index.js';
import { arrayOf, asJson, type Json, type JsonObject, numberOf, objectOf, textOf } from './json.js';
import { readRules, writeConflict } from './outcome.js';

/** A replica, and what it stored last. */
interface Device {
  replica: Replica;
  stored: JsonObject;
  readonly options: ReplicaOptions;
}

/** What every step of a conversation answers, and how it ends. */
export function runConversation(input: JsonObject): JsonObject {
  const conversation = new Conversation(input);
  const answers: Json[] = [];
  for (const step of arrayOf(input['steps'])) answers.push(conversation.answer(objectOf(step), answers));
  return { answers, ...conversation.end() };
}

class Conversation {
  readonly #sequencer: Sequencer;
  readonly #devices = new Map<string, Device>();
  readonly #log: Json[] = [];

  constructor(input: JsonObject) {
    const { recentNonces, limits, rules, replicas } = input;
    const ownLimits = { ...DEFAULT_LIMITS, ...(limits === undefined ? {} : objectOf(limits)) };
    this.#sequencer = new Sequencer({
      limits: ownLimits,
      ...(recentNonces === undefined ? {} : { recentNonces: numberOf(recentNonces) }),
    });
    for (const name of arrayOf(replicas).map(textOf)) {
      let count = 0;
      const nextNonce = (): string => `${name}-${++count}`;
      const options: ReplicaOptions = { nextNonce, rules: readRules(rules ?? {}) };
      const replica = new Replica(options);
      this.#devices.set(name, { replica, options, stored: asJson(replica.save()) as JsonObject });
    }
  }

  /** What a step answers: a message, a report, what is seen, or null. */
  answer(step: JsonObject, answers: readonly Json[]): Json {
    const message = step['message'] === undefined ? null : (answers[numberOf(step['message'])] ?? null);
    if (step['at'] === 'sequencer') return this.#atSequencer(step, message);
    const device = this.#devices.get(textOf(step['at']));
    if (device === undefined) throw new Error(`There is no replica ${JSON.stringify(step['at'])}`);
    return atReplica(device, step, message);
  }

  end(): JsonObject {
    const seen = [...this.#devices].map(([name, { replica }]) => [name, asJson(replica.toRows())] as const);
    return { log: this.#log, seen: Object.fromEntries(seen) };
  }

  #atSequencer(step: JsonObject, message: Json): Json {
    if (step['do'] === 'trim') {
      this.#sequencer.trim(numberOf(step['rev']));
      return null;
    }
    const role = step['role'] === undefined ? 'owner' : textOf(step['role']);
    const answer = this.#sequencer.answer(parseReplicaMessage(message), role as 'owner');
    if (answer.type === 'accepted') {
      const appended = this.#sequencer.deltasSince(answer.rev - 1);
      if (appended.type === 'entries') this.#log.push(...appended.entries.map((entry) => asJson(formatEntry(entry))));
    }
    // What a refusal says to people is every implementation's own.
    return asJson(formatMessage(answer.type === 'refused' ? { ...answer, message: '' } : answer));
  }
}

function atReplica(device: Device, step: JsonObject, message: Json): Json {
  const { replica } = device;
  switch (step['do']) {
    case 'edit':
      return orError(
        () => void replica.apply(parseDelta(step['delta'])),
        () => asJson(replica.toRows()),
      );
    case 'sync':
      return writeResult(replica.sync(new Date(numberOf(step['time']))));
    case 'put': {
      const put = replica.outgoing();
      device.stored = asJson(replica.save()) as JsonObject;
      return put === undefined ? null : asJson(formatMessage(put));
    }
    case 'request':
      return asJson(formatMessage(replica.request()));
    case 'receive':
      replica.receive(parseSequencerMessage(message));
      return writeStatus(replica);
    case 'undo':
      replica.undo();
      return asJson(replica.toRows());
    case 'redo':
      replica.redo();
      return asJson(replica.toRows());
    case 'crash':
      device.replica = Replica.load(device.stored, device.options);
      return writeStatus(device.replica);
    case 'become':
      replica.setRole(textOf(step['role']) as 'owner');
      return null;
    default:
      throw new Error(`A replica cannot do ${JSON.stringify(step['do'])}`);
  }
}

function orError(act: () => void, answer: () => Json): Json {
  try {
    act();
    return answer();
  } catch (error) {
    if (error instanceof DatastoreError) return { error: { code: error.code } };
    throw error;
  }
}

function writeResult({ changed, conflicts, refused, uncertain, isReloaded }: SyncResult): JsonObject {
  return {
    changed: Object.fromEntries([...changed].map(([table, records]) => [table, [...records]])),
    conflicts: conflicts.map(writeConflict),
    refused: refused.map(({ nonce, refusal }) => ({ nonce, reason: refusal.reason })),
    uncertain: uncertain.map(({ nonce }) => nonce),
    isReloaded,
  };
}

/** The names of what is true of a replica, as `status` names it. */
function writeStatus({ status }: Replica): Json {
  return Object.entries(status).flatMap(([name, isTrue]) => (isTrue ? [name] : []));
}
