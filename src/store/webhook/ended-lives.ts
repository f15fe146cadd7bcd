/** Deleted rooms of a name whose logs are kept for the webhook: whoever goes through such logs asks here. */
import type { Commands } from '../../redis/commands.ts';
import type { Keyspace } from '../../redis/keys.ts';
import { list, text } from '../../redis/reply.ts';

/** Lives of those of which not all was sent, oldest first. One command. */
export async function endedLives(commands: Commands, keys: Keyspace, roomName: string): Promise<string[]> {
  const { webhookEnded } = keys.room(roomName);
  return list(await commands.plain('zrangebyscore', webhookEnded, '-inf', '+inf')).map(text);
}
