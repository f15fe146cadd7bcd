/**
 * Maps with keys like `1023`. Objects keep those as elements of an array, with room for all before them: a map of seven
 * bytes takes 12 KB. So a decoder that sets fields one by one marks such keys, and here maps that have any are made anew,
 * as objects that keep their elements in a table.
 */
import { isMap, type Value, type ValueMap } from '../params/values.ts';

/** Before keys that are marked; what begins with it is marked as well. */
export const MARK = '\u0001';

/** Whether a key has to be marked: it may be an index, and not one of the first few; or it looks marked already. */
export function isIndexLike(key: string): boolean {
  const first = key.charCodeAt(0);
  if (first === 1) return true;
  if (first < 0x31 || first > 0x39 || key.length < 2 || key.length > 10) return false;
  const last = key.charCodeAt(key.length - 1);
  return last >= 0x30 && last <= 0x39;
}

/** An index so large that objects which have had it keep all of them in a table for good. */
const FAR = 2 ** 32 - 2;

/** The value with its marked keys as they were. Recursion is bounded by the depth of what was decoded. */
export function unmarked(value: Value): Value {
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = unmarked(value[i] ?? null);
    return value;
  }
  if (!isMap(value)) return value;
  const keys = Object.keys(value);
  const isSparse = keys.some((key) => key.startsWith(MARK));
  const map: ValueMap = isSparse ? tableMap() : value;
  for (const key of keys) map[key.startsWith(MARK) ? key.slice(1) : key] = unmarked(value[key] ?? null);
  return map;
}

/** A map to be filled with these keys, one by one. */
export function mapFor(keys: readonly string[]): ValueMap {
  return keys.some(isIndexLike) ? tableMap() : {};
}

function tableMap(): ValueMap {
  const map: ValueMap = { [FAR]: null };
  delete map[FAR];
  return map;
}
