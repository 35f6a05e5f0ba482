import type { Datastore, DatastoreManager, DatastoreStatus, RefusalEvent } from '../../../src/datastore/index.js';
import type { Change } from '../../../src/index.js';
import { Random } from '../random.js';
import { Violation } from '../violation.js';
import { MEDDLED } from './meddler.js';
import type { Tag, Tags } from './tags.js';

/** What the server refuses a put with. */
const REFUSED = ['record-too-large', 'datastore-too-large', 'not-permitted'];

/** What a transaction or a sync may fail with in a world like this one. */
const EXPECTED = ['closed', 'shut-down', 'conflict', 'network', 'server', 'unauthorized', 'lease-lost', ...REFUSED];

/** How often time may pass before a sync is answered. */
const MOST_WAITS = 4;

export const TABLE = 'journal';
export const RECORD = 'j';

/** A datastore as one device has it open, and the edits that were made in it since. */
export class Opening {
  readonly datastore: Datastore;
  readonly #tags: Tags;
  readonly #failed: (violation: Violation) => void;
  /** Edits that nothing has been asked of yet. */
  #open: Tag[] = [];
  /** Edits of commits that have not been answered. A sync meanwhile makes them ordinary. */
  #committing: Tag[] = [];
  /** How many syncs were begun. */
  #syncs = 0;
  /** How many calls have not been answered. */
  #unanswered = 0;
  #transactions = 0;
  /** The syncs that have not been answered, and how often time has passed since. */
  readonly #waiting = new Map<object, number>();
  #isDead = false;
  readonly #made: Tag[] = [];
  /** Edits that were rolled back, which a power cut may bring back. */
  readonly #dropped = new Set<Tag>();
  #isEditing = false;
  /** The edits and syncs that listeners made: no more than a few, or devices would answer each other for ever. */
  #answers = 0;
  /** The status that the last listener heard last. */
  #heard: DatastoreStatus;

  /** @param carried the edits that were open when the device had it open before. */
  constructor(datastore: Datastore, tags: Tags, failed: (violation: Violation) => void, carried: readonly Tag[]) {
    this.datastore = datastore;
    this.#tags = tags;
    this.#failed = failed;
    this.#open = [...carried];
    const shown = datastore.table(TABLE).get(RECORD)?.getList('tags').toArray() ?? [];
    for (const { name, most } of carried) {
      const times = shown.filter((other) => other === name).length;
      if (times > 0 && times <= most) continue;
      failed(new Violation('what was saved is open again', `${datastore.id}: ${name} is there ${times} times`));
    }
    datastore.table(TABLE).setResolutionRule('count', 'sum');
    this.#heard = datastore.syncStatus;
    datastore.on('change', ({ origin }) => {
      if (origin === 'remote') this.#answer(() => datastore.table('heard').getOrInsert('h').set('f', datastore.size));
    });
    datastore.on('refusal', (event) => this.#hearRefusal(event));
    datastore.on('syncStatus', ({ hasIncoming }) => {
      if (hasIncoming) this.#answer(() => this.sync());
    });
    datastore.on('syncStatus', (status) => {
      this.#heard = status;
    });
  }

  /** Time has passed: a sync may wait for the storage, and not for anybody else. */
  passed(): void {
    for (const tag of this.#open) tag.age++;
    for (const [sync, age] of this.#waiting) {
      this.#waiting.set(sync, age + 1);
      if (age > MOST_WAITS) this.#failed(new Violation('sync() waits for no network', this.datastore.id));
    }
  }

  /** @throws Violation unless the status that was heard last is the present one. */
  checkHeard(where: string): void {
    const [heard, present] = [this.#heard, this.datastore.syncStatus].map((status) => JSON.stringify(status));
    if (heard !== present) throw new Violation('the last event is the present', `${where}: ${heard}, not ${present}`);
  }

  edit(name: string, random: Random): void {
    const tag = this.#tags.make(name, BigInt(random.below(1000)));
    this.#made.push(tag);
    this.#apply(tag, random);
    // A sync that waits for its turn seals what is edited until then, and what is edited during a transaction can be sent.
    if (this.#unanswered > 0) tag.fate = 'doubtful';
    this.#open.push(tag);
  }

  sync(): void {
    this.#syncs++;
    const sealed = [...this.#takeOpen(), ...this.#committing];
    this.#committing = [];
    // Edits that cannot stand without a transaction wait for it.
    const isFree = this.#transactions === 0;
    const sync = {};
    if (isFree) this.#waiting.set(sync, 0);
    const answered = (): void => void this.#waiting.delete(sync);
    this.#watch(
      this.datastore.sync().finally(answered),
      () => keep(sealed),
      (code) => {
        // What was synced before is stored before a datastore is closed and a manager ends.
        if (!isFree || code === 'lease-lost' || (code === 'log-mismatch' && this.#tags.hasOtherLog)) return;
        this.#failed(new Violation('what was synced is stored', `${this.datastore.id}: ${code}`));
      },
    );
  }

  /** Commits what is open. If others edited first, or there is no network, it is open again. */
  commit(): void {
    const sealed = this.#takeOpen();
    const { length } = this.#committing;
    const syncs = this.#syncs;
    this.#committing.push(...sealed);
    const ended = (isOpenAgain: boolean): void => {
      if (syncs !== this.#syncs) return;
      this.#committing = this.#committing.filter((tag) => !sealed.includes(tag));
      if (isOpenAgain) this.#open.unshift(...sealed);
    };
    const failed = (code: string): void => ended(isWithout(code));
    const done = (): void => {
      keep(sealed);
      ended(false);
    };
    // Behind a transaction it seals what is edited until it starts; only one alone says what it must come to.
    const isAlone = length === 0 && this.#unanswered === 0;
    this.#watch(this.datastore.commit(), isAlone ? done : () => undefined, isAlone ? failed : () => undefined);
  }

  transaction(name: string, random: Random): void {
    const sealed = this.#takeOpen();
    const tag = this.#tags.make(name, BigInt(random.below(1000)));
    this.#made.push(tag);
    tag.fate = 'doubtful';
    const seed = random.next();
    this.#transactions++;
    const outcome = this.datastore
      .transaction(() => this.#apply(tag, new Random(seed)), { maxTries: 3 })
      .finally(() => void this.#transactions--);
    const ended = (code: string | undefined): void => {
      if (code === undefined || isWithout(code)) keep(sealed);
      if (code !== undefined && isWithout(code)) tag.fate = 'lost';
      if (code === undefined) tag.fate = 'kept';
    };
    this.#watch(outcome, () => ended(undefined), ended);
  }

  /** Everything that is open is written. */
  flush(manager: DatastoreManager): void {
    const written = this.#open.filter(({ fate }) => fate === 'open');
    const done = (): void => {
      for (const tag of written) tag.isSaved = true;
    };
    this.#watch(manager.flush(), done, () => undefined, false);
  }

  /** Drops what is open. It is gone for good once that is written. */
  rollback(manager: DatastoreManager): void {
    // What was edited meanwhile is doubtful anyway.
    if (this.#unanswered > 0 || this.#committing.length > 0) return;
    const dropped = this.leave();
    for (const tag of dropped) tag.fate = 'doubtful';
    for (const tag of dropped) this.#dropped.add(tag);
    // It tells listeners, who may sync what is left.
    this.datastore.rollback();
    const done = (): void => {
      // A copy of the device may have it from before.
      for (const tag of dropped) if (tag.most === 1) tag.fate = 'lost';
    };
    this.#watch(manager.flush(), done, () => undefined, false);
  }

  /** Closes the datastore. @returns as {@link leave}. */
  close(): readonly Tag[] {
    this.datastore.close();
    return this.leave();
  }

  /** The datastore was closed. @returns the edits that are open when it is opened again. */
  leave(): readonly Tag[] {
    const left = this.#open.filter(({ fate }) => fate === 'open');
    this.#open = [];
    return left;
  }

  /** The device lost its memory: what its promises say from now on, nobody hears. @returns as {@link leave}. */
  die(): readonly Tag[] {
    this.#isDead = true;
    return this.leave();
  }

  /** The power of the device failed: what it promised to keep may not have reached the disk. It may not be doubled. */
  losePower(): void {
    for (const tag of this.#made) {
      if (tag.fate === 'kept') tag.fate = 'doubtful';
      tag.isSaved = false;
    }
    for (const tag of this.#dropped) tag.fate = 'doubtful';
  }

  /** The device is copied, with what is stored of it. */
  noteCopy(isInLog: (id: string, name: string) => boolean): void {
    for (const tag of this.#made) {
      if (tag.fate === 'lost' || isInLog(this.datastore.id, tag.name)) continue;
      tag.most++;
      // The copy may sync it, whatever happens here.
      if (tag.fate === 'open') tag.fate = 'doubtful';
    }
  }

  /** What is refused is gone: that, and nothing else. */
  #hearRefusal({ refused }: RefusalEvent): void {
    for (const { delta, refusal } of refused) {
      const { table, record } = refusal.place ?? {};
      const others = delta.changes.filter((change) => !change.table.startsWith(':'));
      if (record !== undefined && others.some((change) => change.table !== table || change.record !== record)) {
        const failure = new Violation(
          'a refusal takes what it names',
          `${this.datastore.id}: ${JSON.stringify(delta)}`,
        );
        this.#failed(failure);
      }
      for (const name of tagsIn(delta.changes)) {
        const tag = this.#tags.get(name);
        if (tag !== undefined) tag.fate = 'refused';
      }
    }
  }

  #takeOpen(): Tag[] {
    const sealed = this.#open;
    this.#open = [];
    for (const tag of sealed) tag.fate = 'doubtful';
    return sealed;
  }

  /** Answers an event. Not those of an edit, of which nobody could tell then whether the answer sealed it. */
  #answer(act: () => void): void {
    if (this.#isEditing || this.#isDead || !this.datastore.isOpen || this.#answers >= 6) return;
    this.#answers++;
    act();
  }

  #apply(tag: Tag, random: Random): void {
    this.#isEditing = true;
    try {
      this.#edit(tag, random);
    } finally {
      this.#isEditing = false;
    }
  }

  #edit(tag: Tag, random: Random): void {
    const record = this.datastore.table(TABLE).get(RECORD);
    if (record === undefined) throw new Violation('the journal is there', 'it is not');
    const tags = record.getList('tags');
    if (tags.length > 1 && random.chance(0.3)) tags.move(random.below(tags.length), random.below(tags.length));
    tags.insert(random.below(tags.length + 1), tag.name);
    record.set('count', record.getLong('count') + tag.amount);
    this.datastore
      .table('other')
      .getOrInsert(`r${random.below(3)}`)
      .set(`f${random.below(3)}`, tag.name);
    this.datastore.table(MEDDLED).getOrInsert('m').set('f', tag.name);
  }

  /** @param seals whether the call may seal or send what is edited until it is answered. */
  #watch(outcome: Promise<unknown>, done: () => void, failed: (code: string) => void, seals = true): void {
    if (seals) this.#unanswered++;
    const heard = (act: () => void): void => {
      if (seals) this.#unanswered--;
      if (!this.#isDead) act();
    };
    outcome.then(
      () => heard(done),
      (error: { code?: string }) => {
        heard(() => failed(error.code ?? 'unknown'));
        if (EXPECTED.includes(error.code ?? '')) return;
        if (error.code === 'log-mismatch' && this.#tags.hasOtherLog) return;
        this.#failed(new Violation('nothing throws', `${this.datastore.id}: ${String(error)}`, error));
      },
    );
  }
}

/** The names of the tags that a delta adds. */
export function tagsIn(changes: readonly Change[]): readonly string[] {
  return changes.flatMap((change) => {
    const tags = change.type === 'update' && change.table === TABLE ? change.ops.get('tags') : undefined;
    return (tags?.type === 'list' ? tags.ops : []).flatMap((op) => (op.type === 'insert' ? [String(op.value)] : []));
  });
}

/** Whether a commit that failed so is certainly not in the log. */
function isWithout(code: string): boolean {
  return code === 'conflict' || code === 'network' || code === 'unauthorized' || REFUSED.includes(code);
}

function keep(tags: readonly Tag[]): void {
  for (const tag of tags) if (tag.fate !== 'refused') tag.fate = 'kept';
}
