/** Values of a map by dotted path: reading, changing, and telling two maps apart. What is changed and when is left to others. */
import { isMap, type Value, type ValueMap } from '../../protocol/params/values.ts';
import { sameValue } from '../message/message.ts';

/** The value at a path like `order.state`; undefined where there is none. */
export function valueAt(map: Readonly<ValueMap>, path: string): Value | undefined {
  let value: Value | undefined = map;
  for (const part of path.split('.')) {
    if (!isMap(value) || !Object.hasOwn(value, part)) return undefined;
    value = value[part];
  }
  return value;
}

/** A copy with these changes, one after the other: nil removes, maps on the way are made, what else stands there is replaced. */
export function withChanges(map: Readonly<ValueMap>, changes: Readonly<ValueMap>): ValueMap {
  return Object.entries(changes).reduce((changed, [path, value]) => put(changed, path.split('.'), value), { ...map });
}

function put(map: Readonly<ValueMap>, [key = '', ...rest]: readonly string[], value: Value): ValueMap {
  const copy = { ...map };
  const inner = Object.hasOwn(map, key) ? map[key] : undefined;
  if (rest.length > 0 && value === null && !isMap(inner)) return copy;
  if (rest.length === 0 && value === null) delete copy[key];
  // `__proto__` would be no key; the service takes none of that name.
  else if (key !== '__proto__') copy[key] = rest.length === 0 ? value : put(isMap(inner) ? inner : {}, rest, value);
  return copy;
}

/** What makes one map of another, by the keys of its first level. */
export function changesBetween(before: Readonly<ValueMap>, after: Readonly<ValueMap>): ValueMap {
  const changes: ValueMap = {};
  for (const key of Object.keys(before)) if (!Object.hasOwn(after, key)) changes[key] = null;
  for (const [key, value] of Object.entries(after)) {
    const old = Object.hasOwn(before, key) ? before[key] : undefined;
    if (old === undefined || !sameValue(old, value)) changes[key] = value;
  }
  return changes;
}

/** Whether a map has exactly these values at these paths. */
export function hasValues(map: Readonly<ValueMap>, wanted: Readonly<ValueMap>): boolean {
  return Object.entries(wanted).every(([path, value]) => sameValue(valueAt(map, path) ?? null, value));
}
