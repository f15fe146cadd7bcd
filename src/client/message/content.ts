/** What travels of what an application sends: a map, or what a message of a class gives, copied and brought into the form of the wire. */
import { isMap, type ValueMap } from '../../protocol/params/values.ts';
import { badArgument, toParam } from '../encoding/encoding.ts';
import { payloadOf } from '../plugin/message-classes.ts';
import type { Outcome } from '../request-error.ts';

type Carrier = 'roomMessage' | 'directMessage' | 'roomMessageUpdate' | 'directMessageUpdate';

/** `name`: the request that it goes with; `depth`: levels at most. */
export function contentOf(name: Carrier, given: unknown, depth: number): Outcome<ValueMap> {
  const index = name.endsWith('Update') ? 2 : 1;
  const bad = (what: string): Outcome<ValueMap> => ({ ok: false, error: badArgument(name, index, what) });
  if (typeof given !== 'object' || given === null) return bad('not a map');
  let payload: object;
  try {
    payload = payloadOf(given);
  } catch (error) {
    return bad(String(error));
  }
  const value = toParam(name, index, payload, depth);
  if (!value.ok) return value;
  return isMap(value.value) ? { ok: true, value: value.value } : bad('not a map');
}
