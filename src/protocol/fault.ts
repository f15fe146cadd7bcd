/** Finds values that no param may carry although they can be decoded. Malformed messages are not its concern. */
import { isMap, type Value } from './values.ts';

/** The key under which the JSON format carries bytes. */
export const BYTES_KEY = '$bytes';

/** True for numbers that the protocol carries: finite, and if integers, within 53 bits. */
export function isCarried(number: number): boolean {
  return Number.isInteger(number) ? Number.isSafeInteger(number) : Number.isFinite(number);
}

/** Index of the first param that holds such a value, or -1. Recursion is bounded by the depth of what was decoded. */
export function findFault(params: readonly Value[]): number {
  return params.findIndex(isFaulty);
}

function isFaulty(value: Value): boolean {
  if (typeof value === 'number') return !isCarried(value);
  if (typeof value === 'string') return !value.isWellFormed();
  if (Array.isArray(value)) return value.some(isFaulty);
  if (!isMap(value)) return false;
  return Object.entries(value).some(([key, item]) => key === BYTES_KEY || !key.isWellFormed() || isFaulty(item));
}
