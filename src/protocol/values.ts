/** What can travel: the values both formats share. How they become bytes is left to the codec. */

/** A value of the wire. Numbers are finite; integers stay within 53 bits. */
export type Value = null | boolean | number | string | Uint8Array | Value[] | { [key: string]: Value };

export type ValueMap = { [key: string]: Value };

/** True for a map, as opposed to nil, an array or bytes. */
export function isMap(value: Value | undefined): value is ValueMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}
