/**
 * Conversations of replicas with a sequencer. A case is `name | fields | options | steps`: ann makes record r of table t
 * with these fields and bob fetches it, so both begin at revision 1. Steps are separated by `;`. A step
 * without a name is done by the same one as the step before. Besides the steps of the vectors there are short forms:
 *
 *     make Δ     edit Δ; sync                 upload      put; the sequencer's answer to it; receive that
 *     commit Δ   make Δ; upload               fetch       request; the sequencer's answer to it; receive that
 *     ask        request; put                 catch-up    fetch; sync
 *
 * `load REPLICA with EDITS` adds edits that were saved alone. `@1: put` gives the answer of a step a name, and `receive @1` delivers it. Messages are written `accepted NONCE REV`,
 * `repeated NONCE REV`, `refused NONCE REASON [for CODE] [at PLACE]`, `reset SINCE REV`, `denied`, `entries REV:NONCE(Δ) …`, `snapshot REV
 * [NONCES] {fields of record r}`, `put REV NONCE Δ`, `fetch REV`, `fetch-snapshot`, or as a value. `as ROLE` after what a
 * sequencer answers, an upload or a fetch says who asks.
 */

import { type CaseReader, readCases } from './case-reader.js';
import { runConversation } from './conversation.js';
import type { Family } from './family.js';
import type { Json, JsonObject } from './json.js';

/** The topics in the order in which a new implementation can make them pass, and what each is about. */
const TOPICS: readonly (readonly [topic: string, about: string])[] = [
  ['exchange', 'edits that are put, acknowledged and fetched, with crashes and lost answers'],
  ['sequencer', 'what the sequencer decides'],
  ['messages', 'messages to a replica: acknowledgements, entries in any order, and contradictions'],
  ['reload', 'replicas that merge a snapshot'],
  ['edits', 'sealing, rules, the title and the modified time'],
  ['limits', 'the limits of edits'],
  ['saved', 'saving and loading replicas'],
  ['refusals', 'puts that are refused, and later edits that must do without them'],
  ['undo', 'undo and redo of edits that met the edits of others'],
  ['undo-history', 'undo items: where one ends, and how long it can be undone and redone'],
  ['rollback', 'rolling back, reopening and retracting'],
];

export const conversationFamilies: readonly Family[] = TOPICS.map(([topic, about]) => ({
  file: `sync-${topic}.json`,
  description: `Conversations of replicas with a sequencer about ${about}. Outcomes: the answer to each step, the log, and what each replica shows at the end.`,
  inputs: () => readCases(`sync-${topic}.txt`).map(readConversation),
  outputs: ['answers', 'log', 'seen'],
  complete: runConversation,
}));

const REPLICAS = ['ann', 'bob'];

function readConversation(line: CaseReader): JsonObject {
  const script = new Script();
  script.perform('ann', 'commit', { delta: [['I', 't', 'r', line.column().object()]] });
  script.perform('bob', 'catch-up');
  const options = new Map<string, Json>();
  for (let option = line.optionColumn(); option !== undefined; option = line.optionColumn()) options.set(...option);
  line.column();
  let who = '';
  while (!line.isAtEnd) {
    who = readStep(line, script, who);
    line.take(';');
  }
  line.end();
  return { name: line.name, ...Object.fromEntries(options), replicas: REPLICAS, steps: script.steps };
}

/** Adds a step to the script. @returns who does it. */
function readStep(line: CaseReader, script: Script, lastWho: string): string {
  const label = line.take('@') ? line.number() : undefined;
  if (label !== undefined && !line.take(':')) line.fail('a colon');
  const who = [...REPLICAS, 'sequencer'].find((name) => line.take(name)) ?? lastWho;
  const verb = line.word();
  const position = script.perform(who, verb, readArguments(line, verb, script));
  if (label !== undefined) script.labels.set(label, position);
  return who;
}

function readArguments(line: CaseReader, verb: string, { labels }: Script): JsonObject {
  switch (verb) {
    case 'edit':
    case 'make':
    case 'commit':
      return { delta: line.delta() };
    case 'sync':
    case 'seal':
      return { time: line.isAtEnd ? 0 : line.number() };
    case 'save':
      return line.isAtEnd ? {} : { extent: line.word() };
    case 'become':
      return { role: line.word() };
    case 'clock':
      return { offset: line.value() };
    case 'rules':
      return { rules: line.value() };
    case 'title':
      return { title: line.value() };
    case 'load':
      return { replica: line.value(), ...(line.take('with') && { edits: line.value() }) };
    case 'trim':
      return { rev: line.number() };
    case 'receive':
      return { message: readMessage(line, labels) };
    case 'answer':
      return { message: readMessage(line, labels), ...readRole(line) };
    case 'upload':
    case 'fetch':
      return readRole(line);
    case 'restore': {
      const message = readMessage(line, labels);
      if (!line.take('from')) line.fail('from');
      return { message, rev: line.number(), ...(line.take('without') ? { without: line.number() } : {}) };
    }
    default:
      return {};
  }
}

function readRole(line: CaseReader): JsonObject {
  return line.take('as') ? { role: line.word() } : {};
}

function readMessage(line: CaseReader, labels: ReadonlyMap<number, number>): Json {
  if (line.take('@')) return labels.get(line.number()) ?? line.fail('the name of a step before this one');
  const type = MESSAGES.find((name) => line.take(name));
  switch (type) {
    case undefined:
      return line.value();
    case 'accepted':
    case 'repeated':
      return { type, nonce: line.value(), rev: line.value() };
    case 'refused':
      return { type, nonce: line.value(), reason: line.word(), message: '', ...readCause(line) };
    case 'reset':
      return { type, since: line.number(), rev: line.number(), ...(line.take('lost') && { isLogLost: true }) };
    case 'entries':
      return { type, entries: readEntries(line) };
    case 'snapshot':
      return { type, rev: line.number(), nonces: line.value(), rows: rowsWithInfo(line.object()) };
    case 'put':
      return {
        type,
        rev: line.value(),
        ...readHead(line),
        nonce: line.value(),
        ...readSeen(line),
        delta: line.delta(),
      };
    case 'fetch':
      return { type, rev: line.number(), ...readHead(line) };
    default:
      return { type };
  }
}

function readCause(line: CaseReader): JsonObject {
  return {
    ...(line.take('for') && { code: line.word() }),
    ...(line.take('at') && { place: line.object() }),
  };
}

function readSeen(line: CaseReader): JsonObject {
  return line.take('seen') ? { seen: line.value() } : {};
}

function readHead(line: CaseReader): JsonObject {
  return line.take('behind') ? { head: line.value() } : {};
}

const MESSAGES = [
  ...(['accepted', 'repeated', 'refused', 'reset', 'denied', 'entries', 'snapshot'] as const),
  ...(['put', 'fetch', 'fetch-snapshot'] as const),
];

function readEntries(line: CaseReader): Json[] {
  const entries: Json[] = [];
  while (!line.isAtEnd) {
    const rev = line.number();
    if (!line.take(':')) line.fail('a colon');
    entries.push({ rev, nonce: line.value(), ...readSeen(line), delta: line.deltaInParentheses() });
  }
  return entries;
}

function rowsWithInfo(data: JsonObject): Json {
  return [
    { tid: ':info', rowid: 'info', data: { mtime: { T: '0' } } },
    { tid: 't', rowid: 'r', data },
  ];
}

/** The steps of a conversation. A step that delivers what another answered names its position. */
class Script {
  readonly steps: JsonObject[] = [];
  /** The positions of the steps whose answers have a name. */
  readonly labels: Map<number, number> = new Map();

  /** Adds a step, or those that a short form stands for. @returns the position of the last one. */
  perform(at: string, verb: string, given: JsonObject = {}): number {
    switch (verb) {
      case 'make':
        this.perform(at, 'edit', given);
        return this.perform(at, 'sync', { time: 0 });
      case 'commit':
        this.perform(at, 'make', given);
        return this.perform(at, 'upload');
      case 'upload':
        return this.#exchange(at, 'put', given);
      case 'fetch':
        return this.#exchange(at, 'request', given);
      case 'catch-up':
        this.perform(at, 'fetch');
        return this.perform(at, 'sync', { time: 0 });
      case 'ask':
        this.perform(at, 'request');
        return this.perform(at, 'put');
      default:
        return this.steps.push({ at, do: verb, ...given }) - 1;
    }
  }

  /** Delivers what a replica has to say to the sequencer, and the answer to the replica. */
  #exchange(at: string, verb: string, role: JsonObject): number {
    const message = this.perform(at, verb);
    return this.perform(at, 'receive', { message: this.perform('sequencer', 'answer', { message, ...role }) });
  }
}
