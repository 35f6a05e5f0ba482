import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { createServer } from '../../src/server/http-server.js';
import { MemoryLogs } from '../../src/server/memory-logs.js';

const SPEC = resolve(import.meta.dirname, '../../spec/http.md');

interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly account: string;
  readonly body: string | undefined;
  readonly status: number;
  readonly answer: readonly string[];
}

/** The conversations of the specification: blocks of lines that begin with `>` and `<`. */
function conversations(): readonly (readonly Exchange[])[] {
  const blocks = [...readFileSync(SPEC, 'utf8').matchAll(/^```http\n(.*?)^```$/gms)];
  return blocks.map(([, block = '']) => {
    const exchanges = block.split(/^(?=> (?:GET|POST) )/m);
    return exchanges.map((text) => {
      const lines = text.trimEnd().split('\n');
      const [request = '', body] = lines.filter((line) => line.startsWith('> ')).map((line) => line.slice(2));
      const [status = '', ...answer] = lines.filter((line) => line.startsWith('<')).map((line) => line.slice(2));
      const [, method = '', path = '', account = ''] = /^(\S+) (\S+) \((\w+)\)$/.exec(request) ?? [];
      return { method, path, account, body, status: Number(status), answer };
    });
  });
}

const all = conversations();

test('there are conversations of every kind', () => {
  const paths = new Set(all.flat().map(({ path }) => path));
  expect([...paths].sort()).toEqual([
    ...['/v1/create', '/v1/datastores/notes', '/v1/delete', '/v1/find', '/v1/list', '/v1/poll', '/v1/send'],
    '/v1/watch',
  ]);
});

test.each(all.map((exchanges, at) => [at + 1, exchanges] as const))(
  'conversation %i goes as it is written',
  async (_, exchanges) => {
    let handles = 0;
    let cursor = '';
    const server = createServer({
      logs: new MemoryLogs(),
      newHandle: () => `h${++handles}`,
      now: () => 1_700_000_000_000,
      authenticate: ({ headers }) => {
        const account = headers.get('authorization') ?? 'nobody';
        return account === 'nobody' ? undefined : { account };
      },
    });
    for (const { method, path, account, body, status, answer } of exchanges) {
      const headers = { authorization: account, 'content-type': 'application/json' };
      const sent = body?.replace('"cursor":"…"', () => `"cursor":${JSON.stringify(cursor)}`);
      const init = { method, headers, ...(sent === undefined ? {} : { body: sent }) };
      const response = await server.fetch(new Request(`http://localhost${path}`, init));
      expect([path, sent, response.status]).toEqual([path, sent, status]);
      const text =
        path === '/v1/watch' ? await start(response, `${answer.join('\n')}\n`.length) : await response.text();
      const shown = text.replace(/"cursor":("(?:[^"\\]|\\.)*")/, (_, given: string) => {
        cursor = JSON.parse(given) as string;
        return '"cursor":"…"';
      });
      expect(shown.trimEnd()).toBe(answer.join('\n').trimEnd());
    }
    await server.close(0);
  },
);

/** The first characters of a stream, which goes on. */
async function start({ body }: Response, length: number): Promise<string> {
  const reader = body?.getReader();
  const decoder = new TextDecoder();
  let text = '';
  while (text.length < length) text += decoder.decode((await reader?.read())?.value, { stream: true });
  await reader?.cancel();
  return text;
}
