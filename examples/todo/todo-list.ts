// A to-do list as an application would keep it: one object for each device, around one open datastore.

import type {
  ChangeEvent,
  ConflictEvent,
  Datastore,
  DatastoreManager,
  DatastoreRecord,
  Value,
} from 'deltaic/datastore';

/** What a task holds. The compiler checks it; the datastore has no schema. */
export interface Task {
  text: string;
  done: boolean;
  /** Minutes spent, of all devices together. */
  minutes: bigint;
}

/** The tables of the datastore. */
export interface Todo {
  tasks: Task;
  /** Has one record, `inbox`: the ids of the tasks, in the order in which they are shown. */
  orders: { ids?: readonly string[] };
}

export class TodoList {
  readonly #device: string;
  readonly #datastore: Datastore<Todo>;
  readonly #print: (line: string) => void;

  private constructor(device: string, datastore: Datastore<Todo>, print: (line: string) => void) {
    this.#device = device;
    this.#datastore = datastore;
    this.#print = print;
    // Rules say what becomes of a field that two devices changed. Where none is set, what the server had first stands.
    // Minutes are added up, whoever spent them.
    datastore.table('tasks').setResolutionRule('minutes', 'sum');
    // An app would draw the screen anew here. Local edits are told as they are made, remote ones once a sync.
    datastore.on('change', (event) => this.#showChange(event));
    datastore.on('conflict', (event) => this.#showConflicts(event));
  }

  /** Opens the list, which needs no network: what the server has comes later. */
  static async open(device: string, manager: DatastoreManager, print: (line: string) => void): Promise<TodoList> {
    return new TodoList(device, await manager.openDefault<Todo>(), print);
  }

  /** Adds a task at the end, under an id that is easy to read; without one, a unique id would be made. */
  add(id: string, text: string): void {
    this.#datastore.table('tasks').insert(id, { text, done: false, minutes: 0n });
    // A list field is edited in place. Two devices that add to it at once both find their item in it afterwards.
    this.#order().push(id);
  }

  tick(id: string): void {
    this.#task(id).set('done', true);
  }

  rename(id: string, text: string): void {
    this.#task(id).set('text', text);
  }

  /** Adds to the minutes. Under rule sum, it is the difference that counts. */
  work(id: string, minutes: bigint): void {
    const task = this.#task(id);
    task.set('minutes', task.getLong('minutes') + minutes);
  }

  /** Shows a task first. A move stays a move, also while the other device inserts something. */
  moveToTop(id: string): void {
    const order = this.#order();
    order.move(order.indexOf(id), 0);
  }

  remove(id: string): void {
    const order = this.#order();
    order.remove(order.indexOf(id));
    this.#task(id).deleteRecord();
  }

  /**
   * Keeps what was edited, to be uploaded in the background, and shows what others did. Call it when the user pauses, and
   * when `syncStatus.hasIncoming` says that something has arrived.
   */
  async sync(): Promise<void> {
    await this.#datastore.sync();
  }

  /** What there is to say about the network. */
  describeStatus(): string {
    const { isConnected, isUploading, hasIncoming } = this.#datastore.syncStatus;
    const words = [isConnected ? 'connected' : 'offline'];
    if (isUploading) words.push('edits wait to be uploaded');
    if (hasIncoming) words.push('something arrived');
    return words.join(', ');
  }

  show(): void {
    this.#print(`${this.#device} shows:`);
    for (const id of this.#order()) {
      const task = this.#datastore.table('tasks').get(id);
      if (task === undefined) continue;
      const minutes = task.getLong('minutes');
      const spent = minutes === 0n ? '' : `  (${minutes} min)`;
      this.#print(`  [${task.getBoolean('done') ? 'x' : ' '}] ${task.getString('text')}${spent}`);
    }
  }

  close(): void {
    this.#datastore.close();
  }

  #task(id: string): DatastoreRecord<Task> {
    const task = this.#datastore.table('tasks').get(id);
    if (task === undefined) throw new Error(`there is no task ${id}`);
    return task;
  }

  #order() {
    return this.#datastore.table('orders').getOrInsert('inbox').getOrCreateList('ids');
  }

  #showChange({ origin, records }: ChangeEvent<Todo>): void {
    // The user knows what they did themselves.
    if (origin === 'local') return;
    for (const task of records.get('tasks') ?? []) {
      this.#print(`${this.#device}: ${task.id} ${task.isDeleted ? 'is gone' : 'changed'}`);
    }
    if (records.has('orders')) this.#print(`${this.#device}: the order changed`);
  }

  /** Nothing is lost without a word: what had to give way is in the event. */
  #showConflicts({ conflicts }: ConflictEvent): void {
    for (const { record, field, rule, local, remote, result } of conflicts) {
      const place = field === undefined ? record : `${record}.${field}`;
      const values = [`mine ${textOf(local)}`, `theirs ${textOf(remote)}`, `now ${textOf(result)}`];
      this.#print(`${this.#device}: conflict in ${place} (${rule}): ${values.join(', ')}`);
    }
  }
}

function textOf(side: unknown): string {
  if (side === undefined) return 'nothing';
  if (side instanceof Map) return `{${[...side].map(([name, value]) => `${name}: ${textOf(value)}`).join(', ')}}`;
  return typeof side === 'bigint' ? String(side) : JSON.stringify(side as Value);
}
