/**
 * How the frame of a notification begins, up to what only the store can know. Which notification begins so is its noun's
 * to say, which is why this file knows no catalogue.
 */
import type { Value } from '../params/values.ts';
import { encodeValue } from './msgpack.ts';
import { concat } from './pack.ts';

/** MessagePack's head byte of an unsigned 64-bit integer; the eight bytes after it are what is patched in. */
export const UINT64 = Uint8Array.of(0xcf);
const ARRAY_OF_3 = 0x93;
const FIXARRAY = 0x90;

/** `[2, name, [` with the number of params, of which there are fewer than 16. */
export function opening(name: string, paramsCount: number): Uint8Array {
  return concat([Uint8Array.of(ARRAY_OF_3, 2), encodeValue(name), Uint8Array.of(FIXARRAY | paramsCount)]);
}

/** The same with the params that are known; one more follows. */
export function openFrame(name: string, leading: readonly Value[]): Uint8Array {
  return concat([opening(name, leading.length + 1), ...leading.map((param) => encodeValue(param))]);
}
