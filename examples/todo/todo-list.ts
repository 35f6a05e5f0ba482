// A to-do list of an application: one object for each device, around one open datastore.

import type {
  ChangeEvent,
  ConflictEvent,
  Datastore,
  DatastoreManager,
  DatastoreRecord,
  Value,
} from 'deltaic/datastore';

/** The fields of a task. The compiler checks them; the datastore has no schema. */
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
    // A rule resolves conflicts in a field. By default the edit that reached the server first wins. Minutes are added up.
    datastore.table('tasks').setResolutionRule('minutes', 'sum');
    // An application would redraw the screen here. A local edit is told at once, remote ones once a sync.
    datastore.on('change', (event) => this.#showChange(event));
    datastore.on('conflict', (event) => this.#showConflicts(event));
  }

  /** Opens the list. This needs no network: the edits of the server arrive later. */
  static async open(device: string, manager: DatastoreManager, print: (line: string) => void): Promise<TodoList> {
    return new TodoList(device, await manager.openDefault<Todo>(), print);
  }

  /** Adds a task at the end, under a readable id. Without an id, `insert` would make a unique one. */
  add(id: string, text: string): void {
    // The task and its place are one edit: all or nothing, and undone together.
    this.#datastore.batch(() => {
      this.#datastore.table('tasks').insert(id, { text, done: false, minutes: 0n });
      // A list field is edited in place. If two devices add to it at once, it has both items afterwards.
      this.#order().push(id);
    });
  }

  tick(id: string): void {
    this.#task(id).set('done', true);
  }

  rename(id: string, text: string): void {
    this.#task(id).set('text', text);
  }

  /** Adds minutes. Under rule sum, the differences of both devices are added. */
  work(id: string, minutes: bigint): void {
    const task = this.#task(id);
    task.set('minutes', task.getLong('minutes') + minutes);
  }

  /** Moves a task to the top. It stays a move even if the other device inserts something. */
  moveToTop(id: string): void {
    const order = this.#order();
    order.move(order.indexOf(id), 0);
  }

  remove(id: string): void {
    this.#datastore.batch(() => {
      const order = this.#order();
      order.remove(order.indexOf(id));
      this.#task(id).deleteRecord();
    });
  }

  /**
   * Stores the local edits, which are uploaded in the background, and shows the edits of others. Call it when the user
   * pauses, and when `syncStatus.hasIncoming` says that something has arrived.
   */
  async sync(): Promise<void> {
    await this.#datastore.sync();
  }

  /** Shows the edits of others as soon as they arrive. */
  showIncoming(): void {
    this.#datastore.on('syncStatus', ({ hasIncoming, anyError }) => {
      if (anyError !== undefined) this.#print(`${this.#device}: ${anyError.message}`);
      if (hasIncoming) this.#datastore.sync();
    });
  }

  /** The state of the synchronization in words. */
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
    // The user knows their own edits.
    if (origin === 'local') return;
    for (const task of records.get('tasks') ?? []) {
      this.#print(`${this.#device}: ${task.id} ${task.isDeleted ? 'is gone' : 'changed'}`);
    }
    if (records.has('orders')) this.#print(`${this.#device}: the order changed`);
  }

  /**
   * The event names each conflict, and the values that were overridden. With `side: 'later'` an edit that had long been
   * uploaded was overridden by a device that had not seen it.
   */
  #showConflicts({ conflicts }: ConflictEvent): void {
    for (const { record, field, rule, side, local, remote, result } of conflicts) {
      const place = field === undefined ? record : `${record}.${field}`;
      const values = [`mine ${textOf(local)}`, `theirs ${textOf(remote)}`, `now ${textOf(result)}`];
      this.#print(`${this.#device}: conflict in ${place} (${side ?? rule}): ${values.join(', ')}`);
    }
  }
}

function textOf(side: unknown): string {
  if (side === undefined) return 'nothing';
  if (side instanceof Map) return `{${[...side].map(([name, value]) => `${name}: ${textOf(value)}`).join(', ')}}`;
  return typeof side === 'bigint' ? String(side) : JSON.stringify(side as Value);
}
