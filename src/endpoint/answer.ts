/**
 * The body of an answer of somebody else's server. `fetch` forgets its signal once the answer has begun and garbage is collected (undici,
 * in Node 20): a body that stops coming would be waited for for minutes. So here it is ended by hand.
 */

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
