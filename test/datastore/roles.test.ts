import { describe, expect, test } from 'vitest';
import { PRINCIPALS, type Principal, ROLES, type Role } from '../../src/datastore/index.js';
import { LONG_MAX, LONG_MIN } from '../../src/index.js';
import { Desk, type DeskOptions, failure, settle, twoDesks } from './support/desk.js';

const SHAREABLE: DeskOptions = { id: '.shared' };

describe('roles', () => {
  test('are given to principals, replaced and taken away', () => {
    const { datastore } = new Desk(undefined, SHAREABLE);
    expect(datastore.isShareable).toBe(true);
    expect([...datastore.listRoles()]).toEqual([]);
    datastore.setRole('public', 'viewer');
    datastore.setRole('team', 'viewer');
    datastore.setRole('team', 'editor');
    expect([...datastore.listRoles()]).toEqual([
      ['public', 'viewer'],
      ['team', 'editor'],
    ]);
    expect(PRINCIPALS.map((principal) => datastore.getRole(principal))).toEqual(['viewer', 'editor']);
    datastore.setRole('public', 'none');
    datastore.deleteRole('team');
    datastore.deleteRole('team');
    expect([...datastore.listRoles()]).toEqual([]);
    expect(datastore.getRole('public')).toBe('none');
    expect(datastore.recordCount).toBe(0);
  });

  test('are records of a reserved table, which is not among the others', () => {
    const desk = new Desk(undefined, SHAREABLE);
    desk.datastore.setRole('public', 'editor');
    expect(desk.replica.toRows()).toEqual([{ tid: ':acl', rowid: 'public', data: { role: { I: '2000' } } }]);
    desk.datastore.setRole('public', 'viewer');
    expect(desk.replica.toRows()).toEqual([{ tid: ':acl', rowid: 'public', data: { role: { I: '1000' } } }]);
    expect(desk.datastore.tables()).toEqual([]);
  });

  test('are given to single accounts', () => {
    const { datastore } = new Desk(undefined, SHAREABLE);
    const longest = `u${'a'.repeat(63)}`;
    datastore.setRole(longest as Principal, 'viewer');
    datastore.setRole('uann', 'editor');
    datastore.setRole('u__proto__', 'viewer');
    datastore.setRole('team', 'viewer');
    expect([...datastore.listRoles()]).toEqual([
      ['team', 'viewer'],
      ['u__proto__', 'viewer'],
      [longest, 'viewer'],
      ['uann', 'editor'],
    ]);
    expect([datastore.getRole('uann'), datastore.getRole('ubob')]).toEqual(['editor', 'none']);
    datastore.deleteRole('uann');
    datastore.setRole('u__proto__', 'none');
    expect([...datastore.listRoles().keys()]).toEqual(['team', longest]);
  });

  test('that are unknown numbers count as the next lower role', () => {
    const desk = new Desk(undefined, SHAREABLE);
    const record = desk.datastore.table(':acl').getOrInsert('public');
    const given: readonly (readonly [stored: bigint, role: Role])[] = [
      ...[LONG_MIN, -1000n, 0n, 999n].map((stored) => [stored, 'none'] as const),
      ...[1000n, 1001n, 1999n].map((stored) => [stored, 'viewer'] as const),
      ...[2000n, 2001n, 3000n, 4000n, LONG_MAX].map((stored) => [stored, 'editor'] as const),
    ];
    for (const [stored, role] of given) {
      record.set('role', stored);
      expect([stored, desk.datastore.getRole('public')]).toEqual([stored, role]);
      expect([...desk.datastore.listRoles()]).toEqual(role === 'none' ? [] : [['public', role]]);
    }
  });

  test('that are not numbers grant nothing, and neither do other records', () => {
    const desk = new Desk(undefined, SHAREABLE);
    const table = desk.datastore.table(':acl');
    for (const role of ['editor', 'owner', '2000', 2000, true, new Date(2000), new Uint8Array([7, 208]), [2000n]]) {
      table.getOrInsert('public').set('role', role);
      expect([desk.datastore.getRole('public'), desk.datastore.listRoles().size]).toEqual(['none', 0]);
    }
    table.get('public')?.delete('role');
    expect(desk.datastore.getRole('public')).toBe('none');
    for (const id of ['u', 'U', 'everyone', 'ann', ':u']) table.getOrInsert(id).set('role', 2000n);
    expect(desk.datastore.listRoles().size).toBe(0);
    desk.datastore.setRole('public', 'viewer');
    expect(desk.datastore.getRole('public')).toBe('viewer');
  });

  test('of a private datastore are an error', () => {
    const { datastore } = new Desk();
    expect(datastore.isShareable).toBe(false);
    const uses = [
      () => datastore.listRoles(),
      () => datastore.getRole('public'),
      () => datastore.setRole('public', 'viewer'),
      () => datastore.deleteRole('public'),
    ];
    for (const use of uses) expect(failure(use)).toBe('not-shareable');
  });

  test('cannot be owner or an invalid role, nor be given to an invalid principal', () => {
    const { datastore } = new Desk(undefined, SHAREABLE);
    for (const role of ['owner', 'admin', undefined, 2, '__proto__'] as never[]) {
      expect(failure(() => datastore.setRole('public', role))).toBe('invalid-option');
    }
    const others = ['ann', '', 'u', 'Uann', 'u:ann', 'uann@example.com', 'u ann', `u${'a'.repeat(64)}`, ':acl'];
    for (const principal of [...others, undefined, 3, ['public'], '__proto__'] as never[]) {
      expect(failure(() => datastore.setRole(principal, 'viewer'))).toBe('invalid-option');
      expect(failure(() => datastore.getRole(principal))).toBe('invalid-option');
      expect(failure(() => datastore.deleteRole(principal))).toBe('invalid-option');
    }
    expect([...datastore.listRoles()]).toEqual([]);
  });

  test.each(['editor', 'viewer', 'none'] as const)('are not changed by the role %s', (role) => {
    const desk = new Desk(undefined, SHAREABLE);
    desk.datastore.setRole('public', 'viewer');
    desk.replica.setRole(role);
    const before = desk.replica.save();
    const uses = [
      () => desk.datastore.setRole('public', 'editor'),
      () => desk.datastore.setRole('public', 'none'),
      () => desk.datastore.setRole('team', 'none'),
      () => desk.datastore.deleteRole('public'),
      () => desk.datastore.deleteRole('team'),
    ];
    for (const use of uses) expect(failure(use)).toBe('not-permitted');
    expect(desk.replica.save()).toEqual(before);
    expect(failure(() => desk.datastore.setRole('uann@example.com', 'editor'))).toBe('invalid-option');
    desk.replica.setRole('owner');
    desk.datastore.setRole('public', 'editor');
    expect(desk.datastore.getRole('public')).toBe('editor');
  });

  test('reach the other device, and are told of', async () => {
    const [mine, other] = twoDesks(SHAREABLE);
    const told: string[] = [];
    mine.datastore.on('change', ({ origin, areRolesChanged }) => told.push(`mine ${origin} ${areRolesChanged}`));
    other.datastore.on('change', ({ origin, areRolesChanged }) => told.push(`other ${origin} ${areRolesChanged}`));
    mine.datastore.setRole('team', 'editor');
    await settle(mine, other);
    expect([...other.datastore.listRoles()]).toEqual([['team', 'editor']]);
    expect(told).toEqual(['mine local true', 'other remote true']);
  });

  test('are not derived from the list: what this user may do, the host says', () => {
    for (const role of ROLES) {
      const { datastore, handle, replica } = new Desk(undefined, { ...SHAREABLE, role });
      const told: Role[] = [];
      datastore.on('change', ({ areRolesChanged }) => areRolesChanged && told.push(datastore.effectiveRole));
      expect([datastore.effectiveRole, datastore.isWritable]).toEqual([role, role === 'owner' || role === 'editor']);
      replica.setRole('editor');
      handle.roleChanged();
      expect([datastore.effectiveRole, datastore.isWritable, ...told]).toEqual(['editor', true, 'editor']);
    }
  });
});
