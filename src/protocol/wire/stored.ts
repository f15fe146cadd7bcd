/**
 * Results in which parts stay as they are stored. Messages go from the store to clients as the MessagePack that was sent
 * when they were new, without being decoded and encoded again; this is the one place that knows how such parts are put
 * into a response of either format. Which parts these are is left to the handlers.
 */
import { PreparedResult, type Format } from './envelope.ts';
import { encodeJson } from './json.ts';
import { decodeTrusted, encodeShared, encodeValue } from './msgpack.ts';
import { utf8Length } from '../names/form.ts';
import { openFrame } from './opening.ts';
import { arrayHeader, concat, mapHeader } from './pack.ts';
import type { Value, ValueMap } from '../params/values.ts';

/** One value as it is stored, in MessagePack that this service has made. `bytes` must stay as they are. */
export class StoredValue {
  readonly bytes: Uint8Array;
  #text: string | undefined;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get value(): Value {
    return decodeTrusted(this.bytes);
  }

  /** As JSON, made once: it is measured before it is sent. */
  get text(): string {
    return (this.#text ??= encodeJson(this.value));
  }

  /** Bytes that it takes in a response. */
  size(format: Format): number {
    return format === 'json' ? utf8Length(this.text) : this.bytes.length;
  }
}

/** A value some parts of which are as they are stored. */
export type Spliced = Value | StoredValue | readonly Spliced[] | { readonly [key: string]: Spliced };

/** Stands for a result of the type `T`, which is made of it only where somebody wants to look at it. It is put into a format once. */
export class StoredResult<T> extends PreparedResult {
  readonly #spliced: Spliced;
  #packed: Uint8Array[] | undefined;
  #text: string | undefined;

  constructor(spliced: Spliced) {
    super();
    this.#spliced = spliced;
  }

  get value(): T {
    // A handler gives what its request declares; here that is so once the parts are decoded.
    return valueOf(this.#spliced, mixedIn(this.#spliced)) as T;
  }

  override packed(): Uint8Array[] {
    if (this.#packed === undefined) {
      this.#packed = [];
      pack(this.#spliced, mixedIn(this.#spliced), this.#packed);
    }
    return this.#packed;
  }

  override text(): string {
    return (this.#text ??= textOf(this.#spliced, mixedIn(this.#spliced)));
  }
}

/** A notification whose last param is such a result. */
export function storedNotification(
  format: Format,
  name: string,
  leading: readonly Value[],
  last: PreparedResult,
): Uint8Array | string {
  if (format === 'msgpack') return concat([openFrame(name, leading), ...last.packed()]);
  return `[2,${JSON.stringify(name)},[${[...leading.map(encodeJson), last.text()].join(',')}]]`;
}

const isList = (spliced: Spliced): spliced is readonly Spliced[] => Array.isArray(spliced);

/** The lists and maps that hold a stored value somewhere. */
type Mixed = ReadonlySet<Spliced>;

/** Found in one walk over all of it: looking into a part again at each level above it would take the square of the depth. */
function mixedIn(spliced: Spliced): Mixed {
  const mixed = new Set<Spliced>();
  const holdsStored = (part: Spliced): boolean => {
    if (typeof part !== 'object' || part === null || part instanceof Uint8Array) return false;
    if (part instanceof StoredValue) return true;
    let holds = false;
    for (const item of isList(part) ? part : Object.values(part)) if (holdsStored(item)) holds = true;
    if (holds) mixed.add(part);
    return holds;
  };
  holdsStored(spliced);
  return mixed;
}

const isPlain = (spliced: Spliced, mixed: Mixed): spliced is Value =>
  !(spliced instanceof StoredValue) && !mixed.has(spliced);

function valueOf(spliced: Spliced, mixed: Mixed): Value {
  if (isPlain(spliced, mixed)) return spliced;
  if (spliced instanceof StoredValue) return spliced.value;
  if (isList(spliced)) return spliced.map((item) => valueOf(item, mixed));
  return Object.fromEntries(Object.entries(spliced).map(([key, item]) => [key, valueOf(item, mixed)]));
}

function textOf(spliced: Spliced, mixed: Mixed): string {
  if (isPlain(spliced, mixed)) return encodeJson(spliced);
  if (spliced instanceof StoredValue) return spliced.text;
  if (isList(spliced)) return `[${spliced.map((item) => textOf(item, mixed)).join(',')}]`;
  return `{${Object.entries(spliced)
    .map(([key, item]) => `${JSON.stringify(key)}:${textOf(item, mixed)}`)
    .join(',')}}`;
}

function pack(spliced: Spliced, mixed: Mixed, parts: Uint8Array[]): void {
  if (isPlain(spliced, mixed)) parts.push(encodeValue(spliced));
  else if (spliced instanceof StoredValue) parts.push(spliced.bytes);
  else if (isList(spliced)) {
    parts.push(arrayHeader(spliced.length));
    for (const item of spliced) pack(item, mixed, parts);
  } else packMap(spliced, mixed, parts);
}

/** What is plain in it is encoded at once, and comes first. */
function packMap(map: { readonly [key: string]: Spliced }, mixed: Mixed, parts: Uint8Array[]): void {
  const known: ValueMap = {};
  const others: [string, Spliced][] = [];
  let count = 0;
  for (const [key, item] of Object.entries(map)) {
    count++;
    if (isPlain(item, mixed)) known[key] = item;
    else others.push([key, item]);
  }
  const entries = encodeShared(known).subarray(mapHeader(count - others.length).length);
  // `entries` refers to the encoder's own buffer: it must be copied before anything else is encoded.
  parts.push(concat([mapHeader(count), entries]));
  for (const [key, item] of others) {
    parts.push(encodeValue(key));
    pack(item, mixed, parts);
  }
}
