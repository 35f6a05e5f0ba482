import { createInterface } from 'node:readline';
import { AccountManager, type Datastore, environmentOf } from '../../../src/datastore/index.js';
import { httpLink } from '../../../src/http/index.js';
import { LmdbStorage } from '../../../src/storage/lmdb/index.js';

/** What a device is told to do. */
export interface DeviceTask {
  readonly path: string;
  readonly url: string;
  readonly token: string;
  /** Names the edits of this life of the device. */
  readonly life: string;
  readonly ids: readonly string[];
}

/** What a device tells, a line each. */
export type DeviceReport =
  /** An edit is about to be made. */
  | { readonly type: 'begun'; readonly id: string; readonly edit: string }
  /** An edit is on the disk of the device: it must reach the log. */
  | { readonly type: 'saved'; readonly id: string; readonly edit: string }
  /** All edits up to this one are in the log, says the device. */
  | { readonly type: 'acknowledged'; readonly id: string; readonly edit: string }
  | ({ readonly type: 'view' } & DeviceView)
  /** Something that must not happen. */
  | { readonly type: 'failed'; readonly what: string };

/** What a datastore shows. */
export interface DeviceView {
  readonly id: string;
  readonly edits: readonly string[];
  readonly list: readonly string[];
  readonly sum: string;
}

/** How long a device waits for whom, in ms: short, since what it waits for is cut off all the time. */
const PATIENCE = { timeout: 1_000, silence: 1_500 } as const;

const { path, url, token, life, ids } = JSON.parse(process.argv[2] ?? '') as DeviceTask;

function tell(report: DeviceReport): void {
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

const accounts = await AccountManager.open({
  storage: new LmdbStorage({ path }),
  wait: true,
  environment: environmentOf(globalThis),
  connect: () => httpLink({ url, getToken: () => token, ...PATIENCE }),
  retryDelays: { first: 20, most: 200 },
  autosave: false,
  onFailure: (error) => tell({ type: 'failed', what: String(error) }),
});
const manager = await accounts.managerFor(await accounts.link('ann'));
const datastores = new Map<string, Datastore>();
const saved = new Map<string, string>();
const acknowledged = new Map<string, string>();

/** All saved edits are in the log if nothing waits to be sent. */
function noteStatus(id: string, { syncStatus: { hasOutgoing, isUploading } }: Datastore): void {
  const edit = saved.get(id);
  if (hasOutgoing || isUploading || edit === undefined || edit === acknowledged.get(id)) return;
  acknowledged.set(id, edit);
  tell({ type: 'acknowledged', id, edit });
}

for (const id of ids) {
  const datastore = await manager.openOrCreate(id);
  datastores.set(id, datastore);
  datastore.table('journal').setResolutionRule('sum', 'sum');
  datastore.on('syncStatus', (status) => {
    noteStatus(id, datastore);
    if (status.hasIncoming) void datastore.sync();
  });
  datastore.on('refusal', (refusal) => tell({ type: 'failed', what: `${id}: refused: ${JSON.stringify(refusal)}` }));
}

let count = 0;
async function edit(id: string, datastore: Datastore): Promise<void> {
  const name = `${life}-${String(++count).padStart(4, '0')}`;
  tell({ type: 'begun', id, edit: name });
  const journal = datastore.table('journal').getOrInsert('j');
  datastore.groupEdits(() => {
    journal.getOrCreateList('list').push(name);
    journal.set('sum', (journal.has('sum') ? journal.getLong('sum') : 0n) + 1n);
    datastore.table('edits').insert(name, { at: count });
  });
  await datastore.sync();
  saved.set(id, name);
  tell({ type: 'saved', id, edit: name });
  noteStatus(id, datastore);
}

function view(id: string, datastore: Datastore): void {
  const journal = datastore.table('journal').get('j');
  const edits = [...datastore.table('edits').query()].map((record) => record.id).sort();
  const list = journal?.has('list') === true ? journal.getList('list').toArray().map(String) : [];
  const sum = journal?.has('sum') === true ? journal.getLong('sum') : 0n;
  tell({ type: 'view', id, edits, list, sum: String(sum) });
}

/** `edit` makes an edit in each datastore, and `view` shows them. */
for await (const line of createInterface({ input: process.stdin })) {
  for (const [id, datastore] of datastores) {
    if (line === 'edit') await edit(id, datastore);
    else view(id, datastore);
  }
}
