/**
 * What one user wrote, room by room and conversation by conversation, in Redis: nothing lists it, so whoever wants it goes through
 * all rooms. Every method is one script that looks at a few hundred entries at most. Rejects with `StateUnavailable` where Redis
 * cannot be asked.
 */
import { authorMark } from '../../protocol/wire/message-frame.ts';
import type { Commands } from '../../redis/commands.ts';
import type { Keyspace } from '../../redis/keys.ts';
import type { OutcomeOf } from '../../redis/script.ts';
import * as scripts from './authored-scripts.ts';

/** Where to go on, and how many messages are wanted at most. */
export interface AuthoredWish {
  /** Id of the last message that was seen; 0 at the beginning. */
  readonly after: number;
  readonly limit: number;
}

/** What a user has to do with a room, and some of what it wrote there; `next` is 0 at the end. */
export type AuthoredPage = Exclude<OutcomeOf<typeof scripts.readAuthored>, string>;

/** Entries that one script looks at, and their bytes. */
const LOOK = { lookMax: 500, bytesMax: 1 << 19 };

export class AuthoredStore {
  readonly #commands: Commands;
  readonly #keys: Keyspace;

  constructor(commands: Commands, keys: Keyspace) {
    this.#commands = commands;
    this.#keys = keys;
  }

  readRoom(roomName: string, userName: string, wish: AuthoredWish): Promise<AuthoredPage | 'noRoom'> {
    const args = { user: userName, ...authorMark(userName), ...wish, ...LOOK };
    return this.#commands.run(scripts.readAuthored, this.#keys.room(roomName), args);
  }

  readPair(userName: string, peer: string, wish: AuthoredWish): Promise<OutcomeOf<typeof scripts.readAuthoredDirect>> {
    const args = { user: userName, ...wish, ...LOOK };
    return this.#commands.run(scripts.readAuthoredDirect, this.#keys.pair(userName, peer), args);
  }
}
