/**
 * The MessagePack format of the codec: binary frames, values one after another. The scan decides what is acceptable;
 * the library only builds what passed.
 */
import { Decoder, Encoder } from '@msgpack/msgpack';
import {
  PreparedResult,
  readAll,
  skipped,
  toMessage,
  type Codec,
  type CodecOptions,
  type FrameReader,
  type Message,
  type SkippedMessage,
} from './envelope.ts';
import { withLongStrings } from './long-strings.ts';
import { malformedReasons, type MalformedReason } from './malformed.ts';
import { concat } from './pack.ts';
import { lastScan, scanReason, scanValue } from './scan.ts';
import { isIndexLike, MARK, unmarked } from './sparse.ts';
import type { Value } from '../params/values.ts';

const encoder = withLongStrings(new Encoder({ ignoreUndefined: true }));
let isMarked = false;
const decoder = new Decoder({
  mapKeyConverter: (key) => {
    // Keys are strings wherever this decodes, see below.
    if (typeof key !== 'string' || !isIndexLike(key)) return key as string;
    isMarked = true;
    return MARK + key;
  },
});

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
  isMarked = false;
  const value = decoder.decode(bytes) as Value;
  return isMarked ? unmarked(value) : value;
}

export function createMsgpackCodec(options: CodecOptions): Codec {
  return {
    format: 'msgpack',
    readFrame: (data) => new MsgpackReader(data, options),
    decodeFrame: (data) => readAll(new MsgpackReader(data, options)),
    encodeRequest: (id, method, params) => encoder.encode([0, id, method, params]),
    encodeResponse: (id, error, result) =>
      result instanceof PreparedResult
        ? concat([RESPONSE, encodeValue(id), encodeValue(error), ...result.packed()])
        : encoder.encode([1, id, error, result]),
    encodeNotification: (name, params) => encoder.encode([2, name, params]),
  };
}

const ARRAY_OF_3 = 0x93;
const ARRAY_OF_4 = 0x94;
const RESPONSE = Uint8Array.of(ARRAY_OF_4, 1);
/** Bytes of an unsigned integer after its head byte. */
const ID_BYTES: ReadonlyMap<number, number> = new Map([
  [0xcc, 1],
  [0xcd, 2],
  [0xce, 4],
]);

/** The head of a request or notification that was scanned, in the form in which encoders write it; else undefined. */
function readHead(data: Uint8Array, at: number): SkippedMessage | undefined {
  if (data[at] === ARRAY_OF_3 && data[at + 1] === 2) return skipped(2, 0);
  if (data[at] !== ARRAY_OF_4 || data[at + 1] !== 0) return undefined;
  const first = data[at + 2] ?? 0;
  if (first < 0x80) return skipped(0, first);
  const size = ID_BYTES.get(first);
  if (size === undefined) return undefined;
  let id = 0;
  for (let i = at + 3; i < at + 3 + size; i++) id = id * 256 + (data[i] ?? 0);
  return skipped(0, id);
}

class MsgpackReader implements FrameReader {
  malformed: MalformedReason | undefined = undefined;
  values = 0;
  readonly #data: Uint8Array;
  readonly #options: CodecOptions;
  offset = 0;

  constructor(data: Uint8Array, options: CodecOptions) {
    this.#data = data;
    this.#options = options;
    if (data.length === 0) this.malformed = malformedReasons.noMessages;
  }

  next(): Message | undefined {
    const data = this.#data;
    if (this.malformed !== undefined || this.offset >= data.length) return undefined;
    const end = scanValue(data, this.offset, this.#options.depth, this.#options.valuesMax);
    if (end < 0) return this.#stop(scanReason(end));
    // The frame's memory is not ours for long. Decoding copies everything but binary values, which refer to the bytes
    // decoded: only then is a copy needed. Allocating one for each frame would cost as much as decoding.
    const own = data.subarray(this.offset, end);
    const value = decodeTrusted(lastScan.binary ? new Uint8Array(own) : own);
    const message = toMessage(value, this.#options.accept, lastScan.suspicious);
    if (typeof message === 'string') return this.#stop(message);
    this.offset = end;
    this.values = lastScan.values;
    return message;
  }

  skip(): SkippedMessage | undefined {
    const data = this.#data;
    if (this.malformed !== undefined || this.offset >= data.length) return undefined;
    const end = scanValue(data, this.offset, this.#options.depth, this.#options.valuesMax);
    const head = end < 0 ? undefined : readHead(data, this.offset);
    if (head === undefined) {
      // Malformed, or written in some longer form.
      const message = this.next();
      return message?.type === 1 ? undefined : message;
    }
    this.offset = end;
    return head;
  }

  rest(): Uint8Array {
    return this.#data.subarray(this.offset);
  }

  #stop(reason: MalformedReason): undefined {
    this.malformed = reason;
  }
}
