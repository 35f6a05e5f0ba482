import type { CommandIo } from '../../../src/cli/command.js';
import { run } from '../../../src/cli/run.js';

/** The outcome of one run of the command line. */
export interface Outcome {
  readonly status: number;
  /** The standard output as text. */
  readonly stdout: string;
  /** The standard output as it is. */
  readonly bytes: Uint8Array;
  readonly stderr: string;
  readonly written: ReadonlyMap<string, string | Uint8Array>;
}

/** The files of a test, `-` being the standard input: text, bytes, or anything else as JSON. */
export type TestFiles = Readonly<Record<string, unknown>>;

/** Runs the command line on files in memory. A file called `locked` cannot be written. */
export function runWith(files: TestFiles, ...argv: readonly string[]): Outcome {
  return runIn({ files, isTerminal: false }, ...argv);
}

/** {@link runWith} with the standard output on a terminal, or not. */
export function runIn(
  { files, isTerminal }: { readonly files: TestFiles; readonly isTerminal: boolean },
  ...argv: readonly string[]
): Outcome {
  const known = new Map(Object.entries(files).map(([path, content]) => [path, bytesOf(content)]));
  const written = new Map<string, string | Uint8Array>();
  const out: Uint8Array[] = [];
  let stderr = '';
  const io: CommandIo = {
    readFile(path) {
      const bytes = known.get(path);
      if (bytes === undefined || path === '-') throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
      return bytes;
    },
    readStdin() {
      const bytes = known.get('-');
      if (bytes === undefined) throw Object.assign(new Error('a directory'), { code: 'EISDIR' });
      return bytes;
    },
    writeFile(path, content) {
      if (path === 'locked') throw Object.assign(new Error('denied'), { code: 'EACCES' });
      written.set(path, content);
    },
    stdout(content) {
      out.push(bytesOf(content));
    },
    stderr(text) {
      stderr += text;
    },
    isTerminal,
  };
  const status = run(argv, io);
  const bytes = new Uint8Array(Buffer.concat(out));
  return { status, stdout: new TextDecoder().decode(bytes), bytes, stderr, written };
}

function bytesOf(content: unknown): Uint8Array {
  if (content instanceof Uint8Array) return content;
  return new TextEncoder().encode(typeof content === 'string' ? content : JSON.stringify(content));
}
