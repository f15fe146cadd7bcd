/**
 * The codec: bytes of frames to messages and back, in either format. It judges form only; which methods exist and
 * what their arguments must be is left to the catalogue and `validate.ts`.
 */
import type { Codec, CodecOptions, Format } from './envelope.ts';
import { createJsonCodec } from './json.ts';
import { defaultLimits, replyDepth, replyValuesMax, valuesMax } from '../params/limits.ts';
import { createMsgpackCodec } from './msgpack.ts';

export type {
  Codec,
  CodecOptions,
  DecodedFrame,
  Format,
  FrameReader,
  Message,
  NotificationMessage,
  RequestMessage,
  ResponseMessage,
  SkippedMessage,
} from './envelope.ts';
export type { MalformedReason } from './malformed.ts';

/** WebSocket subprotocol → format. A client that offers none speaks the first. */
export const subprotocols = { 'parley.v1.msgpack': 'msgpack', 'parley.v1.json': 'json' } as const satisfies Record<
  string,
  Format
>;

/** Without options: what a server accepts. With `accept: 'replies'` the other two default to a client's bounds. */
export function createCodec(format: Format, options: Partial<CodecOptions> = {}): Codec {
  const accept = options.accept ?? 'requests';
  const replies = accept === 'replies';
  const complete: CodecOptions = {
    accept,
    depth: options.depth ?? (replies ? replyDepth : defaultLimits.depth),
    valuesMax: options.valuesMax ?? (replies ? replyValuesMax : valuesMax),
  };
  return format === 'json' ? createJsonCodec(complete) : createMsgpackCodec(complete);
}
