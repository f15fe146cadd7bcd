// An issuer of tokens on loopback: signs with keys of its own, serves their public halves as a key set, and misbehaves
// when told to. What a service makes of its tokens is up to the tests.
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, type CryptoKey, type JWK, type JWTPayload } from 'jose';
import type { Scope } from './disposal.ts';
import { listen } from './loopback.ts';

export interface Issuer {
  /** Of the key set. */
  readonly url: string;
  /** How often the key set was asked for. */
  readonly fetches: number;
  /** Makes a key; published at once unless `hidden`. Its JWK says `alg` only where told to. */
  addKey(kid: string, alg: string, options?: { hidden?: boolean; jwk?: JWK }): Promise<void>;
  publish(kid: string): void;
  withdraw(kid: string): void;
  /** The public half as PEM. */
  pem(kid: string): Promise<string>;
  /** The whole key set as it is now. */
  keySet(): { keys: JWK[] };
  /** A token signed with that key, by the algorithm that it was made for unless told otherwise. */
  sign(kid: string, payload: JWTPayload, options?: { alg?: string; header?: Record<string, unknown> }): Promise<string>;
  /** Answers differently from now on; without a listener, with the key set again. */
  answer(listener?: RequestListener): void;
}

interface Key {
  readonly alg: string;
  readonly publicKey: CryptoKey;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
  published: boolean;
}

export async function startIssuer(scope: Scope): Promise<Issuer> {
  const keys = new Map<string, Key>();
  const keySet = (): { keys: JWK[] } => ({ keys: [...keys.values()].flatMap((key) => (key.published ? key.jwk : [])) });
  const serve = (_: IncomingMessage, response: ServerResponse): void => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(keySet()));
  };
  let listener: RequestListener = serve;
  let fetches = 0;
  const server = createServer((request, response) => {
    fetches += 1;
    listener(request, response);
  });
  const port = await listen(scope, server);
  const get = (kid: string): Key => {
    const key = keys.get(kid);
    if (key === undefined) throw new Error(`the issuer has no key ${kid}`);
    return key;
  };
  return {
    url: `http://127.0.0.1:${port}/jwks.json`,
    get fetches() {
      return fetches;
    },
    addKey: async (kid, alg, { hidden = false, jwk = {} } = {}) => {
      const pair = await generateKeyPair(alg, { extractable: true });
      keys.set(kid, { ...pair, alg, jwk: { ...(await exportJWK(pair.publicKey)), kid, ...jwk }, published: !hidden });
    },
    publish: (kid) => {
      get(kid).published = true;
    },
    withdraw: (kid) => {
      get(kid).published = false;
    },
    pem: (kid) => exportSPKI(get(kid).publicKey),
    keySet,
    sign: async (kid, payload, { alg, header = {} } = {}) => {
      const key = get(kid);
      const protectedHeader = { alg: alg ?? key.alg, kid, ...header };
      const signingKey = alg === undefined ? key.privateKey : await keyFor(alg, key.privateKey);
      // A header may name the extension `x`, which no service knows, as critical.
      return new SignJWT(payload).setProtectedHeader(protectedHeader).sign(signingKey, { crit: { x: true } });
    },
    answer: (next = serve) => {
      listener = next;
    },
  };
}

/** The same private key for another algorithm: a `CryptoKey` is bound to one. */
async function keyFor(alg: string, key: CryptoKey): Promise<JWK> {
  return { ...(await exportJWK(key)), alg };
}
