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

test('wrong options of tokens are told at the call, without the secret', async () => {
  const secret = 'a text of 36 letters is not a secret';
  const cases: [given: unknown, message: string][] = [
    [{ secret }, 'secret must be a Uint8Array: use new TextEncoder().encode(text), got a value of type string'],
    [{ keys: 'https://example.org' }, 'keys must be a URL: use new URL(text), got "https://example.org"'],
    [{ secret: SECRET, isuer: 'me' }, 'unknown option "isuer": use secret, keys, issuer, audience'],
    [{ secret: SECRET, issuer: 1 }, 'issuer must be a string, got 1'],
    [undefined, 'options must be an object, got undefined'],
  ];
  for (const [given, message] of cases) {
    expect(() => tokenAuthentication(given as never)).toThrow(
      expect.objectContaining({ code: 'invalid-option', message }),
    );
  }
  const wrong: [arguments: unknown[], message: string][] = [
    [[secret, { account: 'ann' }, 60], 'secret must be a Uint8Array'],
    [[SECRET, 'ann', 60], 'claims must be an object, got "ann"'],
    [[SECRET, { account: 7 }, 60], 'account must be a string, got 7'],
    [[SECRET, { account: 'ann', name: 'Ann' }, 60], 'unknown option "name": use account, team, userName'],
    [[SECRET, { account: 'ann', team: 7 }, 60], 'team must be a string, got 7'],
    [[SECRET, { account: 'ann' }, '60'], 'seconds must be a whole number, got "60"'],
    [[SECRET, { account: 'ann' }], 'seconds must be a whole number, got undefined'],
  ];
  for (const [given, message] of wrong) {
    await expect(signToken(...(given as Parameters<typeof signToken>))).rejects.toMatchObject({
      code: 'invalid-option',
      message: expect.stringContaining(message),
    });
  }
});

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
