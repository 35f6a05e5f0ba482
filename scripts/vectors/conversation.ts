/** Runs a written conversation: replicas and a sequencer that do one thing after the other, and all that they answer. */

import { DEFAULT_LIMITS } from '../../src/index.js';
import {
  formatEntry,
  formatMessage,
  type LogEntry,
  parseReplicaMessage,
  parseSequencerMessage,
  Sequencer,
  type SequencerOptions,
} from '../../src/sync/index.js';
import { Device } from './device.js';
import { arrayOf, asJson, isObject, type Json, type JsonObject, numberOf, objectOf, textOf } from './json.js';
import { answerOrError } from './outcome.js';

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
  readonly #log: LogEntry[] = [];
  #sequencer: Sequencer;

  constructor(input: JsonObject) {
    const { recentNonces, limits, replicas } = input;
    this.#options = {
      limits: { ...DEFAULT_LIMITS, ...(limits === undefined ? {} : objectOf(limits)) },
      ...(recentNonces === undefined ? {} : { recentNonces: numberOf(recentNonces) }),
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
      if (appended.type === 'entries') this.#log.push(...appended.entries);
    }
    // What a refusal says to people is every implementation's own.
    return asJson(formatMessage(answer.type === 'refused' ? { ...answer, message: '' } : answer));
  }
}
