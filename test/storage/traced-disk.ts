import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Random } from '../simulator/random.js';

/** Whether system calls of a process can be traced here. */
export const canTrace: boolean = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;

/** What a skipped test says. */
export const NO_STRACE = 'skipped: system calls cannot be traced (install strace, and allow ptrace)';

/** What a process did to one file, and what it said meanwhile, in the order in which it happened. */
export type DiskEvent =
  | { readonly type: 'write'; readonly id: number; readonly offset: number; readonly bytes: Uint8Array }
  /** These writes are on the disk from now on. */
  | { readonly type: 'synced'; readonly ids: readonly number[] }
  /** The file has its name, and has kept it from the next `named` on. */
  | { readonly type: 'linked' }
  | { readonly type: 'named' }
  | { readonly type: 'line'; readonly text: string };

/** How `strace` changes the calls that wait for the disk, such as `error=EIO:when=3+`. */
export interface TraceOptions {
  readonly inject?: string;
}

const CALLS =
  'open,openat,close,lseek,write,writev,pwrite64,pwritev,pwritev2,fdatasync,fsync,msync,sync_file_range,link,linkat';
const SYNCS = new Set(['fdatasync', 'fsync', 'msync']);

/**
 * Runs a process and records what it does to a file, also before the file has its name: in a directory beside it, from
 * which it is linked. A sync counts when it has returned, for the writes before it began.
 */
export async function trace(
  file: string,
  args: readonly string[],
  { inject }: TraceOptions = {},
): Promise<DiskEvent[]> {
  const folder = mkdtempSync(join(tmpdir(), 'deltaic-trace-'));
  const log = join(folder, 'log');
  const faults = inject === undefined ? [] : ['-e', `inject=fdatasync,fsync,msync:${inject}`];
  const options = ['-f', '-qq', '-xx', '-s', '9999999', '-e', `trace=${CALLS}`, ...faults, '-o', log];
  const child = spawn('strace', [...options, process.execPath, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  await once(child, 'close');
  const events = eventsIn(readFileSync(log, 'latin1').split('\n'), file);
  rmSync(folder, { recursive: true });
  return events;
}

/** The parts of a call: what it was given, and what it returned once it has. */
interface Call {
  readonly name: string;
  readonly given: string;
  /** The writes that had returned when it began. */
  readonly before: readonly number[];
}

interface OpenFile {
  readonly isSynchronous: boolean;
  position: number;
}

function eventsIn(lines: readonly string[], file: string): DiskEvent[] {
  const events: DiskEvent[] = [];
  const open = new Map<number, OpenFile>();
  const openFolders = new Set<number>();
  const folder = dirname(file);
  let isLinked = false;
  const link = (): void => {
    if (!isLinked) events.push({ type: 'linked' });
    isLinked = true;
  };
  const unfinished = new Map<string, Call>();
  const unsynced = new Set<number>();
  const [main] = lines[0]?.match(/^\d+/) ?? [];
  let writes = 0;

  const begin = (thread: string, name: string, given: string): Call => {
    // What a process says, it has said once it asks for it to be written. The processes that it starts say other things.
    if (thread === main && name === 'write' && /^1,/.test(given)) {
      for (const text of textOf(bytesIn(given)).split('\n')) if (text !== '') events.push({ type: 'line', text });
    }
    // Its number is free before it has returned, and another thread may have opened a file under it by then.
    if (name === 'close') {
      open.delete(Number(given));
      openFolders.delete(Number(given));
    }
    return { name, given, before: [...unsynced] };
  };
  const end = ({ name, given, before }: Call, result: number): void => {
    if (result < 0) return;
    const number = Number(given.split(',', 1)[0]);
    if (name === 'open' || name === 'openat') {
      const path = textOf(bytesIn(given));
      open.delete(result);
      openFolders.delete(result);
      const isMaking = dirname(dirname(path)) === folder && basename(path) === basename(file);
      if (path === file || isMaking) open.set(result, { isSynchronous: /O_D?SYNC/.test(given), position: 0 });
      if (path === file && given.includes('O_CREAT') && !isLinked) {
        // Made in its place: it has nothing of another.
        events.length = 0;
        unsynced.clear();
        link();
      }
      if (path === folder) openFolders.add(result);
      return;
    }
    if (name.startsWith('link')) {
      if (textOf(bytesIn(given)).endsWith(file)) link();
      return;
    }
    if (name === 'fsync' && openFolders.has(number)) {
      if (isLinked) events.push({ type: 'named' });
      return;
    }
    const target = open.get(number);
    if (SYNCS.has(name)) {
      if (name !== 'msync' && target === undefined) return;
      for (const id of before) unsynced.delete(id);
      events.push({ type: 'synced', ids: before });
    } else if (target !== undefined && name === 'lseek') target.position = result;
    else if (target !== undefined && /write/.test(name)) {
      const isPlaced = name.startsWith('p');
      const offset = isPlaced ? Number(/, (\d+)$/.exec(given)?.[1]) : target.position;
      if (!isPlaced) target.position += result;
      const id = writes++;
      events.push({ type: 'write', id, offset, bytes: bytesIn(given).subarray(0, result) });
      if (target.isSynchronous) events.push({ type: 'synced', ids: [id] });
      else unsynced.add(id);
    }
  };

  for (const line of lines) {
    const [, thread = '', rest = ''] = /^(\d+) +(.*)$/s.exec(line) ?? [];
    const resumed = /^<\.\.\. \w+ resumed>(.*)\) += (-?\d+)/s.exec(rest);
    const whole = /^(\w+)\((.*)\) += (-?\d+)/s.exec(rest);
    const started = /^(\w+)\((.*) <unfinished \.\.\.>$/s.exec(rest);
    if (whole !== null) end(begin(thread, whole[1] ?? '', whole[2] ?? ''), Number(whole[3]));
    else if (started !== null)
      unfinished.set(thread, begin(thread, started[1] ?? '', (started[2] ?? '').replace(/,$/, '')));
    else if (resumed !== null) {
      const call = unfinished.get(thread);
      unfinished.delete(thread);
      if (call !== undefined) end({ ...call, given: `${call.given}${resumed[1] ?? ''}` }, Number(resumed[2]));
    }
  }
  return events;
}

/** All strings of an argument list, one after the other. */
function bytesIn(given: string): Uint8Array {
  const strings = [...given.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, hex = '']) => hex.replaceAll('\\x', ''));
  return Buffer.from(strings.join(''), 'hex');
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

const BLOCK = 4096;

/**
 * What the file may hold after a power cut behind an event: everything that was synced, and of the rest some blocks that
 * chance had written already. The file is as long as its last block that was written.
 *
 * @returns `undefined` if the file is not there: it has no name yet, or that was not synced.
 */
export function imageAfter(events: readonly DiskEvent[], random: Random): Uint8Array | undefined {
  if (!events.some(({ type }) => type === 'linked')) return undefined;
  if (!events.some(({ type }) => type === 'named') && random.chance(0.5)) return undefined;
  const synced = new Set(events.flatMap((event) => (event.type === 'synced' ? event.ids : [])));
  const writes = events.flatMap((event) => (event.type === 'write' ? [event] : []));
  const length = Math.max(0, ...writes.map(({ offset, bytes }) => offset + bytes.length));
  const image = new Uint8Array(length);
  for (const { id, offset, bytes } of writes) {
    for (let start = 0; start < bytes.length; start += BLOCK) {
      if (synced.has(id) || random.chance(0.5)) image.set(bytes.subarray(start, start + BLOCK), offset + start);
    }
  }
  return image;
}

/** The numbers in the lines that begin with a word. */
export function linesWith(events: readonly DiskEvent[], word: string): string[] {
  return events.flatMap((event) =>
    event.type === 'line' && event.text.startsWith(`${word} `) ? [event.text.slice(word.length + 1)] : [],
  );
}
