/** A message on its way into a room: the frame of its notification, without what only the script knows, and how it is posted. */

export interface Post {
  /** Undefined where the service posts in nobody's name. */
  readonly author: string | undefined;
  /** Empty for a message over the limit: then only the rights are checked. */
  readonly prefix: Uint8Array;
  readonly middle: Uint8Array;
  /** The event's nonce, 8 bytes. */
  readonly nonce: Buffer;
  readonly clientMessageId: string | undefined;
  readonly transient: boolean;
}

/** What of a room is kept, besides the number of its messages. */
export interface PostRules {
  readonly dedupMs: number;
  /** Bytes of messages. */
  readonly historyMaxBytes: number;
}

/** What lib/format.lua calls `POST`, and the middle of the frame. */
export function packPost(
  { transient, nonce, middle }: Post,
  { dedupMs, historyMaxBytes }: PostRules,
  isTrusted: boolean,
): Buffer {
  const packed = Buffer.allocUnsafe(POST_BYTES + middle.length);
  packed.writeDoubleBE(dedupMs, 0);
  packed.writeDoubleBE(historyMaxBytes, 8);
  packed[16] = transient ? 1 : 0;
  packed[17] = isTrusted ? 1 : 0;
  packed.set(nonce, 18);
  packed.set(middle, POST_BYTES);
  return packed;
}

const POST_BYTES = 26;
