import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** Who holds a lease, as it is written down beside it. */
export interface Owner {
  readonly generation: number;
  readonly host: string;
  readonly process: number;
  /** When that process began, where the system tells: process numbers are used again. */
  readonly began: string;
  /** Names the lease within its process. */
  readonly token: string;
  /** When the owner last said that it lives, in ms since 1970. */
  readonly beat: number;
}

/** How often an owner says that it lives, in ms. */
export const BEAT_INTERVAL = 10_000;
/** After how long a silent owner counts as dead, where nothing else can tell, in ms. */
const SILENCE = 60_000;

/** The file with the note of an owner. */
const NOTE = 'owner.json';

/** The leases of this process, also those of another copy of this module, as a hot reload makes. */
const HELD = Symbol.for('deltaic.storage.lmdb.held');

export function ownerOf(generation: number): Owner {
  const token = randomUUID();
  return { generation, host: hostname(), process: process.pid, began: beginOf(process.pid), token, beat: Date.now() };
}

export function hold({ token }: Owner): void {
  heldTokens().add(token);
}

export function letGo({ token }: Owner): void {
  heldTokens().delete(token);
}

/**
 * Whether an owner still lives. An owner on this machine is never taken for dead while it lives: its process runs, and
 * began when the owner says. An owner on another machine, or in another thread of this process, counts as dead when it
 * has been silent for long.
 */
export function isAlive(owner: Owner): boolean {
  const isSilent = Date.now() - owner.beat > SILENCE;
  if (owner.host !== hostname()) return !isSilent;
  if (owner.process === process.pid) {
    if (owner.began !== beginOf(process.pid)) return false;
    return heldTokens().has(owner.token) || !isSilent;
  }
  return isRunning(owner.process) && owner.began === beginOf(owner.process);
}

/**
 * Notes beside the environment who owns it. An owner that was stopped in the middle of a write holds the lock of LMDB, and
 * opening the environment then waits for that lock. This note can be read without opening anything. Only the record in
 * the environment decides who owns it.
 */
export function announce(path: string, owner: Owner): void {
  try {
    writeFileSync(join(path, NOTE), JSON.stringify(owner));
  } catch {
    // Without the note, others find the owner in the environment.
  }
}

/** Takes the note away, if it is still this owner's. */
export function withdraw(path: string, owner: Owner): void {
  if (readNote(path)?.token === owner.token) rmSync(join(path, NOTE), { force: true });
}

/** Whether the note names another process of this machine that still runs. */
export function isRunningElsewhere(path: string): boolean {
  const owner = readNote(path);
  if (owner === undefined || owner.host !== hostname() || owner.process === process.pid) return false;
  return isRunning(owner.process) && owner.began === beginOf(owner.process);
}

function readNote(path: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(join(path, NOTE), 'utf8')) as Owner;
  } catch {
    return undefined;
  }
}

function heldTokens(): Set<string> {
  const scope = globalThis as { [HELD]?: Set<string> };
  scope[HELD] ??= new Set();
  return scope[HELD];
}

function isRunning(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    // A process of another user is running too.
    return (error as { code?: unknown }).code === 'EPERM';
  }
}

/** When a process began, or nothing where the system does not tell. */
function beginOf(id: number): string {
  try {
    const line = readFileSync(`/proc/${id}/stat`, 'utf8');
    // The name of the program, which may hold anything, stands in parentheses; what follows are numbers.
    const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
    // A process that has ended and was not waited for is dead.
    return fields[0] === 'Z' ? 'ended' : (fields[19] ?? '');
  } catch {
    return '';
  }
}
