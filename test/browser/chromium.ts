import { existsSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { resolve } from 'node:path';
import { build } from 'esbuild';
import { type Browser, type BrowserContext, chromium } from 'playwright-core';

const ROOT = resolve(import.meta.dirname, '../..');
const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Where the browser is: named in the environment, or where systems keep it. */
export const chromiumPath: string | undefined = [process.env['DELTAIC_CHROMIUM'] ?? '', ...PATHS].find(
  (path) => path !== '' && existsSync(path),
);

/** What a skipped test says. */
export const NO_CHROMIUM = 'skipped: there is no Chromium (install it, or name it in DELTAIC_CHROMIUM)';

/** A browser, and a server of pages that have a script of ours. */
export interface BrowserSite {
  /** Each context of it is a private session. */
  readonly browser: Browser;
  /** The address of an empty page with the script; `/script.js` beside it is the script itself. */
  readonly address: string;
  close(): Promise<void>;
}

/**
 * @param script a file under test/browser/pages.
 * @param others answers what is neither the page nor its script.
 */
export async function startSite(script: string, others?: RequestListener): Promise<BrowserSite> {
  const { outputFiles } = await build({
    entryPoints: [resolve(ROOT, 'test/browser/pages', script)],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    write: false,
  });
  const code = outputFiles[0]?.text ?? '';
  const server = createServer((request, response) => {
    const isScript = request.url === '/script.js';
    if (others !== undefined && !isScript && request.url !== '/') return others(request, response);
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? code : '<!doctype html><script type="module" src="/script.js"></script>');
  });
  const port = await listen(server);
  const browser = await chromium.launch(OPTIONS);
  return {
    browser,
    address: `http://localhost:${port}/`,
    close: async () => {
      await browser.close();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

const OPTIONS = {
  ...(chromiumPath === undefined ? {} : { executablePath: chromiumPath }),
  args: [
    ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
    ...['--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'],
  ],
};

/** A browser whose one context is not private: it keeps its data in a directory. */
export function startWithProfile(path: string): Promise<BrowserContext> {
  return chromium.launchPersistentContext(path, OPTIONS);
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server got no port');
  return address.port;
}
