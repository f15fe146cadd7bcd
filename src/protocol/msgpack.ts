/**
 * The MessagePack format of the codec: binary frames, values one after another. The scan decides what is acceptable;
 * the library only builds what passed.
 */
import { Decoder, Encoder } from '@msgpack/msgpack';
import { readAll, toMessage, type Codec, type CodecOptions, type FrameReader, type Message } from './envelope.ts';
import { malformedReasons, type MalformedReason } from './malformed.ts';
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
    readFrame: (data) => new MsgpackReader(data, options),
    decodeFrame: (data) => readAll(new MsgpackReader(data, options)),
    encodeRequest: (id, method, params) => encoder.encode([0, id, method, params]),
    encodeResponse: (id, error, result) => encoder.encode([1, id, error, result]),
    encodeNotification: (name, params) => encoder.encode([2, name, params]),
  };
}

class MsgpackReader implements FrameReader {
  malformed: MalformedReason | undefined = undefined;
  values = 0;
  readonly #data: Uint8Array;
  readonly #options: CodecOptions;
  #at = 0;

  constructor(data: Uint8Array, options: CodecOptions) {
    this.#data = data;
    this.#options = options;
    if (data.length === 0) this.malformed = malformedReasons.noMessages;
  }

  next(): Message | undefined {
    const data = this.#data;
    if (this.malformed !== undefined || this.#at >= data.length) return undefined;
    const end = scanValue(data, this.#at, this.#options.depth, this.#options.valuesMax);
    if (end < 0) return this.#stop(scanReason(end));
    // The frame's memory is not ours for long. Decoding copies everything but binary values, which refer to the bytes
    // decoded: only then is a copy needed. Allocating one for each frame would cost as much as decoding.
    const own = data.subarray(this.#at, end);
    const value = decodeTrusted(lastScan.binary ? new Uint8Array(own) : own);
    const message = toMessage(value, this.#options.accept, lastScan.suspicious);
    if (typeof message === 'string') return this.#stop(message);
    this.#at = end;
    this.values = lastScan.values;
    return message;
  }

  rest(): Uint8Array {
    return this.#data.subarray(this.#at);
  }

  #stop(reason: MalformedReason): undefined {
    this.malformed = reason;
  }
}
