/** Reads what a link answers and tells, so that what is malformed stops here. @throws DatastoreError, of any code. */

import { expectArray, expectObject } from '../../codec/wire/json.js';
import { DatastoreError } from '../../errors/datastore-error.js';
import { checkRevision, ownEntry } from '../../sync/log-entry.js';
import type { SequencerMessage } from '../../sync/messages.js';
import { checkRole } from '../../sync/role.js';
import { textOrNull } from './cached-datastore.js';
import { outsideError } from './failure.js';
import type { AccountProfile, DatastoreAccess, LinkAnswer, LinkEvent, RemoteDatastore } from './link.js';

export function readProfile(answer: unknown): AccountProfile {
  const { userName, orgName } = expectObject(answer, 'a profile');
  return { userName: expectText(userName, 'the name of a user'), orgName: optionalText(orgName, 'an organisation') };
}

export function readAccess(answer: unknown): DatastoreAccess {
  const { handle, role } = expectObject(answer, 'the access to a datastore');
  checkRole(role);
  return { handle: expectText(handle, 'a handle'), role };
}

export function readList(answer: unknown): readonly RemoteDatastore[] {
  return expectArray(answer, 'a list of datastores').map(readListed);
}

export function readAnswer(answer: unknown): LinkAnswer {
  const { message, role } = expectObject(answer, 'the answer to a message');
  checkRole(role);
  // What the message holds is read by the replica, before anything of it is used.
  return { message: expectObject(message, 'a message') as unknown as SequencerMessage, role };
}

export function readEvent(told: unknown): LinkEvent {
  const event = expectObject(told, 'an event');
  switch (event['type']) {
    case 'disconnected':
      return { type: 'disconnected', error: outsideError(event['error'], 'server') };
    case 'reached': {
      const { type, handle, rev, role, entries } = event;
      checkRevision(rev);
      checkRole(role);
      return {
        type,
        handle: expectText(handle, 'a handle'),
        rev,
        role,
        entries: expectArray(entries, 'log entries').map(ownEntry),
      };
    }
    case 'deleted':
      return { type: 'deleted', handle: expectText(event['handle'], 'a handle') };
    default:
      return told as LinkEvent;
  }
}

function readListed(json: unknown): RemoteDatastore {
  const { id, title, mtime } = expectObject(json, 'a listed datastore');
  return {
    id: expectText(id, 'an id'),
    ...readAccess(json),
    title: optionalText(title, 'a title'),
    mtime: optionalTime(mtime),
  };
}

function expectText(json: unknown, what: string): string {
  if (typeof json === 'string') return json;
  throw new DatastoreError('invalid-json', `${what} must be a string`);
}

/** Whoever reads JSON may well have null for what is not there. */
function optionalText(json: unknown, what: string): string | undefined {
  return textOrNull(json ?? null, what);
}

function optionalTime(time: unknown): Date | undefined {
  if (time === undefined || time === null) return undefined;
  if (time instanceof Date && !Number.isNaN(time.getTime())) return time;
  throw new DatastoreError('invalid-json', 'a time must be a valid Date');
}
