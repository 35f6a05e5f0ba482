import { httpLink } from '../../../src/http/index.js';
import { serverConformance } from '../../../src/http/testing/index.js';

/** What a test asks a page or a worker. */
export interface Question {
  readonly url: string;
  /** By account. */
  readonly tokens: Readonly<Record<string, string>>;
  /** The name of a case. */
  readonly name: string;
}

/** What a test calls in a page. */
export interface HttpPage {
  /** Runs a case of the suite of servers. The answer is what is wrong, or empty. */
  run(question: Question): Promise<string>;
  /** The code of the error with which a call fails, or empty. */
  list(url: string, token: string): Promise<string>;
  /** Watches a datastore, as all tabs do that share a stream. */
  watch(url: string, token: string, handle: string): void;
  /** What was told, in short. */
  told(): readonly string[];
}

async function run({ url, tokens, name }: Question): Promise<string> {
  const suite = serverConformance({ url, tokenOf: ({ account }) => tokens[account] ?? '' });
  const found = suite.find((one) => one.name === name);
  if (found === undefined) return `there is no case ${name}`;
  return await found.run().then(
    () => '',
    (error: unknown) => String(error),
  );
}

const told: string[] = [];

const httpPage: HttpPage = {
  run,
  list: (url, token) =>
    httpLink({ url, getToken: () => token })
      .list()
      .then(
        () => '',
        (error: unknown) => String((error as { code?: unknown }).code),
      ),
  watch: (url, token, handle) => {
    const watch = httpLink({ url, getToken: () => token, sharedAs: 'ann' }).watch((event) => {
      told.push(event.type === 'reached' ? `reached ${event.rev}` : event.type);
    });
    watch.follow([handle]);
  },
  told: () => told,
};

Object.assign(globalThis, { httpPage });

// The same script runs as a worker.
if (!('document' in globalThis)) {
  addEventListener('message', ({ data }: MessageEvent<Question>) => {
    void run(data).then((answer) => postMessage(answer));
  });
}
