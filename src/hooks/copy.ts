/**
 * Values that cross the border to an operator's code: copies in both directions, so that nobody changes what others
 * see. What comes back may be anything, and is only taken where the protocol carries it.
 */
import { isCarried, isKey } from '../protocol/wire/fault.ts';
import { mapFor } from '../protocol/wire/sparse.ts';
import type { Value } from '../protocol/params/values.ts';

export interface CopyLimits {
  /** Arrays and maps inside each other. */
  readonly depth: number;
  /** Values, keys counted. */
  readonly values: number;
}

/** Thrown for what the protocol does not carry; says what it is. */
export class NoValue extends Error {}

/**
 * A copy of what a hook has given, with fields that are undefined left out. Throws `NoValue` where it is no value of
 * the protocol or more than the limits, and whatever a getter of it throws.
 */
export function copyValue(given: unknown, limits: CopyLimits): Value {
  let left = limits.values;
  const copy = (value: unknown, depth: number): Value => {
    if (--left < 0) throw new NoValue('too many values');
    if (value === null || typeof value === 'boolean') return value;
    if (typeof value === 'number') return isCarried(value) ? value : refuse(`the number ${value}`);
    if (typeof value === 'string') return value.isWellFormed() ? value : refuse('a string that is not well-formed');
    if (value instanceof Uint8Array) return new Uint8Array(value);
    if (typeof value !== 'object') return refuse(`a ${typeof value}`);
    if (depth === 0) return refuse('what nests too deep');
    if (Array.isArray(value)) return Array.from(value, (item: unknown) => copy(item, depth - 1));
    if (!isPlain(value)) return refuse('an object that is no plain map');
    const map = mapFor(Object.keys(value));
    for (const [key, field] of Object.entries(value)) {
      if (field === undefined) continue;
      if (!isKey(key)) return refuse(key.isWellFormed() ? `the key ${key}` : 'a key that is not well-formed');
      left--;
      map[key] = copy(field, depth - 1);
    }
    return map;
  };
  return copy(given, limits.depth);
}

/** A map that a literal, a parser or `Object.create(null)` makes, of whatever realm. */
export function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function refuse(what: string): never {
  throw new NoValue(`${what} cannot travel`);
}
