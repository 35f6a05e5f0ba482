import { type ConcurrentTrace, hasShared, readShared } from '../../../test/support/shared-data.js';
import { randomFrom } from '../../support/random.js';
import type { Engine, SharedText, Splice } from '../engine.js';
import {
  bytesInUse,
  type Effort,
  expectTrue,
  firstTimesOf,
  repeat,
  sizesOf,
  type Took,
  timed,
  timesOf,
} from '../sample.js';
import type { Measurement, Workload } from '../workload.js';

type Transactions = ConcurrentTrace['txns'];

const PATH = 'traces/concurrent-friendsforever.json.gz';
const PEOPLE = 4;
const TYPED_EACH = 6500;

const MEASURED =
  'A copy that edited nothing receives one transaction after the other, each from its message on, until the text can be read; then another copy gets all in one. What all in one is differs: Yjs, Loro, Automerge, diamond-types and Deltaic write every edit, and integrate them when they load; json-joy writes the places of all characters, and integrates nothing. What a message says differs too: those of Yjs and json-joy name the neighbours of each character, those of Deltaic and diamond-types have indexes, and Deltaic’s copy also tells which records changed, and which edits lost. Memory is what the copy holds after garbage collection.';

export const realText: Workload = {
  name: 'shared-text',
  title: 'Two people typing at once: the trace friendsforever, 26,078 transactions',
  explanation: `${MEASURED} The text must be that of the trace.`,
  main: 'receive ms',
  parts: wayCount,
  run: (engine, part, effort) => {
    if (!hasShared(PATH)) return [];
    const { txns, endContent } = JSON.parse(readShared(PATH)) as ConcurrentTrace;
    const some = txns.slice(0, effort.scale(txns.length));
    return measure(engine, part, effort, some, some.length === txns.length ? endContent : undefined);
  },
};

export const madeText: Workload = {
  name: 'shared-text-4',
  title: `${PEOPLE} people typing at once: a made history of ${(PEOPLE * TYPED_EACH).toLocaleString('en')} transactions`,
  explanation: `As above. Each types words of one to nine letters at random places, takes back every tenth letter, and hears of the others after every fifth word. Where two type at one place, engines differ about who comes first, so the text must be that of the authors, and as long as what they typed.`,
  main: 'receive ms',
  parts: wayCount,
  run: (engine, part, effort) => measure(engine, part, effort, madeHistory(effort.scale(TYPED_EACH)), undefined),
};

function wayCount({ sharedTexts }: Engine): number {
  return sharedTexts?.length ?? 0;
}

function measure(
  { sharedTexts }: Engine,
  part: number,
  effort: Effort,
  txns: Transactions,
  endContent: string | undefined,
): Measurement[] {
  const way = sharedTexts?.[part];
  if (way === undefined) return [];
  const base = way.create('');
  const messages = write(way, base, txns);
  const before = bytesInUse();
  const reader = way.fork(base);
  for (const message of messages) way.receive(reader, message);
  const text = way.text(reader);
  const memory = bytesInUse() - before;
  expectTrue(endContent === undefined || text === endContent, `${way.idiom} ends in the text of the trace`);
  expectTrue(text.length === lengthAfter(txns), `${way.idiom} loses and doubles nothing`);
  const { usual } = repeat(() => {
    const copy = way.fork(base);
    const [received, took] = timed(() => {
      for (const message of messages) way.receive(copy, message);
      return way.text(copy);
    });
    expectTrue(received === text, 'a message does the same each time');
    return timesOf('receive', took);
  }, effort);
  const whole = way.whole(reader);
  const { usual: atOnce } = repeat(() => {
    const [received, took] = timed(() => way.text(way.load(whole)));
    expectTrue(received === text, 'all in one comes to the same text');
    return timesOf('all in one', took);
  }, effort);
  const sent = messages.reduce<number>((sum, message) => sum + (message instanceof Uint8Array ? message.length : 0), 0);
  return [
    {
      case: way.idiom,
      idiom: way.idiom,
      figures: {
        ...usual,
        ...atOnce,
        'memory MB': memory / 1e6,
        ...(sent > 0 && { 'sent kB': sent / 1000 }),
        ...sizesOf('all', whole),
      },
    },
  ];
}

/** Makes the transactions, each in the copy of its author after that has received what the transaction saw. */
function write<Doc>(way: SharedText<Doc>, base: Doc, txns: Transactions): unknown[] {
  const messages: unknown[] = [];
  const authors = new Map<number, { readonly doc: Doc; readonly seen: Uint8Array }>();
  for (const [number, { parents, agent, patches }] of txns.entries()) {
    const author = authors.get(agent) ?? { doc: way.fork(base), seen: new Uint8Array(txns.length) };
    authors.set(agent, author);
    const unseen: number[] = [];
    const follow = [...parents];
    for (let at = follow.pop(); at !== undefined; at = follow.pop()) {
      if (author.seen[at] === 1) continue;
      author.seen[at] = 1;
      unseen.push(at);
      follow.push(...(txns[at]?.parents ?? []));
    }
    for (const at of unseen.sort((left, right) => left - right)) way.receive(author.doc, messages[at]);
    messages.push(way.edit(author.doc, patches));
    author.seen[number] = 1;
  }
  return messages;
}

/** Nobody deletes what somebody else deletes at the same time, so every engine ends with as many characters. */
function lengthAfter(txns: Transactions): number {
  let length = 0;
  for (const { patches } of txns) for (const [, deleted, inserted] of patches) length += inserted.length - deleted;
  return length;
}

interface Person {
  /** How long the text is that the person sees, and where the next letter goes. */
  length: number;
  place: number;
  /** Of the word at hand. */
  lettersLeft: number;
  lettersTyped: number;
  words: number;
  last: number | undefined;
}

/** A history of people who take turns by the letter, see all of it now and then, and delete only what they just typed. */
function madeHistory(each: number): Transactions {
  const random = randomFrom(7);
  const below = (bound: number): number => Math.floor(random() * bound);
  const people = Array.from(
    { length: PEOPLE },
    (): Person => ({ length: 0, place: 0, lettersLeft: 0, lettersTyped: 0, words: 0, last: undefined }),
  );
  let length = 0;
  return Array.from({ length: PEOPLE * each }, (_, number) => {
    const agent = number % PEOPLE;
    const person = people[agent] as Person;
    let known = [person];
    if (person.lettersLeft === 0) {
      if (++person.words % 5 === 0) {
        known = people;
        person.length = length;
      }
      person.lettersLeft = 1 + below(9);
      person.lettersTyped = 0;
      person.place = below(person.length + 1);
    }
    person.lettersLeft--;
    const isDelete = person.lettersTyped > 0 && random() < 0.1;
    const patch: Splice = isDelete ? [--person.place, 1, ''] : [person.place++, 0, 'x'];
    const growth = isDelete ? -1 : 1;
    person.lettersTyped += growth;
    person.length += growth;
    length += growth;
    const parents = known.flatMap(({ last }) => last ?? []);
    person.last = number;
    return { agent, parents, patches: [patch] };
  });
}

const WINDOW = 10_000;
const LENGTH = 10_000;
/** Where the letters of the others stand, and how many places there are. */
const PLACES = { 'near the start': 50, 'at random places': LENGTH } as const;

export const lateMessage: Workload = {
  name: 'late',
  title: `One late message after ${WINDOW.toLocaleString('en')} others`,
  explanation: `A copy has a text of ${LENGTH.toLocaleString('en')} characters and has received ${WINDOW.toLocaleString('en')} transactions of one author, each a letter, within the first fifty characters or at random places. Then comes a letter in the middle from an author who has seen none of them, and that author's next one. Both must be in the text.`,
  main: 'late ms',
  parts: (engine) => wayCount(engine) * Object.keys(PLACES).length,
  run: ({ sharedTexts }, part, effort) => {
    const ways = sharedTexts ?? [];
    const way = ways[part % ways.length];
    const places = Object.entries(PLACES)[Math.floor(part / ways.length)];
    return way === undefined || places === undefined ? [] : [measureLate(way, ...places, effort)];
  },
};

function measureLate(way: SharedText<unknown>, where: string, places: number, effort: Effort): Measurement {
  const random = randomFrom(1);
  const count = effort.scale(WINDOW);
  const base = way.create('-'.repeat(LENGTH));
  const [author, other] = [way.fork(base), way.fork(base)];
  const messages = Array.from({ length: count }, () => way.edit(author, [[Math.floor(random() * places), 0, 'x']]));
  const middle = LENGTH / 2;
  const late = [0, 1].map((offset) => way.edit(other, [[middle + offset, 0, 'y']]));
  const { first, usual } = repeat(() => {
    const reader = way.fork(base);
    for (const message of messages) way.receive(reader, message);
    const [one, next] = late.map((message) => timed(() => way.receive(reader, message))[1]) as [Took, Took];
    const text = way.text(reader);
    expectTrue(text.length === LENGTH + count + 2 && text.includes('yy'), 'all letters are there');
    return { ...timesOf('late', one), ...timesOf('next', next) };
  }, effort);
  return { case: `${where}: ${way.idiom}`, idiom: way.idiom, figures: { ...usual, ...firstTimesOf('late', first) } };
}
