/** Graphs of events and the states that they lead to. */

import { formatState } from '../../src/index.js';
import { type EventsMessage, MeshReplica, parseEvent } from '../../src/mesh/index.js';
import { readCases } from './case-reader.js';
import type { Family } from './family.js';
import { arrayOf, asJson } from './json.js';

export const mesh: Family = {
  file: 'mesh.json',
  description:
    'Graphs of events, in order of arrival, with the rows that they lead to and the ids of the events that are refused, in code point order of agents.',
  inputs: () => readCases('mesh.txt').map((line) => ({ name: line.name, events: line.column().json() })),
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
