/** What travels of what an application sends: a map, or what a message of a class gives, copied and brought into the form of the wire. */
import { isMap, type ValueMap } from '../../protocol/params/values.ts';
import { badArgument, toParam } from '../encoding/encoding.ts';
import { payloadOf } from '../plugin/message-classes.ts';
import type { Outcome } from '../request-error.ts';

/** `name`: the request that it goes with, as its second param; `depth`: levels at most. */
export function contentOf(name: 'roomMessage' | 'directMessage', given: unknown, depth: number): Outcome<ValueMap> {
  const bad = (what: string): Outcome<ValueMap> => ({ ok: false, error: badArgument(name, 1, what) });
  if (typeof given !== 'object' || given === null) return bad('not a map');
  let payload: object;
  try {
    payload = payloadOf(given);
  } catch (error) {
    return bad(String(error));
  }
  const value = toParam(name, 1, payload, depth);
  if (!value.ok) return value;
  return isMap(value.value) ? { ok: true, value: value.value } : bad('not a map');
}
