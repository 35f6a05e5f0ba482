import { describe, expect, test } from 'vitest';
import { PRINCIPALS, ROLES, type Role } from '../../src/datastore/index.js';
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
    expect(desk.replica.toRows()).toEqual([{ tid: ':acl', rowid: 'public', data: { role: 'editor' } }]);
    expect(desk.datastore.tables()).toEqual([]);
  });

  test('that are none grant nothing', () => {
    const desk = new Desk(undefined, SHAREABLE);
    for (const role of ['owner', 'none', 'admin', 3n, true]) {
      desk.datastore.table(':acl').getOrInsert('public').set('role', role);
      expect([desk.datastore.getRole('public'), desk.datastore.listRoles().size]).toEqual(['none', 0]);
    }
    desk.datastore.table(':acl').get('public')?.delete('role');
    expect(desk.datastore.getRole('public')).toBe('none');
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
    for (const principal of ['ann', undefined, '__proto__'] as never[]) {
      expect(failure(() => datastore.setRole(principal, 'viewer'))).toBe('invalid-option');
      expect(failure(() => datastore.getRole(principal))).toBe('invalid-option');
      expect(failure(() => datastore.deleteRole(principal))).toBe('invalid-option');
    }
    expect([...datastore.listRoles()]).toEqual([]);
  });

  test('need the right to write', () => {
    const desk = new Desk(undefined, SHAREABLE);
    desk.datastore.setRole('public', 'viewer');
    desk.replica.setRole('viewer');
    expect(failure(() => desk.datastore.setRole('public', 'editor'))).toBe('not-permitted');
    expect(failure(() => desk.datastore.deleteRole('public'))).toBe('not-permitted');
    expect(desk.datastore.getRole('public')).toBe('viewer');
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
