/** Where text comes from that is written as it comes: a stream, or whatever gives it piece by piece. */

/** A `ReadableStream` of strings, as far as it is needed; not all platforms let one iterate it. */
export interface TextStream {
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: string | undefined }>;
    cancel(): Promise<unknown>;
  };
}

export type TextSource = AsyncIterable<string> | TextStream;

export interface OpenText {
  /** Undefined at the end. */
  next(): Promise<string | undefined>;
  /** No more is wanted. */
  cancel(): Promise<unknown>;
}

export function isSource(given: object): given is TextSource {
  return Symbol.asyncIterator in given || 'getReader' in given;
}

export function openText(source: TextSource): OpenText {
  if ('getReader' in source) {
    const reader = source.getReader();
    // The application's own: it may throw instead of rejecting.
    return { next: async () => (await reader.read()).value, cancel: async () => reader.cancel() };
  }
  const iterator = source[Symbol.asyncIterator]();
  return {
    next: async () => {
      const result = await iterator.next();
      return result.done === true ? undefined : result.value;
    },
    cancel: async () => iterator.return?.(),
  };
}
