/**
 * Attributes of rooms: read, changed by path on this node, and written where nobody else has meanwhile; otherwise all of it again.
 * Who asked hears of the change before its answer, whether it is in the room or not.
 */
import { ATTRIBUTES_BYTES, type Attributes, type attributesRequests } from '../../protocol/attributes.ts';
import type { Args } from '../../protocol/catalogue.ts';
import { badArgument, fail, Failure } from '../../protocol/errors/errors.ts';
import { spreadUnits } from '../../protocol/params/cost.ts';
import { changed, merged, pathsFault } from '../../protocol/params/paths.ts';
import { notificationFrame } from '../../protocol/wire/frame.ts';
import { StoredResult } from '../../protocol/wire/stored.ts';
import { roomTopic } from '../../redis/keys.ts';
import type { Actor } from '../actor.ts';
import { askerOf } from '../asker.ts';
import type { HandlersOf } from '../caller.ts';
import { OneByOne, untilSet } from '../one-by-one.ts';
import { ok } from '../outcome.ts';
import type { Services } from '../services.ts';
import { mapIn, packedMap, storedMap } from './maps.ts';

export function attributesHandlers(services: Services): HandlersOf<typeof attributesRequests> {
  const { attributes, settings, topics, audience } = services;
  const changes = new OneByOne();
  return {
    async roomAttributesGet(by, { roomName }) {
      const read = await attributes.read(roomName, by.rights);
      if (typeof read === 'string') return fail(read, [roomName]);
      return ok(new StoredResult<Attributes>({ attributes: storedMap(read.map), version: read.version }));
    },

    async roomAttributesSet(by, args, socket) {
      const { roomName } = args;
      const fault = pathsFault(args.changes, settings.limits.depth);
      if (fault !== undefined) return badArgument(1, args.changes, fault);
      const set = await changes.run(roomName, () => change(services, by, args));
      if (set instanceof Failure) return set;
      const { version, told } = set;
      if (told === undefined) return ok({ version });
      by.spend(spreadUnits(audience.hearers(roomName), told.frame.length));
      await topics.reached(roomTopic(roomName), told.seq);
      return ok({ version }, askerOf(roomName, socket)(told.frame));
    },
  };
}

interface Change {
  readonly version: number;
  /** What the room is told, and where in its log; undefined where nothing was asked for. */
  readonly told: { readonly frame: Uint8Array; readonly seq: number } | undefined;
}

async function change(
  { attributes }: Services,
  by: Actor,
  { roomName, changes, options }: Args<'roomAttributesSet'>,
): Promise<Change | Failure<'noRoom' | 'notAllowed' | 'versionConflict' | 'tooLarge'>> {
  const { ifVersion } = options ?? {};
  const asked = merged({}, changes);
  return untilSet('the attributes of a room', async () => {
    const read = await attributes.read(roomName, by.rights);
    if (read === 'noRoom') return fail(read, [roomName]);
    if (read === 'notJoined' || !read.mayChange) return fail('notAllowed');
    const { version } = read;
    if (ifVersion !== undefined && ifVersion !== version) return fail('versionConflict', [version]);
    if (Object.keys(asked).length === 0) return { version, told: undefined };
    const map = packedMap(changed(mapIn(read.map), asked));
    const size = map?.length ?? 0;
    if (size > ATTRIBUTES_BYTES) return fail('tooLarge', [size]);
    const frame = notificationFrame('roomAttributesChanged', [roomName, asked, version + 1, by.author ?? null]);
    const seq = await attributes.set(roomName, by.rights, { version, map, frame });
    if (seq === 'changed') return seq;
    if (seq === 'noRoom') return fail(seq, [roomName]);
    return seq === 'notAllowed' ? fail(seq) : { version: version + 1, told: { frame, seq } };
  });
}
