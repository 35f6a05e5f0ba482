import { createRemoteJWKSet, errors, jwtVerify, SignJWT } from 'jose';
import { checkOptions, checkString, invalidArgument, invalidSecret } from '../../errors/arguments.js';
import { DatastoreError, ServiceError } from '../../errors/datastore-error.js';
import type { RequestHead } from '../exchange.js';
import type { Authenticated } from '../http-server.js';

/** How tokens are checked. */
export interface TokenOptions {
  /** A secret of at least 32 bytes, for tokens signed by HS256. */
  readonly secret?: Uint8Array;
  /** Where the public keys of an identity provider are, for tokens signed by RS256, ES256 or EdDSA. */
  readonly keys?: URL;
  /** Who must have issued a token, and for whom, if that is checked. */
  readonly issuer?: string;
  readonly audience?: string;
}

/** How long a token that was found to be good is not checked again, in ms. */
const TRUST = 60_000;
/** How many such tokens are remembered. */
const REMEMBERED_MOST = 10_000;

/**
 * Finds the account of a request by a signed token in its `Authorization` header: the claim `sub` is the account, `team`
 * the team, `name` the name of the user. A token without an end (`exp`) is not valid. A signature that was found to be good is not checked
 * again within a minute, and never after its end: checking it takes longer than most requests.
 *
 * @throws DatastoreError `invalid-option` unless there is either a secret or the address of keys.
 */
export function tokenAuthentication(
  options: TokenOptions,
): (request: RequestHead) => Promise<Authenticated | undefined> {
  const known = { secret: true, keys: true, issuer: true, audience: true } as const;
  const { secret, keys, issuer, audience } = checkOptions(options, known);
  if ((secret === undefined) === (keys === undefined)) {
    throw new DatastoreError('invalid-option', 'tokens need secret or keys, and not both');
  }
  if (secret !== undefined) checkSecret(secret);
  if (keys !== undefined && !(keys instanceof URL))
    throw invalidArgument('keys must be a URL: use new URL(text)', keys);
  for (const [name, given] of Object.entries({ issuer, audience })) if (given !== undefined) checkString(given, name);
  const limits = {
    algorithms: secret === undefined ? ['RS256', 'ES256', 'EdDSA'] : ['HS256'],
    requiredClaims: ['sub', 'exp'],
    ...(issuer === undefined ? {} : { issuer }),
    ...(audience === undefined ? {} : { audience }),
  };
  const remote = keys && createRemoteJWKSet(keys);
  const trusted = new KnownTokens();
  return async (request) => {
    const token = /^Bearer ([\w.~+/=-]+)$/.exec(request.headers.get('authorization') ?? '')?.[1];
    if (token === undefined) return undefined;
    const requester = trusted.get(token, Date.now());
    if (requester !== undefined) return requester;
    try {
      const { payload } = remote
        ? await jwtVerify(token, remote, limits)
        : await jwtVerify(token, secret as Uint8Array, limits);
      const { sub = '', exp = 0, team, name } = payload;
      if (sub === '' || sub.length > 256) return undefined;
      const found = {
        account: sub,
        team: typeof team === 'string' ? team : undefined,
        userName: typeof name === 'string' ? name : undefined,
        expires: exp * 1000,
      };
      trusted.add(token, found, Date.now());
      return found;
    } catch (error) {
      if (error instanceof errors.JWKSTimeout)
        throw new ServiceError('server', `the keys cannot be read from ${keys?.href}`, {}, error);
      return undefined;
    }
  };
}

/** @throws DatastoreError `invalid-option`. */
function checkSecret(secret: unknown): void {
  if (!(secret instanceof Uint8Array)) {
    throw invalidSecret('secret must be a Uint8Array: use new TextEncoder().encode(text)', secret);
  }
  if (secret.length >= 32) return;
  throw new DatastoreError('invalid-option', `a secret must have at least 32 bytes, got ${secret.length}`);
}

/** The tokens that were found to be good last, and until when that need not be looked at again. */
class KnownTokens {
  readonly #known = new Map<string, { readonly requester: Authenticated; readonly until: number }>();

  get(token: string, now: number): Authenticated | undefined {
    const found = this.#known.get(token);
    if (found !== undefined && now < found.until) return found.requester;
    this.#known.delete(token);
    return undefined;
  }

  add(token: string, requester: Authenticated, now: number): void {
    this.#known.set(token, { requester, until: Math.min(requester.expires ?? now, now + TRUST) });
    const [oldest] = this.#known.keys();
    if (this.#known.size > REMEMBERED_MOST && oldest !== undefined) this.#known.delete(oldest);
  }
}

/** What a token says of its account. */
export interface TokenClaims {
  readonly account: string;
  readonly team?: string | undefined;
  readonly userName?: string | undefined;
}

/**
 * Makes a token for an account.
 *
 * @param seconds how long it is valid.
 * @throws DatastoreError `invalid-option`.
 */
export async function signToken(secret: Uint8Array, claims: TokenClaims, seconds: number): Promise<string> {
  checkSecret(secret);
  const { account, team, userName } = checkOptions(claims, { account: true, team: true, userName: true }, 'claims');
  checkString(account, 'account');
  for (const [name, given] of Object.entries({ team, userName })) if (given !== undefined) checkString(given, name);
  if (!Number.isSafeInteger(seconds)) throw invalidArgument('seconds must be a whole number', seconds);
  return new SignJWT({ ...(team === undefined ? {} : { team }), ...(userName === undefined ? {} : { name: userName }) })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(account)
    .setIssuedAt()
    .setExpirationTime(`${seconds}s`)
    .sign(secret);
}
