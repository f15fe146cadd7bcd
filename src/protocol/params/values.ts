/** What can travel: the values both formats share. How they become bytes is left to the codec. */

/** A value of the wire. Numbers are finite; integers stay within 53 bits. */
export type Value = null | boolean | number | string | Uint8Array | Value[] | { [key: string]: Value };

export type ValueMap = { [key: string]: Value };

/** True for a map, as opposed to nil, an array or bytes. */
export function isMap(value: Value | undefined): value is ValueMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

/** An empty list as the empty map that it may stand for where a map is meant: some languages have one kind of empty table. */
export function asMap(value: Value): Value {
  return Array.isArray(value) && value.length === 0 ? {} : value;
}

/** And the other way round. */
export function asList(value: Value): Value {
  return isMap(value) && Object.keys(value).length === 0 ? [] : value;
}
