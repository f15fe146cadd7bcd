/** Fetches the key set of an issuer within bounds of time, size and count. When to do so is left to remote-keys.ts. */
import type { JSONWebKeySet } from 'jose';
import { readText, within } from '../../endpoint/answer.ts';

/** Key sets have a few kilobytes, with chains of certificates some tens. */
const BYTES_MAX = 262_144;
const KEYS_MAX = 100;

/** Rejects with a sentence where the answer is no key set, is too large, or does not come in time. */
export function fetchKeySet(url: string, timeoutMs: number, stopped: AbortSignal): Promise<JSONWebKeySet> {
  return within(timeoutMs, (ended) => ask(url, ended), stopped);
}

async function ask(url: string, ended: AbortSignal): Promise<JSONWebKeySet> {
  const response = await fetch(url, {
    // The address is the operator's word on whom to trust; its answer cannot pass that on.
    redirect: 'error',
    headers: { accept: 'application/json, application/jwk-set+json' },
    signal: ended,
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`the answer was HTTP ${response.status}`);
  }
  return parse(await readText(response, ended, BYTES_MAX));
}

function parse(text: string): JSONWebKeySet {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new Error('the answer is not JSON');
  }
  if (typeof answer !== 'object' || answer === null || !('keys' in answer) || !Array.isArray(answer.keys))
    throw new Error('the answer is not a key set');
  const keys: unknown[] = answer.keys;
  if (keys.length > KEYS_MAX) throw new Error(`the key set has more than ${KEYS_MAX} keys`);
  // What the keys are is checked by the library, of a set when it is taken over, of a key when it is used.
  return { keys: keys as JSONWebKeySet['keys'] };
}
