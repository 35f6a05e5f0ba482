import { describe, expect, test } from 'vitest';
import {
  type ConflictEvent,
  type Datastore,
  DEFAULT_LIMITS,
  type DeviceStorage,
  MemoryStorage,
  type RefusalEvent,
  ResolutionRules,
  type StorageHook,
} from '../../src/datastore/index.js';
import { type MeshDatastore, type MeshDatastoreOptions, openMeshDatastore } from '../../src/datastore/mesh/index.js';
import { ManualEnvironment } from '../../src/datastore/testing/index.js';
import { formatMeshMessage, type MeshMessage, parseMeshMessage } from '../../src/mesh/index.js';

interface Note {
  text?: string;
  count?: bigint;
  tags?: readonly string[];
}

interface Tables {
  notes: Note;
}

let seeds = 0;

function open(options: Partial<MeshDatastoreOptions> = {}): Promise<MeshDatastore<Tables>> {
  const environment = new ManualEnvironment(++seeds);
  const onFailure = (error: unknown): never => {
    throw error;
  };
  return openMeshDatastore<Tables>({ storage: new MemoryStorage(), environment, onFailure, ...options });
}

/** A storage of which writes fail now and then, with effect or without. */
function unreliable(storage: MemoryStorage, fails: () => 'effect' | 'no effect' | undefined): DeviceStorage {
  return {
    acquire: async (options) => {
      const lease = await storage.acquire(options);
      return {
        generation: lease.generation,
        get: (key) => lease.get(key),
        getAll: (prefix) => lease.getAll(prefix),
        release: () => lease.release(),
        write: async (batch) => {
          const failure = fails();
          if (failure !== 'no effect') await lease.write(batch);
          if (failure !== undefined) throw new Error('the disk fails');
        },
      };
    },
  };
}

/** Hands what `to` lacks over, as JSON, and shows it. */
async function pass(from: MeshDatastore<Tables>, to: MeshDatastore<Tables>): Promise<void> {
  const answer = await from.receive(parseMeshMessage(JSON.parse(JSON.stringify(formatMeshMessage(await to.have())))));
  if (answer !== undefined) await to.receive(parseMeshMessage(JSON.parse(JSON.stringify(formatMeshMessage(answer)))));
  await to.datastore.sync();
}

async function meet(one: MeshDatastore<Tables>, other: MeshDatastore<Tables>): Promise<void> {
  await one.datastore.sync();
  await pass(one, other);
  await pass(other, one);
}

function rows(datastore: Datastore<Tables>): unknown[] {
  return [...datastore.table('notes').query()].map((note) => [
    note.id,
    Object.fromEntries(note.names().map((name) => [name, plain(note, name)])),
  ]);
}

function plain(note: { get(name: 'text' | 'count' | 'tags'): unknown }, name: 'text' | 'count' | 'tags'): unknown {
  const value = note.get(name);
  return typeof value === 'object' && value !== null && 'toArray' in value
    ? (value as { toArray(): unknown }).toArray()
    : value;
}

describe('a mesh datastore', () => {
  test('is edited as any other, and shows what others did after sync', async () => {
    const [ann, bo] = [await open(), await open()];
    const note = ann.datastore.table('notes').insert({ text: 'hello', tags: ['new'] });
    ann.datastore.setTitle('Ours');
    await ann.datastore.sync();
    const events: unknown[] = [];
    bo.datastore.on('change', ({ origin, records, isTitleChanged }) => {
      events.push([origin, records.get('notes')?.size, isTitleChanged]);
    });
    bo.datastore.on('syncStatus', ({ hasIncoming }) => events.push(hasIncoming));
    await pass(ann, bo);
    expect(events).toEqual([true, ['remote', 1, true], false]);
    const copy = bo.datastore.table('notes').record(note.id);
    expect([copy.get('text'), copy.getList('tags').toArray(), bo.datastore.title]).toEqual(['hello', ['new'], 'Ours']);
    copy.getList('tags').add('seen');
    expect(bo.datastore.syncStatus).toMatchObject({ hasOutgoing: true, isUploading: false });
    await bo.datastore.sync();
    await pass(bo, ann);
    expect(note.getList('tags').toArray()).toEqual(['new', 'seen']);
    expect(ann.datastore.mtime).toEqual(bo.datastore.mtime);
  });

  test('merges what was edited apart, and tells the conflicts', async () => {
    const rules = (): ResolutionRules => new ResolutionRules().set('notes', 'count', 'sum');
    const [ann, bo] = [await open({ rules: rules() }), await open({ rules: rules() })];
    const note = ann.datastore.table('notes').getOrInsert('n', { text: 'base', count: 1n });
    await meet(ann, bo);
    const copy = bo.datastore.table('notes').record('n');
    note.set('text', 'of ann').set('count', 3n);
    copy.set('text', 'of bo').set('count', 11n);
    const told: ConflictEvent[] = [];
    ann.datastore.on('conflict', (event) => told.push(event));
    bo.datastore.on('conflict', (event) => told.push(event));
    await meet(ann, bo);
    expect([note.get('text'), note.get('count')]).toEqual([copy.get('text'), copy.get('count')]);
    expect(note.get('count')).toBe(13n);
    expect(told.flatMap(({ conflicts }) => conflicts)).toMatchObject([
      { table: 'notes', record: 'n', field: 'text', rule: 'remote' },
      { table: 'notes', record: 'n', field: 'text', rule: 'remote' },
    ]);
  });

  test('undoes what this user did, and leaves what others did since', async () => {
    const [ann, bo] = [await open(), await open()];
    const note = ann.datastore.table('notes').getOrInsert('n', { text: 'base' });
    await meet(ann, bo);
    note.set('text', 'changed');
    await ann.datastore.sync();
    bo.datastore.table('notes').record('n').set('count', 5n);
    await bo.datastore.sync();
    await pass(bo, ann);
    expect(ann.datastore.undo()).toBe(true);
    expect(rows(ann.datastore)).toEqual([['n', { text: 'base', count: 5n }]]);
    expect(ann.datastore.redo()).toBe(true);
    expect(note.get('text')).toBe('changed');
  });

  test('makes a batch all or nothing, and undoes it as one', async () => {
    const ann = await open();
    const notes = ann.datastore.table('notes');
    const note = notes.getOrInsert('n', { text: 'base' });
    await ann.datastore.sync();
    let told = 0;
    ann.datastore.on('change', () => told++);
    const fail = (): void =>
      ann.datastore.batch(() => {
        ann.datastore.setTitle('lost');
        note.set('text', 'lost');
        expect(() => ann.datastore.undo()).toThrow(expect.objectContaining({ code: 'bad-state' }));
        throw new RangeError('no');
      });
    expect(fail).toThrow(RangeError);
    expect([note.get('text'), ann.datastore.title, told, ann.datastore.canUndo]).toEqual(['base', undefined, 0, true]);
    ann.datastore.batch(() => {
      notes.getOrInsert('m');
      note.set('text', 'both').set('count', 1n);
    });
    expect(told).toBe(1);
    expect(ann.datastore.undo()).toBe(true);
    expect(rows(ann.datastore)).toEqual([['n', { text: 'base' }]]);
  });

  test('cannot commit, has no roles, and takes no merge function', async () => {
    const ann = await open();
    ann.datastore.table('notes').insert({ text: 'kept' });
    await expect(ann.datastore.commit()).rejects.toMatchObject({ code: 'bad-state' });
    const edit = (): never => {
      throw new RangeError('never called');
    };
    await expect(ann.datastore.transaction(edit)).rejects.toMatchObject({ code: 'bad-state' });
    expect((await ann.have()).vector).toEqual(new Map());
    expect(rows(ann.datastore)).toHaveLength(1);
    expect(() => ann.datastore.setRole('public', 'viewer')).toThrow(expect.objectContaining({ code: 'not-shareable' }));
    expect(() => ann.datastore.table('notes').setResolutionRule('text', () => 'x')).toThrow(
      expect.objectContaining({ code: 'invalid-rule', table: 'notes', field: 'text' }),
    );
    ann.datastore.table('notes').insert({ text: 'y' });
    await expect(ann.datastore.loadDeltas()).resolves.toEqual(new Map());
  });

  test('rejects JSON that was not read, and reads the same message later', async () => {
    const [ann, bo] = [await open(), await open()];
    ann.datastore.table('notes').insert({ text: 'hello' });
    await ann.datastore.sync();
    const json = JSON.parse(JSON.stringify(formatMeshMessage((await ann.missingFrom()) as MeshMessage)));
    for (const message of [json, { type: 'have', vector: {} }, {}, undefined]) {
      await expect(bo.receive(message)).rejects.toMatchObject({ code: 'invalid-option' });
    }
    await bo.datastore.sync();
    await bo.receive(parseMeshMessage(json));
    await bo.datastore.sync();
    expect(rows(bo.datastore)).toEqual(rows(ann.datastore));
    await expect(bo.trim(undefined as never)).rejects.toMatchObject({ code: 'invalid-option' });
    await expect(open({ rules: {} as ResolutionRules })).rejects.toMatchObject({ code: 'invalid-option' });
  });

  test('of an agent that may not write can only be read', async () => {
    const mayWrite = (agent: string): boolean => !agent.startsWith('guest');
    const [ann, guest] = [await open({ mayWrite }), await open({ mayWrite, newAgent: () => 'guest-1' })];
    ann.datastore.table('notes').insert({ text: 'hello' });
    await ann.datastore.sync();
    await pass(ann, guest);
    expect(guest.datastore.isWritable).toBe(false);
    expect(rows(guest.datastore)).toHaveLength(1);
    for (const edit of [
      (): unknown => guest.datastore.table('notes').insert(),
      (): void => guest.datastore.setTitle('x'),
      (): boolean => guest.datastore.undo(),
    ]) {
      expect(edit).toThrow(expect.objectContaining({ code: 'not-permitted' }));
    }
  });

  test('takes a new name where another replica has its own', async () => {
    const names = ['one', 'two'];
    const [ann, twin] = [
      await open({ newAgent: () => 'one' }),
      await open({ newAgent: () => names.shift() ?? 'three' }),
    ];
    ann.datastore.table('notes').insert({ text: 'of ann' });
    await ann.datastore.sync();
    await pass(ann, twin);
    twin.datastore.table('notes').insert({ text: 'of the twin' });
    await twin.datastore.sync();
    expect(twin.agent).toBe('two');
    await pass(twin, ann);
    expect(rows(ann.datastore)).toEqual(rows(twin.datastore));
  });

  test('gives edits back to whom the others have forgotten', async () => {
    const [ann, bo, cy] = [await open(), await open(), await open()];
    const note = ann.datastore.table('notes').getOrInsert('n', { text: 'base' });
    await meet(ann, bo);
    await meet(ann, cy);
    const copy = cy.datastore.table('notes').record('n');
    copy.set('text', 'alone').set('count', 1n);
    await cy.datastore.sync();
    note.set('text', 'together');
    await meet(ann, bo);
    expect(await ann.trim([(await bo.have()).vector, (await cy.have()).vector])).toBe(1);
    expect(await ann.trim([(await bo.have()).vector])).toBe(1);
    const refusals: RefusalEvent[] = [];
    cy.datastore.on('refusal', (event) => refusals.push(event));
    const { agent } = cy;
    await pass(ann, cy);
    expect(refusals[0]?.indeterminate).toMatchObject([{ nonce: `${agent}:1` }]);
    expect([...(refusals[0]?.indeterminate[0]?.delta ?? [])]).toMatchObject([
      { type: 'update', table: 'notes', record: 'n' },
    ]);
    // The record of before is the same object, and shows what is there now.
    expect([copy.get('text'), copy.has('count')]).toEqual(['together', false]);
    copy.set('count', 2n);
    await cy.datastore.sync();
    expect(cy.agent).not.toBe(agent);
    await pass(cy, ann);
    expect(note.get('count')).toBe(2n);
  });

  test('refuses options that it does not know, and names that were used', async () => {
    const storage = new MemoryStorage();
    const refused = (options: object): Promise<void> =>
      expect(open(options)).rejects.toMatchObject({ code: expect.stringMatching(/invalid-(option|name)/) });
    await refused({ replica: 1 });
    await refused({ storage: {} });
    await refused({ id: 'A' });
    await refused({ id: '.shared' });
    await refused({ newAgent: 'ann' });
    await refused({ newAgent: () => 'with space' });
    const ann = await open({ storage, newAgent: () => 'ann' });
    ann.datastore.table('notes').insert();
    await ann.datastore.sync();
    await expect(open({ storage })).rejects.toMatchObject({ code: 'already-open' });
    await ann.close();
    await refused({ storage, newAgent: () => 'ann' });
    await expect(ann.have()).rejects.toMatchObject({ code: 'closed' });
    await (await open({ storage })).close();
  });

  test('holds an edit to the limits of its device', async () => {
    const ann = await open({ limits: { ...DEFAULT_LIMITS, recordCount: 1 } });
    ann.datastore.table('notes').insert();
    expect(() => ann.datastore.table('notes').insert()).toThrow(expect.objectContaining({ code: 'too-many-records' }));
  });
});

describe('what is stored of a mesh datastore', () => {
  test('is what was synced, under a new name at each start', async () => {
    const storage = new MemoryStorage();
    const names = new Set<string>();
    for (let start = 0; start < 3; start++) {
      const ann = await open({ storage });
      expect(rows(ann.datastore)).toHaveLength(start);
      names.add(ann.agent);
      ann.datastore.table('notes').getOrInsert(`n${start}`, { text: 'synced' });
      await ann.datastore.sync();
      ann.datastore.table('notes').insert({ text: 'not synced' });
      await ann.have();
      await ann.close();
    }
    expect(names.size).toBe(3);
  });

  test('is written in records that follow each other, until a new base takes their place', async () => {
    const written: string[] = [];
    const hook: StorageHook = ({ method, batch }) => {
      if (method === 'write') written.push(...(batch?.puts ?? []).map(([key]) => key));
    };
    const storage = new MemoryStorage(hook);
    const ann = await open({ storage });
    const note = ann.datastore.table('notes').getOrInsert('n', { tags: [] });
    for (let key = 0; key < 60; key++) {
      note.getList('tags').add(`tag ${key}`);
      await ann.datastore.sync();
      await ann.datastore.sync();
    }
    const bases = written.filter((key) => key === 'mesh/base/default').length;
    expect(written).toHaveLength(60);
    expect(bases).toBeGreaterThan(1);
    expect(bases).toBeLessThan(10);
    await ann.close();
    const again = await open({ storage });
    expect(rows(again.datastore)).toEqual([['n', { tags: Array.from({ length: 60 }, (_, key) => `tag ${key}`) }]]);
  });

  test('is known to be damaged where a byte of it is', async () => {
    const storage = new MemoryStorage();
    const ann = await open({ storage });
    for (const text of ['one', 'two', 'three']) {
      ann.datastore.table('notes').insert({ text });
      await ann.datastore.sync();
    }
    await ann.close();
    const lease = await storage.acquire();
    const values = await lease.getAll('mesh/');
    await lease.release();
    expect(values.map(([key]) => key)).toEqual([
      'mesh/base/default',
      'mesh/log/default/00000000',
      'mesh/log/default/00000001',
    ]);
    for (const [key, value] of values) {
      for (const bytes of [value.map((byte, at) => (at === value.length >> 1 ? byte ^ 1 : byte)), undefined]) {
        // A record that is missing at the end is one that was never written.
        if (bytes === undefined && key.endsWith('1')) continue;
        const copy = storage.copy();
        const writer = await copy.acquire();
        await writer.write(bytes === undefined ? { deletes: [key] } : { puts: [[key, bytes]] });
        await writer.release();
        await expect(open({ storage: copy })).rejects.toMatchObject({ code: 'corrupt-data' });
      }
    }
  });

  test('loses nothing that was told or synced, wherever the power fails', async () => {
    for (const effect of ['no effect', 'effect'] as const) {
      let cuts = 0;
      for (let last = 0; ; last++) {
        let writes = 0;
        let isCut = false;
        const memory = new MemoryStorage();
        const storage = unreliable(memory, () => {
          isCut ||= writes++ === last;
          return isCut ? (writes === last + 1 ? effect : 'no effect') : undefined;
        });
        const [ann, bo] = [await open({ storage }), await open()];
        const synced: string[] = [];
        const work = async (): Promise<void> => {
          for (let step = 0; step < 8; step++) {
            ann.datastore.table('notes').getOrInsert(`a${step}`, { text: 'x'.repeat(500) });
            await ann.datastore.sync();
            synced.push(`a${step}`);
            bo.datastore.table('notes').getOrInsert(`b${step}`);
            await meet(bo, ann);
            if (step % 4 === 3) await ann.trim([(await bo.have()).vector]);
          }
        };
        await work().catch((error: unknown) => {
          if (!isCut) throw error;
        });
        if (!isCut) break;
        cuts++;
        memory.cutPower();
        const again = await open({ storage: memory });
        const ids = [...again.datastore.table('notes').query()].map(({ id }) => id);
        expect(ids).toEqual(expect.arrayContaining(synced));
        await meet(again, bo);
        await meet(bo, again);
        expect(rows(again.datastore)).toEqual(rows(bo.datastore));
      }
      expect(cuts).toBeGreaterThan(15);
    }
  }, 60_000);

  test('is whole again by the next sync after a write that failed, whether that took effect or not', async () => {
    for (const effect of ['no effect', 'effect'] as const) {
      let fails = false;
      const memory = new MemoryStorage();
      const ann = await open({ storage: unreliable(memory, () => (fails ? effect : undefined)) });
      ann.datastore.table('notes').getOrInsert('one');
      await ann.datastore.sync();
      fails = true;
      ann.datastore.table('notes').getOrInsert('two');
      await expect(ann.datastore.sync()).rejects.toMatchObject({ code: 'storage' });
      fails = false;
      ann.datastore.table('notes').getOrInsert('three');
      await ann.datastore.sync();
      const again = await open({ storage: memory.copy() });
      expect([...again.datastore.table('notes').query()].map(({ id }) => id)).toEqual(['one', 'three', 'two']);
    }
  });

  test('is stored before it is told', async () => {
    let release: (() => void) | undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let isHeld = false;
    const storage: MemoryStorage = new MemoryStorage(({ method }) => (method === 'write' && isHeld ? held : undefined));
    const ann = await open({ storage });
    ann.datastore.table('notes').insert({ text: 'told' });
    isHeld = true;
    const synced = ann.datastore.sync();
    const told = [ann.have(), ann.missingFrom()] as const;
    let isTold = false;
    void Promise.race(told).then(() => {
      isTold = true;
    });
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
    expect(isTold).toBe(false);
    expect(rows((await open({ storage: storage.copy() })).datastore)).toEqual([]);
    release?.();
    await synced;
    const [have, missing] = await Promise.all(told);
    expect(have.vector).toEqual(new Map([[ann.agent, 1]]));
    expect(missing).toMatchObject({ type: 'events', events: [{ id: [ann.agent, 1] }] });
    expect(rows((await open({ storage: storage.copy() })).datastore)).toHaveLength(1);
  });
});
