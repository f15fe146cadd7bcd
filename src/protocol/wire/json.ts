/**
 * The JSON format of the codec: text frames, one array per line, bytes as `{"$bytes": base64}`. It carries the same
 * values as MessagePack and refuses the same things.
 */
import { fromBase64, toBase64 } from './base64.ts';
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
import { BYTES_KEY, isCarried, PROTO_KEY } from './fault.ts';
import { malformedReasons, type MalformedReason } from './malformed.ts';
import { mapFor } from './sparse.ts';
import { decodeText } from './utf8.ts';
import { isMap, type Value, type ValueMap } from '../params/values.ts';

export function createJsonCodec(options: CodecOptions): Codec {
  return {
    format: 'json',
    readFrame: (data) => new JsonReader(data, options),
    decodeFrame: (data) => readAll(new JsonReader(data, options)),
    encodeRequest: (id, method, params) => encodeJson([0, id, method, [...params]]),
    encodeResponse: (id, error, result) =>
      result instanceof PreparedResult
        ? `[1,${id},${encodeJson(error)},${result.text()}]`
        : encodeJson([1, id, error, result]),
    encodeNotification: (name, params) => encodeJson([2, name, [...params]]),
  };
}

/** JSON text of a value, bytes as `{"$bytes": base64}`. */
export function encodeJson(value: Value): string {
  return JSON.stringify(withoutBytes(value));
}

/** The value with bytes replaced; the same object where there are none, which is nearly always. */
function withoutBytes(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return { [BYTES_KEY]: toBase64(value) };
  if (Array.isArray(value)) {
    const items = value.map(withoutBytes);
    return items.every((item, index) => item === value[index]) ? value : items;
  }
  let copy: ValueMap | undefined;
  for (const [key, item] of Object.entries(value)) {
    const replaced = withoutBytes(item);
    if (replaced !== item) (copy ??= Object.assign(mapFor(Object.keys(value)), value))[key] = replaced;
  }
  return copy ?? value;
}

const NEWLINE = 0x0a;
/** Some encoders write it before all text; RFC 8259, section 8.1, lets readers pass over it. */
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

class JsonReader implements FrameReader {
  malformed: MalformedReason | undefined = undefined;
  values = 0;
  readonly #data: Uint8Array;
  readonly #options: CodecOptions;
  offset: number;

  constructor(data: Uint8Array, options: CodecOptions) {
    this.#data = data;
    this.#options = options;
    this.offset = afterBlank(data, afterMark(data));
    if (this.offset === data.length) this.malformed = malformedReasons.noMessages;
  }

  next(): Message | undefined {
    const data = this.#data;
    if (this.malformed !== undefined || this.offset >= data.length) return undefined;
    // A raw newline cannot occur inside a JSON string, nor its byte inside another character of UTF-8, so lines can be cut
    // before they are read. A carriage return before it is white space.
    const newline = data.indexOf(NEWLINE, this.offset);
    const end = newline < 0 ? data.length : newline;
    const read = readJson(data.subarray(this.offset, end), this.#options);
    if (typeof read === 'string') return this.#stop(read);
    const message = toMessage(read.value, this.#options.accept, read.suspicious);
    if (typeof message === 'string') return this.#stop(message);
    // What is left is a frame or nothing: lines without a message are passed over now.
    this.offset = afterBlank(data, end);
    this.values = read.values;
    return message;
  }

  skip(): SkippedMessage | undefined {
    const message = this.next();
    // A line has to be parsed whole to be known as well-formed; what it says is not kept.
    if (message === undefined || message.type === 1) return undefined;
    return skipped(message.type, message.type === 0 ? message.id : 0);
  }

  rest(): Uint8Array {
    return this.#data.subarray(this.offset);
  }

  #stop(reason: MalformedReason): undefined {
    this.malformed = reason;
  }
}

function afterMark(data: Uint8Array): number {
  return BYTE_ORDER_MARK.every((byte, at) => data[at] === byte) ? BYTE_ORDER_MARK.length : 0;
}

/** The first byte from there on that is no white space of JSON. */
function afterBlank(data: Uint8Array, from: number): number {
  let at = from;
  for (; at < data.length; at++) {
    const byte = data[at];
    if (byte !== NEWLINE && byte !== 0x0d && byte !== 0x20 && byte !== 0x09) break;
  }
  return at;
}

/** The value that is the whole of a text. */
export function readJsonText(
  bytes: Uint8Array,
  options: Pick<CodecOptions, 'depth' | 'valuesMax'>,
): ReadJson | MalformedReason {
  return readJson(bytes.subarray(afterMark(bytes)), options);
}

interface ReadJson {
  readonly value: Value;
  readonly suspicious: boolean;
  readonly values: number;
}

/**
 * One value, whether something that no param may carry may be in it (`findFault`), and how many values it is made of; or
 * what is wrong with its form.
 */
function readJson(bytes: Uint8Array, options: Pick<CodecOptions, 'depth' | 'valuesMax'>): ReadJson | MalformedReason {
  const text = decodeText(bytes);
  if (text === undefined) return malformedReasons.notDecodable;
  let parsed: Value;
  try {
    // JSON.parse gives JSON values only, which are a part of our values.
    parsed = JSON.parse(text) as Value;
  } catch {
    return malformedReasons.notDecodable;
  }
  const reviver = new Reviver(options);
  const value = reviver.revive(parsed, 0);
  return reviver.malformed ?? { value, suspicious: reviver.suspicious, values: reviver.values };
}

/** Goes through one parsed message, in place: counts it, finds what is not allowed, and turns `$bytes` into bytes. */
class Reviver {
  malformed: MalformedReason | undefined = undefined;
  /** Something no param may carry may be there; `findFault` knows where. */
  suspicious = false;
  values = 0;
  readonly #options: Pick<CodecOptions, 'depth' | 'valuesMax'>;

  constructor(options: Pick<CodecOptions, 'depth' | 'valuesMax'>) {
    this.#options = options;
  }

  /** Recursion ends at the depth allowed. After `malformed` is set the value returned is of no use. */
  revive(value: Value, depth: number): Value {
    this.#count();
    if (typeof value === 'number') this.suspicious ||= !isCarried(value);
    else if (typeof value === 'string') this.suspicious ||= !value.isWellFormed();
    if (typeof value !== 'object' || value === null || this.malformed !== undefined) return value;
    if (isMap(value)) return reviveBytes(value) ?? this.#reviveMap(value, this.#deeper(depth));
    if (Array.isArray(value)) this.#reviveList(value, this.#deeper(depth));
    return value;
  }

  #count(): void {
    if (++this.values > this.#options.valuesMax) this.malformed ??= malformedReasons.tooManyValues;
  }

  #deeper(depth: number): number {
    if (depth >= this.#options.depth) this.malformed ??= malformedReasons.tooDeep;
    return depth + 1;
  }

  #reviveList(list: Value[], depth: number): void {
    for (let i = 0; i < list.length && this.malformed === undefined; i++) {
      const item = list[i] ?? null;
      const revived = this.revive(item, depth);
      if (revived !== item) list[i] = revived;
    }
  }

  #reviveMap(map: ValueMap, depth: number): ValueMap {
    // JSON.parse makes `__proto__` an own key, which `for in` visits like any other.
    for (const key in map) {
      if (key === PROTO_KEY) this.malformed ??= malformedReasons.protoKey;
      if (this.malformed !== undefined) break;
      this.#count();
      if (key === BYTES_KEY || !key.isWellFormed()) this.suspicious = true;
      const item = map[key] ?? null;
      const revived = this.revive(item, depth);
      if (revived !== item) map[key] = revived;
    }
    return map;
  }
}

/** The bytes that a map stands for, if it is `{"$bytes": base64}` and nothing else. */
function reviveBytes(map: ValueMap): Uint8Array | undefined {
  const text = map[BYTES_KEY];
  return typeof text === 'string' && Object.keys(map).length === 1 ? fromBase64(text) : undefined;
}
