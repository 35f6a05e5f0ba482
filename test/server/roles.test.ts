import { describe, expect, test } from 'vitest';
import { parseDelta } from '../../src/codec/wire/delta.js';
import { DatastoreService } from '../../src/server/datastore-service.js';
import { MemoryLogs } from '../../src/server/memory-logs.js';

const ID = '.shared';
let handles = 0;

function serviceOn(logs: MemoryLogs, editorsMayChangeRoles?: boolean): DatastoreService {
  const newHandle = (): string => `h${++handles}`;
  return new DatastoreService({
    logs,
    newHandle,
    ...(editorsMayChangeRoles === undefined ? {} : { editorsMayChangeRoles }),
  });
}

function put(rev: number, nonce: string, ...changes: Parameters<typeof parseDelta>[0] & unknown[]) {
  return { type: 'put', rev, nonce, delta: parseDelta(changes) } as const;
}

const [ann, bob] = [{ account: 'ann' }, { account: 'bob' }];
const toBob = ['I', ':acl', 'ubob', { role: { I: '2000' } }] as const;
const toAll = ['I', ':acl', 'public', { role: { I: '1000' } }] as const;

describe('a put of an editor that changes roles', () => {
  test('is refused, whatever else it changes, and validate does not see it', async () => {
    const seen: string[] = [];
    const logs = new MemoryLogs();
    const validate = ({ entry }: { readonly entry: { readonly nonce: string } }) => void seen.push(entry.nonce);
    const service = new DatastoreService({ logs, newHandle: () => 'h', validate });
    const { handle } = await service.create(ann, ID);
    await service.send(ann, handle, put(0, 'n1', toBob));
    const { message, role } = await service.send(bob, handle, put(1, 'n2', ['I', 't', 'r', {}], toAll));
    expect(message).toEqual({
      type: 'refused',
      nonce: 'n2',
      reason: 'permission',
      message: 'the role editor may not change roles: only the owner may',
      place: { table: ':acl' },
    });
    expect([role, seen, (await logs.get(handle))?.revision]).toEqual(['editor', ['n1'], 1]);
  });

  test('is accepted if the server lets editors change roles, but not from a viewer', async () => {
    const service = serviceOn(new MemoryLogs(), true);
    const { handle } = await service.create(ann, ID);
    await service.send(ann, handle, put(0, 'n1', toBob));
    const { message } = await service.send(bob, handle, put(1, 'n2', toAll));
    expect(message).toEqual({ type: 'accepted', nonce: 'n2', rev: 2 });
    const refused = await service.send({ account: 'eve' }, handle, put(2, 'n3', ['D', ':acl', 'ubob']));
    expect(refused).toMatchObject({ role: 'viewer', message: { type: 'refused', reason: 'permission' } });
  });

  test('is not refused by a server that was left behind if it is in the log', async () => {
    const logs = new MemoryLogs();
    const [lenient, strict] = [serviceOn(logs, true), serviceOn(logs)];
    const { handle } = await lenient.create(ann, ID);
    await lenient.send(ann, handle, put(0, 'n1', toBob));
    await strict.send(bob, handle, { type: 'fetch', rev: 0 });
    await lenient.send(bob, handle, put(1, 'n2', toAll));
    const { message } = await strict.send(bob, handle, put(1, 'n2', toAll));
    expect(message).toEqual({ type: 'repeated', nonce: 'n2', rev: 2 });
  });
});

describe('the team of a datastore', () => {
  test('is that of the owner when the datastore was created, on every server', async () => {
    const logs = new MemoryLogs();
    const [one, other] = [serviceOn(logs), serviceOn(logs)];
    const { handle } = await one.create({ ...ann, team: 'Example' }, ID);
    await one.send(ann, handle, put(0, 'n1', ['I', ':acl', 'team', { role: { I: '2000' } }]));
    const roleOf = async (team?: string) =>
      (await other.send({ ...bob, team }, handle, { type: 'fetch', rev: 1 })).role;
    expect([await roleOf('Example'), await roleOf('Elsewhere'), await roleOf()]).toEqual(['editor', 'none', 'none']);
  });

  test('is nobody if the owner had none', async () => {
    const service = serviceOn(new MemoryLogs());
    const { handle } = await service.create(ann, ID);
    await service.send(ann, handle, put(0, 'n1', ['I', ':acl', 'team', { role: { I: '2000' } }]));
    const roles = [{ ...bob, team: 'Example' }, bob].map(async (requester) => {
      return (await service.send(requester, handle, { type: 'fetch', rev: 1 })).role;
    });
    expect(await Promise.all(roles)).toEqual(['none', 'none']);
  });
});
