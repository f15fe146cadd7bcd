/** What a room is, and what it is to who asks. */
import type { Invites } from '../../protocol/conversation.ts';
import type { RoomDescription } from '../../protocol/conversation.ts';
import { fail } from '../../protocol/errors/errors.ts';
import { StoredResult } from '../../protocol/wire/stored.ts';
import { KINDS, WRITERS } from '../../store/conversation/listed-store.ts';
import type { Actor } from '../actor.ts';
import { storedMap } from '../attributes/maps.ts';
import { ok, type Outcome } from '../outcome.ts';
import type { Services } from '../services.ts';
import { roleIn } from './list.ts';

/** Silenced without an end. */
const FOR_GOOD = -1;

export async function describeRoom(
  { listed }: Pick<Services, 'listed'>,
  by: Actor,
  roomName: string,
): Promise<Outcome<'roomInfo'>> {
  const found = await listed.describe(roomName, by.rights);
  if (typeof found === 'string') return fail(found, [roomName]);
  const { silencedUntil, owner, endsAt } = found;
  const invites: Invites = found.invites === 'admins' ? 'admins' : 'members';
  return ok(
    new StoredResult<RoomDescription>({
      roomName,
      kind: KINDS[found.kind] ?? 'normal',
      owner: owner === '' ? null : owner,
      role: roleIn(found.role) ?? null,
      whitelistOnly: found.whitelistOnly,
      writers: WRITERS[found.writers] ?? 'all',
      invites,
      slowModeMs: found.slowMs,
      memberCount: found.memberCount,
      occupantCount: found.occupantCount,
      attributes: storedMap(found.attributes),
      version: found.version,
      endsAt: endsAt === 0 ? null : endsAt,
      ...(silencedUntil === 0 ? {} : { silencedUntil: silencedUntil === FOR_GOOD ? null : silencedUntil }),
      muted: found.muted,
      epoch: found.epoch,
      lastMessageId: found.lastId,
    }),
  );
}
