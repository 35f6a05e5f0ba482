import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { ResolutionRules, type State } from 'deltaic';
import { decodeMesh, encodeMesh } from 'deltaic/binary';
import { MeshReplica } from 'deltaic/mesh';

const EXTENSION = '.mesh';

/** What one exchange brought. */
export interface Exchange {
  /** The peers whose files had something new. */
  readonly from: readonly string[];
  readonly conflicts: readonly string[];
  /** Files that could not be read: half copied by another program, perhaps. They are tried again the next time. */
  readonly unreadable: readonly string[];
}

/**
 * A shopping list in a folder that people share: a memory stick, a network drive, a folder that some program copies. Each
 * peer writes its own file, `NAME.mesh`, and reads those of the others, so no file has two writers and nothing is locked.
 */
export class FolderPeer {
  readonly name: string;
  readonly #folder: string;
  readonly #replica: MeshReplica;

  /**
   * Opens the list as this peer left it.
   *
   * @param agent a name that nobody used before. A stick can be restored from a backup, and then an old name would be used
   * for two different edits; a new name at each start cannot go wrong.
   */
  constructor(folder: string, name: string, agent: string) {
    this.#folder = folder;
    this.name = name;
    const rules = new ResolutionRules().set('items', 'count', 'sum');
    const path = this.#pathOf(name);
    const options = { agent, rules };
    this.#replica = existsSync(path)
      ? MeshReplica.from(decodeMesh(readFileSync(path)), options)
      : new MeshReplica(options);
  }

  /** Puts so many more of an item on the list. */
  add(item: string, count: bigint): void {
    const now = this.#replica.get('items', item)?.get('count');
    if (typeof now === 'bigint') {
      const ops = new Map([['count', { type: 'put', value: now + count } as const]]);
      this.#replica.apply([{ type: 'update', table: 'items', record: item, ops }]);
    } else this.#replica.apply([{ type: 'insert', table: 'items', record: item, fields: new Map([['count', count]]) }]);
  }

  note(item: string, text: string): void {
    const ops = new Map([['note', { type: 'put', value: text } as const]]);
    this.#replica.apply([{ type: 'update', table: 'items', record: item, ops }]);
  }

  remove(item: string): void {
    this.#replica.apply([{ type: 'delete', table: 'items', record: item }]);
  }

  /** The list, a line an item. */
  lines(): string[] {
    const state: State = this.#replica.state();
    return state.query('items').map(({ record, fields }) => {
      const note = fields.get('note');
      return `${fields.get('count') ?? '?'} × ${record}${typeof note === 'string' ? ` (${note})` : ''}`;
    });
  }

  /** Stores this peer's edits, takes what the others stored, and stores that too, so that it is passed on. */
  exchange(time: Date): Exchange {
    this.#replica.seal(time);
    this.#store();
    const from: string[] = [];
    const noted = new Set<string>();
    const unreadable: string[] = [];
    for (const name of this.#others()) {
      const before = [...this.#replica.vector().values()].reduce((sum, seq) => sum + seq, 0);
      try {
        const other = MeshReplica.from(decodeMesh(readFileSync(this.#pathOf(name))), { agent: 'reader' });
        const message = other.missingFrom(this.#replica.vector());
        if (message === undefined) continue;
        this.#replica.receive(message);
      } catch {
        unreadable.push(name);
        continue;
      }
      const { conflicts } = this.#replica.sync();
      const after = [...this.#replica.vector().values()].reduce((sum, seq) => sum + seq, 0);
      if (after > before) from.push(name);
      for (const { record, field } of conflicts) noted.add(field === undefined ? record : `${record}.${field}`);
    }
    this.#store();
    return { from, conflicts: [...noted], unreadable };
  }

  /** Writes a new file and puts it in the place of the old one, so that a crash leaves the one or the other. */
  #store(): void {
    const path = this.#pathOf(this.name);
    const draft = `${path}.new`;
    writeFileSync(draft, encodeMesh(this.#replica.content()));
    sync(draft);
    renameSync(draft, path);
    // A new name is on the disk when its folder is. Windows cannot open a folder.
    if (process.platform !== 'win32') sync(this.#folder);
  }

  #others(): string[] {
    const files = readdirSync(this.#folder).filter((file) => file.endsWith(EXTENSION));
    return files
      .map((file) => file.slice(0, -EXTENSION.length))
      .filter((name) => name !== this.name)
      .sort();
  }

  #pathOf(name: string): string {
    return join(this.#folder, `${name}${EXTENSION}`);
  }
}

/** Waits until a file or folder is on the disk. */
function sync(path: string): void {
  const file = openSync(path, 'r');
  fsyncSync(file);
  closeSync(file);
}
