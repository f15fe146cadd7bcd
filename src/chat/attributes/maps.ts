/** Maps that are kept as bytes, of rooms and of users: none stands for an empty one. */
import type { ValueMap } from '../../protocol/params/values.ts';
import { isMap } from '../../protocol/params/values.ts';
import { decodeTrusted, encodeValue } from '../../protocol/wire/msgpack.ts';
import { StoredValue } from '../../protocol/wire/stored.ts';

const EMPTY = encodeValue({});

export function mapIn(packed: Uint8Array | undefined): ValueMap {
  const map = packed === undefined ? {} : decodeTrusted(packed);
  if (!isMap(map)) throw new TypeError('what is kept is a map');
  return map;
}

export const packedMap = (map: ValueMap): Uint8Array | undefined =>
  Object.keys(map).length === 0 ? undefined : encodeValue(map);

/** As it goes into a response. */
export const storedMap = (packed: Uint8Array | undefined): StoredValue => new StoredValue(packed ?? EMPTY);
