/** Finds values that no param may carry although they can be decoded. Malformed messages are not its concern. */
import { isMap, type Value } from '../params/values.ts';

/** The key under which the JSON format carries bytes. */
export const BYTES_KEY = '$bytes';
/** A map with this key is malformed. */
export const PROTO_KEY = '__proto__';

/** Whether a text may be a key of a map of the wire. Text that becomes one on its way is asked by this when it comes in. */
export const isKey = (text: string): boolean => text !== PROTO_KEY && text !== BYTES_KEY && text.isWellFormed();

/** True for numbers that the protocol carries: finite, and if integers, within 53 bits. */
export function isCarried(number: number): boolean {
  return Number.isInteger(number) ? Number.isSafeInteger(number) : Number.isFinite(number);
}

/** Index of the first param that holds such a value, or -1. Recursion is bounded by the depth of what was decoded. */
export function findFault(params: readonly Value[]): number {
  return params.findIndex(isFaulty);
}

const isFaulty = (value: Value): boolean => faultIn(value) !== undefined;

/** What is there that no param may carry, in words; undefined where nothing is. */
export function faultIn(value: Value): string | undefined {
  if (typeof value === 'number') return isCarried(value) ? undefined : faultOf(value);
  if (typeof value === 'string')
    return value.isWellFormed() ? undefined : 'it holds text that is cut within a character';
  if (Array.isArray(value)) return firstFault(value);
  if (!isMap(value)) return undefined;
  const keys = Object.keys(value);
  if (keys.includes(BYTES_KEY)) return `it holds a map with the key ${BYTES_KEY} that stands for no bytes`;
  if (!keys.every((key) => key.isWellFormed())) return 'it holds a key that is cut within a character';
  return firstFault(Object.values(value));
}

function firstFault(values: readonly Value[]): string | undefined {
  for (const value of values) {
    const fault = faultIn(value);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

const faultOf = (number: number): string =>
  Number.isFinite(number) ? `it holds an integer beyond 53 bits` : 'it holds a number that is not finite';
