/**
 * Taking a user who is being deleted out of its conversations: the pair's slot first, then the note of it on the user's. It may be
 * repeated, and is where a node dies meanwhile and the deletion is asked for again. Of a user with more partners than are noted
 * (10,000, in lib/direct/peers.lua) the logs of longest ago stay.
 */
import type { Commands } from '../../redis/commands.ts';
import type { Keyspace } from '../../redis/keys.ts';
import { nextPeers } from '../direct/direct-scripts.ts';
import { leavePair } from './pair-scripts.ts';

const PAGE = 100;

export async function leavePairs(commands: Commands, keys: Keyspace, userName: string): Promise<void> {
  let done: readonly (readonly [string, string])[] = [];
  for (;;) {
    const args = { args: done.flat() };
    done = await commands.run(nextPeers, keys.user(userName), { limit: PAGE }, args);
    if (done.length === 0) return;
    const leave = ([peer]: readonly [string, string]): Promise<unknown> =>
      commands.run(leavePair, keys.pair(userName, peer), { user: userName, peer });
    await Promise.all(done.map(leave));
  }
}
