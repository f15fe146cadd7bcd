/**
 * Signs and checks what clients keep for the service, with keys that all nodes share and nobody else has: HMAC-SHA256 over a
 * text, as `id.text.signature`, the text and the signature in base64url. A node asks for the keys once a minute at most, and
 * when it is shown one that it does not know.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { Instance } from '../../bus/instance.ts';
import type { ResumeKey, ResumeKeyStore } from '../../store/user/resume-key-store.ts';

const FRESH_MS = 60_000;
/** Where Redis cannot be asked, keys that were read before are good for so long: each signs for a day longer than its tokens last. */
const STALE_MS = 60 * 60 * 1000;
/** Strangers may show keys that nobody knows: no sooner is it asked for another one. */
const AGAIN_MS = 1000;
/** What is signed is bounded by what its client may send; a longer one was not signed here. */
const LENGTH_MAX = 65_536;

interface Known {
  readonly keys: readonly ResumeKey[];
  readonly readAt: number;
  /** Another instance of the node may find a Redis that has lost everything, keys and revocations. */
  readonly nodeId: string;
}

export class ResumeKeys {
  readonly #store: Pick<ResumeKeyStore, 'read'>;
  readonly #instance: Pick<Instance, 'nodeId'>;
  #known: Known | undefined;
  #reading: Promise<readonly ResumeKey[]> | undefined;

  constructor(store: Pick<ResumeKeyStore, 'read'>, instance: Pick<Instance, 'nodeId'>) {
    this.#store = store;
    this.#instance = instance;
  }

  /** The key to sign with now. Rejects with `StateUnavailable`. */
  async newest(): Promise<ResumeKey> {
    const [key] = this.#younger(FRESH_MS) ?? (await this.#read());
    if (key === undefined) throw new TypeError('there is no key to sign with');
    return key;
  }

  /** The text that was signed; undefined where it was not signed here, or too long ago. Rejects with `StateUnavailable`. */
  async verify(token: string): Promise<string | undefined> {
    const [id = '', text = '', mac = '', ...more] = token.length > LENGTH_MAX ? [] : token.split('.');
    if (mac === '' || more.length > 0) return undefined;
    const named = (key: ResumeKey): boolean => key.id === id;
    const key = this.#younger(FRESH_MS)?.find(named) ?? (await this.#readAgain()).find(named);
    if (key === undefined) return undefined;
    const [shown, right] = [Buffer.from(mac, 'base64url'), macOf(key, `${id}.${text}`)];
    const isRight = shown.length === right.length && timingSafeEqual(shown, right);
    return isRight ? Buffer.from(text, 'base64url').toString('utf8') : undefined;
  }

  /** Those of this instance that were read lately. */
  #younger(ms: number): readonly ResumeKey[] | undefined {
    const { keys, readAt, nodeId } = this.#known ?? {};
    return nodeId === this.#instance.nodeId && performance.now() - (readAt ?? 0) < ms ? keys : undefined;
  }

  async #readAgain(): Promise<readonly ResumeKey[]> {
    const { readAt } = this.#known ?? {};
    if (readAt !== undefined && this.#younger(AGAIN_MS) !== undefined) {
      await setTimeout(readAt + AGAIN_MS - performance.now());
      // Others have waited as well.
      if (this.#known?.readAt !== readAt) return this.#younger(FRESH_MS) ?? this.#read();
    }
    return this.#read();
  }

  /** One reading for all who want it. */
  #read(): Promise<readonly ResumeKey[]> {
    const { nodeId } = this.#instance;
    this.#reading ??= this.#store
      .read()
      .then((keys) => {
        this.#known = { keys, readAt: performance.now(), nodeId };
        return keys;
      })
      .catch((error: unknown) => {
        const stale = this.#younger(STALE_MS);
        if (stale === undefined) throw error;
        return stale;
      })
      .finally(() => (this.#reading = undefined));
    return this.#reading;
  }
}

export function sign(key: ResumeKey, text: string): string {
  const signed = `${key.id}.${Buffer.from(text, 'utf8').toString('base64url')}`;
  return `${signed}.${macOf(key, signed).toString('base64url')}`;
}

const macOf = ({ secret }: ResumeKey, text: string): Buffer => createHmac('sha256', secret).update(text).digest();
