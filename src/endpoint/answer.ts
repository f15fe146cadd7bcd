/**
 * Answers of somebody else's server to `fetch`, within a time. `fetch` forgets its signal once the answer has begun and garbage is collected
 * (undici, in Node 20): a body that stops coming would be waited for for minutes. So here it is ended by hand.
 */

/**
 * Lets `ask` go on until `timeoutMs` are over, or `stopped` is aborted: then its signal is, and this rejects with why. The signal is held by
 * its timer, as a composed one would be by nobody.
 */
export async function within<T>(
  timeoutMs: number,
  ask: (ended: AbortSignal) => Promise<T>,
  stopped?: AbortSignal,
): Promise<T> {
  stopped?.throwIfAborted();
  const ending = new AbortController();
  const stop = (): void => ending.abort(stopped?.reason);
  const timer = setTimeout(() => ending.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs).unref();
  stopped?.addEventListener('abort', stop);
  try {
    return await ask(ending.signal);
  } catch (error) {
    throw ending.signal.aborted ? ending.signal.reason : error;
  } finally {
    clearTimeout(timer);
    stopped?.removeEventListener('abort', stop);
  }
}

/** Rejects with the signal's reason where that comes first, and with a sentence where the body, decompressed, has more bytes. */
export async function readText({ body }: Response, ended: AbortSignal, bytesMax = Infinity): Promise<string> {
  ended.throwIfAborted();
  if (body === null) return '';
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
  // Ends the connection, unless all was read.
  const leave = (): void => void reader.cancel().catch(() => undefined);
  ended.addEventListener('abort', leave);
  try {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      bytes += read.value.length;
      if (bytes > bytesMax) throw new Error(`the answer has more than ${bytesMax} bytes`);
      chunks.push(read.value);
    }
    ended.throwIfAborted();
    return Buffer.concat(chunks).toString('utf8');
  } finally {
    ended.removeEventListener('abort', leave);
    leave();
  }
}
