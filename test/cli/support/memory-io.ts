import type { CommandIo } from '../../../src/cli/command-io.js';
import { run } from '../../../src/cli/run.js';

/** What a run of the command line left behind. */
export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly written: ReadonlyMap<string, string>;
}

/** A file of the test: text, bytes, or anything else as JSON. */
export type TestFiles = Readonly<Record<string, unknown>>;

/** Runs the command line on files that exist only in memory. A file named `locked` cannot be written. */
export function runWith(files: TestFiles, ...argv: readonly string[]): Outcome {
  const known = new Map(Object.entries(files).map(([path, content]) => [path, bytesOf(content)]));
  const written = new Map<string, string>();
  let stdout = '';
  let stderr = '';
  const io: CommandIo = {
    readFile(path) {
      const bytes = known.get(path);
      if (bytes === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
      return bytes;
    },
    writeFile(path, text) {
      if (path === 'locked') throw Object.assign(new Error('denied'), { code: 'EACCES' });
      written.set(path, text);
    },
    stdout(text) {
      stdout += text;
    },
    stderr(text) {
      stderr += text;
    },
  };
  const status = run(argv, io);
  return { status, stdout, stderr, written };
}

function bytesOf(content: unknown): Uint8Array {
  if (content instanceof Uint8Array) return content;
  return new TextEncoder().encode(typeof content === 'string' ? content : JSON.stringify(content));
}
