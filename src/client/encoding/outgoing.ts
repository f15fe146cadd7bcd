/**
 * Makes values of the protocol out of whatever an application passes, or says why that cannot be: the service would end
 * the connection over some of it, and the two formats would carry other things for the rest. What a request needs is
 * left to the catalogue; how values become bytes, to the codec.
 */
import { isCarried, isKey } from '../../protocol/wire/fault.ts';
import { valuesMax } from '../../protocol/params/limits.ts';
import type { Value, ValueMap } from '../../protocol/params/values.ts';

/** Why something cannot travel; caught before it leaves the library. */
export class Unsendable extends Error {}

export interface Bounds {
  /** `limits.depth` of the service. */
  readonly depth: number;
  /** `replace`: half a surrogate pair becomes U+FFFD, as is right in text; `refuse`: as is right in names and ids. */
  readonly loneSurrogates: 'replace' | 'refuse';
}

/** The arrays around a param in its message: the message itself and the params. */
const depthBefore = 2;
/** The message, its type, id and method, and the params. */
const valuesBefore = 5;

/** Counts the values of one message across its params. */
export class Outgoing {
  #values = valuesBefore;
  #bounds: Bounds = { depth: 0, loneSurrogates: 'refuse' };

  /**
   * A copy of its own of one param, undefined as nil. Throws where there is none: `Unsendable`, or what a getter or
   * `toJSON` of the application's throws.
   */
  param(input: unknown, bounds: Bounds): Value {
    this.#bounds = bounds;
    return this.#value(input, depthBefore, '') ?? null;
  }

  /** `depth`: containers around it. Undefined stands for what a map leaves out. */
  #value(input: unknown, depth: number, path: string, isJson = false): Value | undefined {
    if (++this.#values > valuesMax) throw unsendable(path, `more than ${valuesMax} values in one message`);
    switch (typeof input) {
      case 'undefined':
        return undefined;
      case 'function':
      case 'symbol':
        throw unsendable(path, `a ${typeof input}`);
      case 'boolean':
        return input;
      case 'number':
        return numberOf(input, path);
      case 'bigint':
        // The same integer, or none.
        return numberOf(Number(input), path);
      case 'string':
        return this.#text(input, path);
      case 'object':
        return input === null ? null : this.#object(input, depth, path, isJson);
    }
  }

  #text(text: string, path: string): string {
    if (text.isWellFormed()) return text;
    if (this.#bounds.loneSurrogates === 'replace') return text.toWellFormed();
    throw unsendable(path, 'half a surrogate pair');
  }

  /** Kinds are told by their tags: what comes from another frame or realm is of other classes. */
  #object(input: object, depth: number, path: string, isJson: boolean): Value | undefined {
    if (ArrayBuffer.isView(input)) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength).slice();
    const tag = Object.prototype.toString.call(input).slice(8, -1);
    if (tag === 'ArrayBuffer' || tag === 'SharedArrayBuffer') return new Uint8Array(input as ArrayBuffer).slice();
    // Throws for a date that is none.
    if (tag === 'Date') return this.#text(Date.prototype.toISOString.call(input), path);
    // As JSON.stringify has it: once, and whatever comes of it is not asked again.
    if (!isJson && hasToJson(input)) {
      this.#values -= 1;
      return this.#value(input.toJSON(''), depth, path, true);
    }
    if (tag === 'String' || tag === 'Number' || tag === 'Boolean') {
      this.#values -= 1;
      return this.#value(input.valueOf(), depth, path, true);
    }
    if (depth >= this.#bounds.depth) throw unsendable(path, `more than ${this.#bounds.depth} levels, or a circle`);
    if (Array.isArray(input)) return this.#list(input, depth, path);
    // The tag says so; what lies about its tag throws.
    if (tag === 'Set') return this.#list(Array.from(input as Set<unknown>), depth, path);
    if (tag === 'Map') return this.#map(input as Map<unknown, unknown>, depth, path);
    if (tag === 'Object') return this.#map(Object.entries(input), depth, path);
    throw unsendable(path, `of the kind ${tag}`);
  }

  #list(input: readonly unknown[], depth: number, path: string): Value[] {
    const list: Value[] = [];
    for (let i = 0; i < input.length; i++) list.push(this.#value(input[i], depth + 1, `${path}[${i}]`) ?? null);
    return list;
  }

  #map(entries: Iterable<readonly [unknown, unknown]>, depth: number, path: string): ValueMap {
    const map: ValueMap = {};
    for (const [key, item] of entries) {
      if (typeof key !== 'string') throw unsendable(path, 'a key that is not a string');
      if (!key.isWellFormed()) throw unsendable(path, 'half a surrogate pair in a key');
      if (!isKey(key)) throw unsendable(path, `the key ${key}`);
      const value = this.#value(item, depth + 1, `${path}.${key}`);
      // A key, or nothing of what was counted.
      this.#values += value === undefined ? -1 : 1;
      if (value !== undefined) map[key] = value;
    }
    return map;
  }
}

function hasToJson(input: object): input is { toJSON: (key: string) => unknown } {
  return 'toJSON' in input && typeof input.toJSON === 'function';
}

function numberOf(number: number, path: string): number {
  if (isCarried(number)) return number;
  throw unsendable(path, Number.isFinite(number) ? 'an integer beyond 53 bits' : 'not a finite number');
}

const shownLength = 80;

function unsendable(path: string, what: string): Unsendable {
  const place = path.length > shownLength ? `${path.slice(0, shownLength)}…` : path;
  return new Unsendable(place === '' ? what : `${what}, at ${place}`);
}
