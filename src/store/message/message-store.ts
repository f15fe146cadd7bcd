/** Posting to a room: one script on the room's slot. Rejects with `StateUnavailable` where Redis cannot be asked. */
import type { Commands } from '../../redis/commands.ts';
import { repeatKey, type Keyspace } from '../../redis/keys.ts';
import { number, optional, yes } from '../../redis/reply.ts';
import { scriptsBeside } from '../../redis/script.ts';
import { UNREADABLE, type Unreadable } from '../key-names.ts';
import { readWish, type Wish } from '../quota/grant.ts';
import { rightsArgs, type Rights } from '../rights.ts';
import { packPost, type Post } from './post.ts';

const script = scriptsBeside(import.meta.url);

export const postMessage = script('post-message', {
  keys: ['meta', 'channel', 'occupants', 'history', 'dedup'],
  args: ['fixed', 'user', 'prefix', 'repeatKey'],
  refuses: [...UNREADABLE, 'messageTooLarge', 'tooMany'],
  gives: { id: number, seq: number, repeated: yes, wish: optional(readWish) },
});

/** A message that was posted. */
export interface Posted {
  /** Undefined for a transient message; of a repeated one, which publishes nothing, it is the first's. */
  readonly id: number | undefined;
  readonly seq: number;
  readonly repeated: boolean;
  /** The room is about to need more of its owner's quota. */
  readonly wish?: Wish | undefined;
}

export interface MessageStoreOptions {
  readonly dedupMs: number;
  /** Bytes of messages that a room keeps. */
  readonly historyMaxBytes: number;
}

export class MessageStore {
  readonly #commands: Commands;
  readonly #keys: Keyspace;
  readonly #options: MessageStoreOptions;

  constructor(commands: Commands, keys: Keyspace, options: MessageStoreOptions) {
    this.#commands = commands;
    this.#keys = keys;
    this.#options = options;
  }

  async post(
    roomName: string,
    rights: Rights,
    post: Post,
  ): Promise<Posted | Unreadable | 'messageTooLarge' | 'tooMany'> {
    const posted = await this.#commands.run(postMessage, this.#keys.room(roomName), {
      fixed: packPost(post, this.#options, rights.as === 'service'),
      user: rightsArgs(rights).user,
      prefix: post.prefix,
      repeatKey: repeatKey(post.author, post.clientMessageId),
    });
    return typeof posted === 'string' ? posted : { ...posted, id: posted.id < 0 ? undefined : posted.id };
  }
}
