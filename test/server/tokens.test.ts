import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterEach, expect, test, vi } from 'vitest';
import { signToken, tokenAuthentication } from '../../src/server/tokens/index.js';
import { SECRET } from './server-fixture.js';

afterEach(() => {
  vi.useRealTimers();
});

function asking(token: string): Request {
  return new Request('http://localhost/', { headers: { authorization: `Bearer ${token}` } });
}

test('a token that was good is not good any more once it has ended', async () => {
  const authenticate = tokenAuthentication({ secret: SECRET });
  vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000_000_000 });
  const token = await signToken(SECRET, { account: 'ann' }, 30);
  for (const [ms, account] of [
    [0, 'ann'],
    [29_999, 'ann'],
    [30_000, undefined],
  ] as const) {
    vi.setSystemTime(1_000_000_000_000 + ms);
    expect([ms, (await authenticate(asking(token)))?.account]).toEqual([ms, account]);
  }
});

test('a token that resembles a good one is not good', async () => {
  const authenticate = tokenAuthentication({ secret: SECRET });
  const token = await signToken(SECRET, { account: 'ann' }, 30);
  expect((await authenticate(asking(token)))?.account).toBe('ann');
  for (const other of [token.slice(0, -1), `${token}A`, token.toUpperCase(), token.replace('.', '..')]) {
    expect(await authenticate(asking(other))).toBeUndefined();
  }
});

test('a token of a key that was withdrawn is not good for ever', async () => {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  let keys: object[] = [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256' }];
  const provider = createServer((_, response) => response.end(JSON.stringify({ keys })));
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  const { port } = provider.address() as AddressInfo;
  const authenticate = tokenAuthentication({ keys: new URL(`http://127.0.0.1:${port}/`) });
  const start = Date.now();
  const token = await new SignJWT({})
    .setProtectedHeader({ alg: 'ES256', kid: 'k' })
    .setSubject('ann')
    .setExpirationTime('2h')
    .sign(privateKey);
  expect((await authenticate(asking(token)))?.account).toBe('ann');
  keys = [];
  vi.useFakeTimers({ toFake: ['Date'], now: start + 59_000 });
  expect((await authenticate(asking(token)))?.account).toBe('ann');
  // The keys themselves are read anew after ten minutes.
  vi.setSystemTime(start + 660_000);
  expect(await authenticate(asking(token))).toBeUndefined();
  await new Promise((resolve) => provider.close(resolve));
});
