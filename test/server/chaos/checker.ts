import type { DeviceReport, DeviceView } from './device-process.js';

/** How long a server that lives may take to answer, in ms. */
const PATIENCE = 120_000;

/** Something is not as it must be, and never will be. */
export class Wrong extends Error {}

/** Something has not happened within the time that it may take. */
export class Late extends Error {}

interface LoggedEntry {
  readonly rev: number;
  readonly nonce: string;
  readonly delta: readonly unknown[];
}

/** What is known of one datastore from the outside. */
interface Known {
  readonly begun: Set<string>;
  readonly saved: Set<string>;
  /** Edits that a device takes for acknowledged and that were not looked for in the log yet. */
  readonly acknowledged: Set<string>;
  /** The entries of the log as they were read, from revision 1 on, each as its JSON. */
  readonly log: string[];
  /** The edits in the log. */
  readonly logged: Set<string>;
  /** By life of a device, the newest of its edits in the log. */
  readonly newest: Map<string, string>;
}

/**
 * Checks a cluster from the outside: it reads the log from the servers as anybody could, hears what devices tell, and
 * knows nothing else. Each edit has a name of its own, inserts a record of that name, appends the name to a list, and adds
 * one to a sum. So the log tells which edits are in it, and what every device must show.
 */
export class Checker {
  readonly #known: ReadonlyMap<string, Known>;
  readonly #devices: number;
  readonly #token: string;
  readonly #views = new Map<string, DeviceView>();
  readonly #failures: string[] = [];

  constructor(ids: readonly string[], devices: number, token: string) {
    this.#devices = devices;
    this.#token = token;
    this.#known = new Map(
      ids.map((id) => [
        id,
        {
          ...{ begun: new Set(), saved: new Set(), acknowledged: new Set() },
          ...{ log: [], logged: new Set(), newest: new Map() },
        } satisfies Known,
      ]),
    );
  }

  /** How many edits the devices have saved. */
  get saved(): number {
    return [...this.#known.values()].reduce((sum, { saved }) => sum + saved.size, 0);
  }

  hear(device: number, report: DeviceReport): void {
    if (report.type === 'failed') {
      this.#failures.push(`device ${device}: ${report.what}`);
      return;
    }
    const known = this.#of(report.id);
    if (report.type === 'begun') known.begun.add(report.edit);
    else if (report.type === 'saved') known.saved.add(report.edit);
    else if (report.type === 'acknowledged') {
      for (const edit of known.saved) {
        const isOlder = lifeOf(edit) === lifeOf(report.edit) && edit <= report.edit;
        if (isOlder && !known.logged.has(edit)) known.acknowledged.add(edit);
      }
    }
    if (report.type === 'view') this.#views.set(`${device} ${report.id}`, report);
  }

  /** A device that has not shown each datastore since {@link forgetViews}, if there is one. */
  silent(): string | undefined {
    for (let device = 0; device < this.#devices; device++) {
      for (const id of this.#known.keys()) if (!this.#views.has(`${device} ${id}`)) return `device ${device}`;
    }
    return undefined;
  }

  /** Forgets what devices have shown. */
  forgetViews(): void {
    this.#views.clear();
  }

  /** The revision up to which a log was read. */
  revision(id: string): number {
    return this.#of(id).log.length;
  }

  /** Reads what a log has more than it had, and checks it. @returns the handle. @throws Wrong; an Error if it cannot be read. */
  async readLog(id: string, url: string): Promise<string> {
    const known = this.#of(id);
    // What is acknowledged from now on may be in the part of the log that was read before.
    const acknowledged = [...known.acknowledged];
    const { handle } = await this.#ask(url, 'find', { id });
    for (let isLast = false; !isLast; ) {
      const { entries, rev } = await this.#fetchAfter(url, String(handle), known.log.length);
      for (const entry of entries) accept(known, entry);
      isLast = rev === undefined || entries.length === 0;
    }
    for (const edit of acknowledged) {
      if (!known.logged.has(edit)) throw new Wrong(`${id}: ${edit} was acknowledged and is not in the log`);
      known.acknowledged.delete(edit);
    }
    return String(handle);
  }

  /** Reads a log again and compares it with what was read before. @throws Wrong. */
  async compareLog(id: string, url: string): Promise<void> {
    const { log } = this.#of(id);
    const { handle } = await this.#ask(url, 'find', { id });
    let after = await this.#trimmedUpTo(url, String(handle), log.length);
    while (after < log.length) {
      const { entries } = await this.#fetchAfter(url, String(handle), after);
      if (entries.length === 0) throw new Wrong(`${id}: the log ends at ${after}; it was read up to ${log.length}`);
      for (const entry of entries) {
        if (entry.rev <= log.length && JSON.stringify(entry) !== log[entry.rev - 1]) {
          throw new Wrong(`${id}: entry ${entry.rev} has changed`);
        }
        after = entry.rev;
      }
    }
  }

  /** What keeps the cluster from being at rest, or `undefined`. @throws Wrong if it never will be. */
  unrest(): string | undefined {
    if (this.#failures[0] !== undefined) throw new Wrong(this.#failures[0]);
    for (const [id, { saved, logged }] of this.#known) {
      const missing = [...saved].find((edit) => !logged.has(edit));
      if (missing !== undefined) return `${id}: the saved edit ${missing} is not in the log`;
      const edits = [...logged].sort().join();
      for (let device = 0; device < this.#devices; device++) {
        const view = this.#views.get(`${device} ${id}`);
        if (view?.edits.join() !== edits) return `${id}: device ${device} does not show what is in the log`;
      }
    }
    return undefined;
  }

  /** Checks what devices show when the cluster is at rest. @throws Wrong. */
  checkViews(): void {
    for (const [id, { logged }] of this.#known) {
      const views = Array.from({ length: this.#devices }, (_, device) => this.#views.get(`${device} ${id}`));
      for (const [device, view] of views.entries()) {
        if (view?.sum !== String(logged.size)) {
          throw new Wrong(`${id}: device ${device} has the sum ${view?.sum} for ${logged.size} edits`);
        }
        if (view.list.length !== logged.size || new Set(view.list).size !== logged.size) {
          throw new Wrong(`${id}: device ${device} has a list of ${view.list.length} for ${logged.size} edits`);
        }
        if (view.list.join() !== views[0]?.list.join()) throw new Wrong(`${id}: device ${device} has another list`);
      }
    }
  }

  /** The revision up to which the log is trimmed: below it, every question is answered by a reset. */
  async #trimmedUpTo(url: string, handle: string, newest: number): Promise<number> {
    let [low, high] = [0, newest];
    while (low < high) {
      const middle = (low + high) >> 1;
      const { message } = await this.#ask(url, 'send', { handle, message: { type: 'fetch', rev: middle } });
      if ((message as { type: string }).type === 'reset') low = middle + 1;
      else high = middle;
    }
    return low;
  }

  async #fetchAfter(
    url: string,
    handle: string,
    after: number,
  ): Promise<{ readonly entries: readonly LoggedEntry[]; readonly rev: number | undefined }> {
    const { message } = await this.#ask(url, 'send', { handle, message: { type: 'fetch', rev: after } });
    const { type, entries = [], rev } = message as { type: string; entries?: LoggedEntry[]; rev?: number };
    if (type === 'entries') return { entries, rev };
    throw new Wrong(`the log was read up to ${after}, and the answer to a question for more is ${type}`);
  }

  async #ask(url: string, call: string, body: object): Promise<Readonly<Record<string, unknown>>> {
    const response = await fetch(`${url}/v1/${call}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE),
    });
    const text = await response.text();
    if (response.ok) return JSON.parse(text) as Record<string, unknown>;
    throw new Error(`${call} was answered with ${response.status}: ${text}`);
  }

  #of(id: string): Known {
    const known = this.#known.get(id);
    if (known === undefined) throw new Error(`there is no datastore ${id} here`);
    return known;
  }
}

function accept({ begun, log, logged, newest }: Known, entry: LoggedEntry): void {
  if (entry.rev !== log.length + 1) throw new Wrong(`after entry ${log.length} comes entry ${entry.rev}`);
  log.push(JSON.stringify(entry));
  for (const edit of editsIn(entry)) {
    if (!begun.has(edit)) throw new Wrong(`entry ${entry.rev} has the edit ${edit}, which nobody made`);
    const last = newest.get(lifeOf(edit)) ?? '';
    // So no edit is there twice, and none comes before one that was made earlier.
    if (last >= edit) throw new Wrong(`entry ${entry.rev} has the edit ${edit} after ${last}`);
    newest.set(lifeOf(edit), edit);
    logged.add(edit);
  }
}

/** The edits that an entry holds, in the order of their names: an entry is a set of changes. */
function editsIn({ delta }: LoggedEntry): string[] {
  return delta
    .flatMap((change) => {
      const [type, table, record] = change as [string, string, string];
      return type === 'I' && table === 'edits' ? [record] : [];
    })
    .sort();
}

/** The life of a device in which an edit was made. */
function lifeOf(edit: string): string {
  return edit.slice(0, edit.lastIndexOf('-'));
}
