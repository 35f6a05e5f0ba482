import { type Change, NO_LIMITS } from '../../../src/index.js';
import { Replica, Sequencer } from '../../../src/sync/index.js';
import { engine, type Splice } from '../engine.js';
import { decodeDelta, decodeReplica, ENCODING, encodeDelta, encodeReplica } from './deltaic-bytes.js';

const TABLE = 't';
const RECORD = 'r';
const FIELD = 'f';
const TIME = new Date(0);

/** A replica and the log that it follows. */
interface Site {
  readonly replica: Replica;
  readonly sequencer: Sequencer;
}

/** A list created by the first replica. */
function site(items: readonly string[]): Site {
  const sequencer = new Sequencer({ limits: NO_LIMITS });
  sequencer.put(
    0,
    'start',
    [{ type: 'insert', table: TABLE, record: RECORD, fields: new Map([[FIELD, items]]) }],
    'owner',
  );
  const replica = newReplica();
  replica.receive(sequencer.answer(replica.request(), 'owner'));
  replica.sync(TIME);
  return { replica, sequencer };
}

function newReplica(): Replica {
  let count = 0;
  return new Replica({ nextNonce: () => `nonce${count++}`, limits: NO_LIMITS });
}

function splice([position, deleteCount, inserted]: Splice): Change[] {
  const deletes = Array.from({ length: deleteCount }, () => ({ type: 'delete', index: position }) as const);
  const inserts = inserted === '' ? [] : [{ type: 'insert', index: position, value: inserted } as const];
  const ops = [...deletes, ...inserts];
  return [
    { type: 'update', table: TABLE, record: RECORD, ops: new Map([[FIELD, { type: 'list', create: false, ops }]]) },
  ];
}

const listOf = (replica: Replica): string[] => replica.get(TABLE, RECORD)?.get(FIELD) as unknown as string[];
const textOf = (replica: Replica): string => listOf(replica).join('');

/** Deltaic with undo, conflict reports, the log, and crash safety, as an application uses it. */
export const deltaicReplica = engine<Site>({
  name: 'deltaic-replica',
  title: 'Deltaic, through Replica',
  runsAs: 'JavaScript',
  trace: [
    {
      idiom: 'list, Replica.apply for each, one sync',
      edits: 'one by one',
      replay: (trace) => {
        const made = site([]);
        for (const edit of trace) made.replica.apply(splice(edit));
        made.replica.sync(TIME);
        return made;
      },
      text: ({ replica }) => textOf(replica),
      state: ({ replica }) => encodeReplica(replica.save()),
      load: (bytes) => {
        const replica = Replica.load(decodeReplica(bytes), {
          nextNonce: () => 'n',
          limits: NO_LIMITS,
        });
        return textOf(replica);
      },
    },
  ],
  longLists: [
    {
      idiom: `Replica with a pending edit: receive and sync, ${ENCODING}`,
      create: (length) => site(Array.from({ length }, () => 'x')),
      fork: ({ sequencer }) => {
        const replica = newReplica();
        replica.receive(sequencer.snapshot());
        replica.sync(TIME);
        replica.apply(splice([0, 1, 'z']));
        replica.sync(TIME);
        return { replica, sequencer };
      },
      type: ({ sequencer }, index) => {
        const delta = splice([index, 0, 'y']);
        sequencer.put(sequencer.revision, `typed${sequencer.revision}`, delta, 'owner');
        return encodeDelta(delta);
      },
      receive: ({ replica }, sent) => {
        const rev = replica.revision + 1;
        const nonce = `typed${rev - 1}`;
        replica.receive({ type: 'entries', entries: [{ rev, nonce, delta: decodeDelta(sent) }] });
        replica.sync(TIME);
      },
      length: ({ replica }) => listOf(replica).length,
    },
  ],
  absent: {},
});
