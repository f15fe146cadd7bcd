/**
 * The MessagePack format of the codec: binary frames, values one after another. The scan decides what is acceptable;
 * the library only builds what passed.
 */
import { Decoder, Encoder } from '@msgpack/msgpack';
import { toMessage, type Codec, type CodecOptions, type DecodedFrame, type Message } from './envelope.ts';
import { malformedReasons } from './malformed.ts';
import { lastScan, scanReason, scanValue } from './scan.ts';
import type { Value } from './values.ts';

const encoder = new Encoder({ ignoreUndefined: true });
const decoder = new Decoder();

/** Bytes of a value, the caller's own. */
export function encodeValue(value: Value | readonly Value[]): Uint8Array {
  return encoder.encode(value);
}

/** Bytes of a value, valid only until the next encoding: to be measured, copied or sent at once. */
export function encodeShared(value: Value | readonly Value[]): Uint8Array {
  return encoder.encodeSharedRef(value);
}

/** The value of bytes that this service made or that passed the scan. Binary in it refers to `bytes`. */
export function decodeTrusted(bytes: Uint8Array): Value {
  // Decoded bytes are values by construction: ext types, the only others, never get here.
  return decoder.decode(bytes) as Value;
}

export function createMsgpackCodec(options: CodecOptions): Codec {
  return {
    format: 'msgpack',
    decodeFrame: (data) => decodeFrame(data, options),
    encodeRequest: (id, method, params) => encoder.encode([0, id, method, params]),
    encodeResponse: (id, error, result) => encoder.encode([1, id, error, result]),
    encodeNotification: (name, params) => encoder.encode([2, name, params]),
  };
}

function decodeFrame(data: Uint8Array, options: CodecOptions): DecodedFrame {
  const messages: Message[] = [];
  if (data.length === 0) return { messages, malformed: malformedReasons.noMessages };
  for (let at = 0; at < data.length;) {
    const end = scanValue(data, at, options.depth, options.valuesMax);
    if (end < 0) return { messages, malformed: scanReason(end) };
    // The frame's memory is not ours for long. Decoding copies everything but binary values, which refer to the bytes
    // decoded: only then is a copy needed. Allocating one for each frame would cost as much as decoding.
    const own = data.subarray(at, end);
    const value = decodeTrusted(lastScan.binary ? new Uint8Array(own) : own);
    const message = toMessage(value, options.accept, lastScan.suspicious);
    if (typeof message === 'string') return { messages, malformed: message };
    messages.push(message);
    at = end;
  }
  return { messages, malformed: undefined };
}
