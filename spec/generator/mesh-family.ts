/**
 * Graphs of events and the states that they lead to. A case is `name | rules | events`, with the events in the order in
 * which they arrive, separated by `;`. An event is `agent seq: delta`, such as `a2: f=1`. Its parent is the event of its
 * agent before it, if there is one, unless others are named: `a2 < a1 c1: f=1`. The event `0`, of an agent of that name,
 * is a base. `at 5` gives an event a time. The rules of the case are those of every event but `0`; an event that has
 * others names them: `a2 < a1 c1 {f: max}: f=1`, or `{}` for none.
 */

import { formatState } from '../../src/index.js';
import { type EventsMessage, MeshReplica, parseEvent } from '../../src/mesh/index.js';
import { type CaseReader, readCases } from './case-reader.js';
import type { Family } from './family.js';
import { arrayOf, asJson, type Json, type JsonObject } from './json.js';

export const mesh: Family = {
  file: 'mesh.json',
  description:
    'Graphs of events, in order of arrival, with the rows that they lead to and the ids of the events that are refused, in code point order of agents.',
  inputs: () => readCases('mesh.txt').map(readGraph),
  outputs: ['rows', 'refused'],
  complete: ({ events }) => {
    const replica = new MeshReplica({ agent: 'reader' });
    const message: EventsMessage = { type: 'events', events: arrayOf(events).map(parseEvent) };
    replica.receive(message);
    const refused = replica.sync().refused.map(({ event }) => event.id);
    refused.sort(([left, leftSeq], [right, rightSeq]) => (left < right ? -1 : left > right ? 1 : leftSeq - rightSeq));
    return { rows: asJson(formatState(replica.state())), refused: asJson(refused) };
  },
};

type EventId = readonly [agent: string, seq: number];

function readGraph(line: CaseReader): JsonObject {
  const rules = line.column().take('-') ? {} : line.rules();
  line.column();
  const events: Json[] = [];
  while (!line.isAtEnd) {
    events.push(readEvent(line, rules));
    line.take(';');
  }
  line.end();
  return { name: line.name, events };
}

function readEvent(line: CaseReader, ruleOfCase: JsonObject): Json {
  const id = readId(line) ?? line.fail('an event');
  const [agent, seq] = id;
  const parents: EventId[] = [];
  if (line.take('<')) {
    for (let parent = readId(line); parent !== undefined; parent = readId(line)) parents.push(parent);
  } else if (seq > 1) parents.push([agent, seq - 1]);
  const time = line.take('at') ? { time: line.number() } : {};
  const rules = line.isAtObject ? line.rules() : agent === BASE ? {} : ruleOfCase;
  if (!line.take(':')) line.fail('a colon');
  const delta = line.delta();
  return { id, parents, delta, ...(Object.keys(rules).length > 0 && { rules }), ...time };
}

/** The agent of the one event that is called by its agent alone. */
const BASE = '0';
const EVENT = /0|[a-z]\d+/y;

function readId(line: CaseReader): EventId | undefined {
  const text = line.takeMatch(EVENT);
  return text === undefined ? undefined : [text.slice(0, 1), text === BASE ? 1 : Number(text.slice(1))];
}
