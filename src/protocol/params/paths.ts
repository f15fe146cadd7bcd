/**
 * Changes of a map by dotted path (`{"order.state": "open", "title": null}`): what they make of it, of one another, and whether they
 * will do. Nil removes; maps on the way that are not there are made, and what is no map is replaced by one, whatever comes to stand at
 * the end of it: so changes can be told together. Nothing here changes a map that it is given.
 */
import { isKey } from '../wire/fault.ts';
import { isMap, type Value, type ValueMap } from './values.ts';

/** Paths in one change, or one filter. */
export const CHANGES_MAX = 100;

const partsOf = (path: string): string[] => path.split('.');

/** Why changes will not do, in words; undefined where they will. `depth`: of maps and arrays inside each other that they may make. */
export function pathsFault(changes: ValueMap, depth: number): string | undefined {
  const entries = Object.entries(changes);
  if (entries.length > CHANGES_MAX) return `${entries.length} paths where ${CHANGES_MAX} are allowed`;
  for (const [path, value] of entries) {
    const parts = partsOf(path);
    if (parts.includes('')) return 'a path has an empty part';
    // Paths would be a way around what keys may be.
    if (!parts.every(isKey)) return 'a path has a part that is no key';
    if (parts.length + depthOf(value) > depth) return `a path leads deeper than ${depth}`;
  }
  return undefined;
}

/** A map after changes, in their order. */
export const changed = (map: ValueMap, changes: ValueMap): ValueMap =>
  Object.entries(changes).reduce((made, [path, value]) => withValue(made, partsOf(path), value), map);

/**
 * Later changes on top of earlier ones: what becomes of a map by both. No path of the result leads into another one, so it is the
 * same in whatever order it is read.
 */
export function merged(earlier: ValueMap, later: ValueMap): ValueMap {
  const all = new Map(Object.entries(earlier));
  for (const [path, value] of Object.entries(later)) {
    for (const known of all.keys()) if (known.startsWith(`${path}.`)) all.delete(known);
    const above = [...all.keys()].find((known) => path.startsWith(`${known}.`));
    if (above === undefined) all.set(path, value);
    else all.set(above, within(all.get(above) ?? null, path.slice(above.length + 1), value));
  }
  return Object.fromEntries(all);
}

/** What stands at a path; nil where nothing does. */
export function valueAt(map: ValueMap, path: string): Value {
  let found: Value = map;
  for (const part of partsOf(path)) {
    if (!isMap(found) || !Object.hasOwn(found, part)) return null;
    found = found[part] ?? null;
  }
  return found;
}

/** Whether a map has exactly these values by path; nil stands for none. */
export const hasAll = (map: ValueMap, wanted: ValueMap): boolean =>
  Object.entries(wanted).every(([path, value]) => isSame(valueAt(map, path), value));

/** Whether two values are the same all through, in whatever order the keys of maps come. */
export function isSame(one: Value, other: Value): boolean {
  if (one === other) return true;
  if (one instanceof Uint8Array || other instanceof Uint8Array) {
    return one instanceof Uint8Array && other instanceof Uint8Array && isSameBytes(one, other);
  }
  if (Array.isArray(one) || Array.isArray(other)) {
    if (!Array.isArray(one) || !Array.isArray(other) || one.length !== other.length) return false;
    return one.every((item, at) => isSame(item, other[at] ?? null));
  }
  if (!isMap(one) || !isMap(other)) return false;
  const keys = Object.keys(one);
  if (keys.length !== Object.keys(other).length) return false;
  return keys.every((key) => Object.hasOwn(other, key) && isSame(one[key] ?? null, other[key] ?? null));
}

const isSameBytes = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, at) => byte === other[at]);

function withValue(map: ValueMap, [key = '', ...rest]: readonly string[], value: Value): ValueMap {
  const before = Object.hasOwn(map, key) ? map[key] : undefined;
  if (rest.length > 0) return { ...map, [key]: withValue(isMap(before) ? before : {}, rest, value) };
  if (value !== null) return { ...map, [key]: value };
  const { [key]: _, ...others } = map;
  return others;
}

/** A value that is set, with something in it changed. */
const within = (set: Value, path: string, value: Value): Value =>
  withValue(isMap(set) ? set : {}, partsOf(path), value);

/** Arrays and maps inside each other. */
function depthOf(value: Value): number {
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return 0;
  const items = Array.isArray(value) ? value : Object.values(value);
  return 1 + items.reduce<number>((deepest, item) => Math.max(deepest, depthOf(item)), 0);
}
