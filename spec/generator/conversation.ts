/** Runs a conversation: replicas and a sequencer that do one thing after the other, and all that they answer. */

import { DEFAULT_LIMITS, Delta, parseDelta, type ResolutionRules } from '../../src/index.js';
import {
  formatEntry,
  formatMessage,
  type LogEntry,
  parseReplicaMessage,
  parseSequencerMessage,
  Replica,
  type ReplicaOptions,
  type SavedReplica,
  Sequencer,
  type SequencerOptions,
  type SyncResult,
  withSavedEdits,
} from '../../src/sync/index.js';
import { arrayOf, asJson, isObject, type Json, type JsonObject, numberOf, objectOf, textOf } from './json.js';
import { answerOrError, readDelta, readRules, writeConflict } from './vector-notation.js';

/** What every step of a conversation answers, and how it ends. */
export function runConversation(input: JsonObject): JsonObject {
  const conversation = new Conversation(input);
  const answers: Json[] = [];
  for (const step of arrayOf(input['steps'])) answers.push(conversation.answer(objectOf(step), answers));
  return { answers, ...conversation.end() };
}

function isFailure(message: Json): boolean {
  return isObject(message) && message['error'] !== undefined;
}

class Conversation {
  readonly #options: SequencerOptions;
  readonly #devices = new Map<string, Device>();
  #log: LogEntry[] = [];
  #sequencer: Sequencer;

  constructor(input: JsonObject) {
    const { recentNonces, answerSize, limits, replicas } = input;
    this.#options = {
      limits: { ...DEFAULT_LIMITS, ...(limits === undefined ? {} : objectOf(limits)) },
      ...(recentNonces === undefined ? {} : { recentNonces: numberOf(recentNonces) }),
      ...(answerSize === undefined ? {} : { answerSize: numberOf(answerSize) }),
    };
    this.#sequencer = new Sequencer(this.#options);
    for (const name of arrayOf(replicas).map(textOf)) this.#devices.set(name, new Device(name, input));
  }

  /** What a step answers: a message, a report, what is seen, null, or the error that it comes to. */
  answer(step: JsonObject, answers: readonly Json[]): Json {
    const said = step['message'] ?? null;
    const message = typeof said === 'number' ? (answers[said] ?? null) : said;
    // Where nothing was answered there is nothing to deliver.
    if (typeof said === 'number' && (message === null || isFailure(message))) return null;
    const answered = answerOrError(() => ({ answer: this.#take(step, message) }));
    return answered['error'] === undefined ? (answered['answer'] ?? null) : answered;
  }

  end(): JsonObject {
    const seen = [...this.#devices].map(([name, { rows }]) => [name, rows] as const);
    return { log: this.#log.map(formatEntry).map(asJson), seen: Object.fromEntries(seen) };
  }

  #take(step: JsonObject, message: Json): Json {
    const device = this.#devices.get(textOf(step['at']));
    if (device === undefined) return this.#takeAtSequencer(step, message);
    if (step['do'] !== 'receive') return device.take(step);
    device.replica.receive(parseSequencerMessage(message));
    return device.status;
  }

  #takeAtSequencer(step: JsonObject, message: Json): Json {
    switch (step['do']) {
      case 'answer':
        return this.#answerMessage(message, step['role']);
      case 'trim':
        this.#sequencer.trim(numberOf(step['rev']));
        return null;
      case 'restore': {
        const snapshot = parseSequencerMessage(message);
        if (snapshot.type !== 'snapshot') throw new Error('A sequencer is restored from a snapshot');
        const stored = this.#log.filter(({ rev }) => rev > numberOf(step['rev']) && rev !== step['without']);
        this.#sequencer = Sequencer.restore(snapshot, stored, this.#options);
        return null;
      }
      default:
        throw new Error(`A sequencer cannot do ${JSON.stringify(step['do'])}`);
    }
  }

  #answerMessage(message: Json, role: Json = 'owner'): Json {
    const answer = this.#sequencer.answer(parseReplicaMessage(message), role as 'owner');
    if (answer.type === 'accepted') {
      const appended = this.#sequencer.deltasSince(answer.rev - 1);
      // After a restored backup the log goes another way.
      this.#log = this.#log.filter(({ rev }) => rev < answer.rev);
      if (appended.type === 'entries') this.#log.push(...appended.entries);
    }
    // What a refusal says to people is every implementation's own.
    return asJson(formatMessage(answer.type === 'refused' ? { ...answer, message: '' } : answer));
  }
}

/** A replica in a conversation, what it stored last, and what its steps answer. */
class Device {
  readonly #options: ReplicaOptions;
  #rules: ResolutionRules;
  #stored: JsonObject;
  replica: Replica;

  constructor(name: string, { rules, replicaLimits, undoDepth, savedUndoSize }: JsonObject) {
    let count = 0;
    this.#rules = readRules(rules ?? {});
    this.#options = {
      nextNonce: () => `${name}-${++count}`,
      rules: { get: (table, field) => this.#rules.get(table, field) },
      limits: { ...DEFAULT_LIMITS, ...(replicaLimits === undefined ? {} : objectOf(replicaLimits)) },
      ...(undoDepth === undefined ? {} : { undoDepth: numberOf(undoDepth) }),
      ...(savedUndoSize === undefined ? {} : { savedUndoSize: numberOf(savedUndoSize) }),
    };
    this.replica = new Replica(this.#options);
    this.#stored = written(this.replica.save());
  }

  /** What the replica shows. */
  get rows(): Json {
    return asJson(this.replica.toRows());
  }

  /** The names of what is true of the replica, as `status` names it. */
  get status(): Json {
    return Object.entries(this.replica.status).flatMap(([name, isTrue]) =>
      isTrue ? [name === 'hasUncommitted' ? 'hasOpen' : name] : [],
    );
  }

  /** What a step answers that needs no message. */
  take(step: JsonObject): Json {
    const { replica } = this;
    switch (step['do']) {
      case 'edit':
        replica.apply(readEdit(step['delta']));
        return this.rows;
      case 'title':
        replica.setTitle(step['title'] === null ? undefined : textOf(step['title']));
        return this.rows;
      case 'undo':
      case 'redo':
      case 'rollback':
        replica[step['do']]();
        return this.rows;
      case 'end-step':
        replica.endUndoItem();
        return null;
      case 'sync':
        return writeResult(replica.sync(timeOf(step)));
      case 'seal':
        return replica.seal(timeOf(step));
      case 'reopen':
        return replica.reopen();
      case 'withdraw': {
        const retraction = replica.retract();
        return retraction === undefined
          ? null
          : { conflicts: retraction.conflicts.map(writeConflict), rows: this.rows };
      }
      default:
        return this.#takeOutside(step);
    }
  }

  /** A step that is about what the replica sends and stores, or about what it was told. */
  #takeOutside(step: JsonObject): Json {
    const { replica } = this;
    switch (step['do']) {
      case 'become':
        replica.setRole(textOf(step['role']) as 'owner');
        return null;
      case 'clock':
        replica.setClockOffset(step['offset'] === null ? undefined : numberOf(step['offset']));
        return null;
      case 'rules':
        this.#rules = readRules(step['rules']);
        return null;
      case 'put': {
        const put = replica.outgoing();
        this.#stored = written(replica.save());
        return put === undefined ? null : asJson(formatMessage(put));
      }
      case 'request':
        return asJson(formatMessage(replica.request()));
      case 'save':
        this.#stored = written(replica.save((step['extent'] ?? 'all') as Parameters<Replica['save']>[0]));
        return this.#stored;
      case 'crash':
        this.replica = Replica.load(this.#stored, { ...this.#options, role: replica.role });
        return this.status;
      case 'load':
        this.replica = Replica.load(savedWithEdits(step), { ...this.#options, role: replica.role });
        return this.status;
      default:
        throw new Error(`A replica cannot do ${JSON.stringify(step['do'])}`);
    }
  }
}

/** An edit in wire JSON, or in the notation of vectors where it has appends, which do not travel. */
function readEdit(json: Json | undefined): Delta {
  const hasAppends = JSON.stringify(json).includes('"end"]');
  return hasAppends ? Delta.from(readDelta(json)) : parseDelta(json);
}

function timeOf({ time }: JsonObject): Date {
  return new Date(numberOf(time));
}

/** What is loaded: a saved replica, with the edits that were saved after it, if there are any. */
function savedWithEdits({ replica, edits }: JsonObject): unknown {
  return edits === undefined ? replica : withSavedEdits(replica, arrayOf(edits));
}

/** What is saved, with its rules in the order of their places, which means nothing. */
function written(saved: SavedReplica): JsonObject {
  const rules = [...saved.rules].sort((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1));
  return asJson({ ...saved, rules }) as JsonObject;
}

function writeResult({ changed, conflicts, refused, indeterminate, isReloaded, isLogLost }: SyncResult): JsonObject {
  return {
    changed: Object.fromEntries([...changed].map(([table, records]) => [table, [...records]])),
    conflicts: conflicts.map(writeConflict),
    refused: refused.map(({ nonce, refusal, conflicts: lost }) => ({
      ...{ nonce, reason: refusal.reason, conflicts: lost.map(writeConflict) },
    })),
    uncertain: indeterminate.map(({ nonce }) => nonce),
    isReloaded,
    ...(isLogLost && { isLogLost }),
  };
}
