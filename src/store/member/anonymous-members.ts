/**
 * Anonymous users who belong to rooms, in Redis: one sorted set of all of them, by when to look whether they are still there, on a slot of
 * its own. They are forgotten by the time alone (store/user/logout-user.lua), so that nobody is there to take them off rosters. One is
 * noted behind becoming a member. Rejects with `StateUnavailable`.
 */
import type { Commands } from '../../redis/commands.ts';
import type { Keyspace } from '../../redis/keys.ts';
import { nothing, number } from '../../redis/reply.ts';
import { scriptsBeside } from '../../redis/script.ts';
import { noteEnding, readEndings, type DueEndings } from '../conversation/endings.ts';

const settleAnonymous = scriptsBeside(import.meta.url)('settle-anonymous', {
  keys: ['endings'],
  args: ['member', 'laterMs'],
  whenFull: true,
  gives: nothing,
});

export interface AnonymousMember {
  readonly roomName: string;
  readonly userName: string;
}

/** `gone`: nobody comes back as this user. `away`: so it is in some time. `there`: it has sockets, or is kept. */
export type Whereabouts = { readonly is: 'gone' | 'there' } | { readonly is: 'away'; readonly leftMs: number };

export class AnonymousMembers {
  readonly #commands: Commands;
  readonly #keys: Keyspace;

  constructor(commands: Commands, keys: Keyspace) {
    this.#commands = commands;
    this.#keys = keys;
  }

  /** It is a member, and to be looked at then, by Redis's clock. */
  async note(member: AnonymousMember, at: number): Promise<void> {
    const args = { endsAt: at, room: entryOf(member) };
    await this.#commands.run(noteEnding, this.#keys.anonymousMembers, args);
  }

  /** Those to look at now, and when the next one is; `time`: Redis's. */
  async read(limit: number): Promise<DueEndings<AnonymousMember>> {
    const { due, next, time } = await this.#commands.run(readEndings, this.#keys.anonymousMembers, { limit });
    return { due: due.map(memberIn), next: next === '' ? undefined : Number(next), time };
  }

  async whereabouts(userName: string): Promise<Whereabouts> {
    const leftMs = number(await this.#commands.plain('pttl', this.#keys.user(userName).meta));
    if (leftMs >= 0) return { is: 'away', leftMs };
    return { is: leftMs === -1 ? 'there' : 'gone' };
  }

  async isMember({ roomName, userName }: AnonymousMember): Promise<boolean> {
    return (await this.#commands.plain('zscore', this.#keys.room(roomName).roster, userName)) !== null;
  }

  /** One that was due is looked at again later; undefined: it is a member no more. */
  async settle(member: AnonymousMember, laterMs: number | undefined): Promise<void> {
    const args = { member: entryOf(member), laterMs: laterMs ?? '' };
    await this.#commands.run(settleAnonymous, this.#keys.anonymousMembers, args);
  }
}

// Names hold no colon.
const entryOf = ({ roomName, userName }: AnonymousMember): string => `${roomName}:${userName}`;

function memberIn(entry: string): AnonymousMember {
  const [roomName = '', userName = ''] = entry.split(':');
  return { roomName, userName };
}
