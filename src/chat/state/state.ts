/**
 * The state of users: read, changed by path on this node, and written where no other device has meanwhile; otherwise all of it again.
 * Whom it is told, and when, is telling.ts's.
 */
import { ATTRIBUTES_BYTES } from '../../protocol/attributes.ts';
import { badArgument, fail, Failure } from '../../protocol/errors/errors.ts';
import { isValidName } from '../../protocol/names/rule.ts';
import { changed, merged, pathsFault } from '../../protocol/params/paths.ts';
import type { ValueMap } from '../../protocol/params/values.ts';
import type { stateRequests, UserState } from '../../protocol/state.ts';
import { encodeValue } from '../../protocol/wire/msgpack.ts';
import { StoredResult } from '../../protocol/wire/stored.ts';
import { StateUnavailable } from '../../redis/unavailable.ts';
import type { UserActor } from '../actor.ts';
import { mapIn, packedMap, storedMap } from '../attributes/maps.ts';
import type { HandlersOf } from '../caller.ts';
import { OneByOne, untilSet } from '../one-by-one.ts';
import { ok } from '../outcome.ts';
import type { Services } from '../services.ts';

/** What waits to be told takes so many bytes at most: removals of what is not there any more add to it. */
const DUE_BYTES = 2 * ATTRIBUTES_BYTES;
const WAIT_MS = 1000;

export function stateHandlers(services: Services): HandlersOf<typeof stateRequests> {
  const { states, stateTelling, settings } = services;
  const sets = new OneByOne();
  return {
    async userStateSet(by, { changes }) {
      const fault = pathsFault(changes, settings.limits.depth);
      if (fault !== undefined) return badArgument(0, changes, fault);
      const set = (): ReturnType<typeof change> => change(services, by, merged({}, changes));
      const map = await sets.run(by.author, () => stateTelling.behind(by.author, by, set));
      return map instanceof Failure ? map : ok({ state: map });
    },

    async userStateGet(by, { userName }) {
      if (!isValidName(userName, settings.limits)) return fail('noUser', [userName]);
      const read = await states.read(userName, by.rights.as === 'service' ? undefined : by.author);
      if (read === 'noUser') return fail(read, [userName]);
      return ok(new StoredResult<UserState>({ state: storedMap(read.map) }));
    },
  };
}

/** Gives the state as it is then. */
async function change(
  { states }: Pick<Services, 'states'>,
  { author, exceptSocket }: UserActor,
  changes: ValueMap,
): Promise<ValueMap | Failure<'tooLarge' | 'tooManyRequests'>> {
  return untilSet('the state of a user', async () => {
    const read = await states.read(author, undefined);
    if (read === 'noUser') throw new StateUnavailable('the user is gone');
    const { version, told } = read;
    const state = changed(mapIn(read.map), changes);
    if (Object.keys(changes).length === 0) return state;
    const map = packedMap(state);
    const size = map?.length ?? 0;
    if (size > ATTRIBUTES_BYTES) return fail('tooLarge', [size]);
    const due = encodeValue(merged(mapIn(read.due), changes));
    if (due.length > DUE_BYTES) return fail('tooManyRequests', [], WAIT_MS);
    const set = await states.set(author, { version, told, map, due, exceptSocket });
    if (set === 'gone') throw new StateUnavailable('the user is gone');
    return set === 'ok' ? state : 'changed';
  });
}
