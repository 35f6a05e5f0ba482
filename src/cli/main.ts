#!/usr/bin/env node
import { Buffer } from 'node:buffer';
import { readFileSync, readSync, statSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { type CommandIo, EXIT_STATUS, systemReason } from './command.js';
import { run } from './run.js';

const STDIN = 0;

// A reader of the output may stop early, as `head` does. That is not a failure, and nobody is left to read about it.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') return;
  process.stderr.write(`deltaic: cannot write to stdout: ${systemReason(error)}\n`);
  process.exitCode = EXIT_STATUS.badInput;
});
process.stderr.on('error', () => undefined);

const [command] = process.argv.slice(2);
const io = {
  readFile: (path: string) => readFileSync(path),
  readStdin,
  writeFile: (path: string, content: string | Uint8Array) => writeFileSync(path, content),
  stdout: (content: string | Uint8Array) => void process.stdout.write(content),
  stderr: (text: string) => void process.stderr.write(text),
  isTerminal: process.stdout.isTTY === true,
} satisfies CommandIo;

type Run = (argv: readonly string[], io: CommandIo) => Promise<number>;

// These need packages that are not installed with every copy, so they are loaded where they are needed.
const LOADED: Readonly<Record<string, () => Promise<Run>>> = {
  serve: async () => (await import('./serve-command.js')).runServeCommand,
  token: async () => (await import('./token-command.js')).runTokenCommand,
  migrate: async () => (await import('./migrate-command.js')).runMigrateCommand,
  conformance: async () => (await import('./conformance-command.js')).runConformanceCommand,
};
const loadStorage = async (): Promise<Run> => (await import('./storage-command.js')).runStorageCommand;
const loadServerInspect = async (): Promise<Run> =>
  (await import('./server-inspect-command.js')).runServerInspectCommand;

const isOfStorage = (command === 'inspect' || command === 'convert') && process.argv.slice(3).some(isDirectory);
const isOfServer = command === 'inspect' && process.argv.slice(3).some((argument) => /^https?:\/\//.test(argument));
const load = isOfStorage ? loadStorage : isOfServer ? loadServerInspect : loadOf(command ?? '');
if (load === undefined) process.exitCode = run(process.argv.slice(2), io);
else {
  const missing = packagesFor(process.argv.slice(2)).filter((name) => !isInstalled(name));
  if (missing.length === 0) process.exitCode = await (await load())(process.argv.slice(2), io);
  else {
    const named = missing.map((name) => `"${name}"`).join(' and ');
    const are = missing.length > 1 ? `packages ${named} are` : `package ${named} is`;
    io.stderr(`deltaic ${command}: the ${are} needed: npm install ${missing.join(' ')}\n`);
    process.exitCode = EXIT_STATUS.badInput;
  }
}

function loadOf(name: string): (() => Promise<Run>) | undefined {
  return Object.hasOwn(LOADED, name) ? LOADED[name] : undefined;
}

/** The optional packages that a command needs with these arguments. */
function packagesFor([name, ...options]: readonly string[]): readonly string[] {
  const has = (option: string): boolean => options.some((given) => given === option || given.startsWith(`${option}=`));
  if (isOfServer) return [];
  if (name === 'inspect' || name === 'convert') return ['lmdb'];
  if (name === 'token' || name === 'conformance') return ['jose'];
  // Without its option the command explains itself.
  if (name === 'migrate') return has('--postgres') ? ['pg'] : [];
  const store = has('--postgres') ? ['pg'] : has('--memory') ? [] : ['lmdb'];
  return ['jose', ...store, ...(has('--log') ? ['pino'] : [])];
}

function isInstalled(name: string): boolean {
  try {
    import.meta.resolve(name);
    return true;
  } catch {
    return false;
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function readStdin(): Uint8Array {
  const chunks: Buffer[] = [];
  const chunk = Buffer.alloc(65_536);
  for (let length = readChunk(chunk); length > 0; length = readChunk(chunk)) {
    chunks.push(Buffer.from(chunk.subarray(0, length)));
  }
  return Buffer.concat(chunks);
}

/** Waits for the next bytes. @returns how many there are, or 0 at the end. */
function readChunk(chunk: Buffer): number {
  for (;;) {
    try {
      return readSync(STDIN, chunk);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      // The end of a pipe on Windows.
      if (code === 'EOF') return 0;
      // Nothing is there yet, and another process has told the stream not to wait.
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
}
