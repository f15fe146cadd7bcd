/** Fetches the key set of an issuer within bounds of time, size and count. When to do so is left to remote-keys.ts. */
import type { JSONWebKeySet } from 'jose';

/** Key sets have a few kilobytes, with chains of certificates some tens. */
const BYTES_MAX = 262_144;
const KEYS_MAX = 100;

/** Rejects with a sentence where the answer is no key set, is too large, or does not come in time. */
export async function fetchKeySet(url: string, timeoutMs: number, stopped: AbortSignal): Promise<JSONWebKeySet> {
  const late = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      // The address is the operator's word on whom to trust; its answer cannot pass that on.
      redirect: 'error',
      headers: { accept: 'application/json, application/jwk-set+json' },
      signal: AbortSignal.any([late, stopped]),
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new Error(`the answer was HTTP ${response.status}`);
    }
    return parse(await readText(response));
  } catch (error) {
    if (late.aborted) throw new Error(`no answer within ${timeoutMs} ms`);
    throw error;
  }
}

/** The body, as long as it stays within the bound after decompression. */
async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const body: AsyncIterable<Uint8Array> | null = response.body;
  if (body === null) return '';
  for await (const chunk of body) {
    bytes += chunk.length;
    // Leaving the loop cancels the body.
    if (bytes > BYTES_MAX) throw new Error(`the answer has more than ${BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
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
