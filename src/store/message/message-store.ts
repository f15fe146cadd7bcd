/** Posting to rooms: one script for all that is ready at the same time where one server has them. Rejects with `StateUnavailable` where Redis cannot be asked. */
import type { Commands } from '../../redis/commands.ts';
import { GroupCommit } from '../../redis/group-commit.ts';
import { repeatKey, type Keyspace } from '../../redis/keys.ts';
import { list, listOf, number, optional, text, yes, type Reply } from '../../redis/reply.ts';
import { scriptsBeside, type OutcomeOf } from '../../redis/script.ts';
import { UNREADABLE } from '../key-names.ts';
import { readWish, type Wish } from '../quota/grant.ts';
import { rightsArgs, type Rights } from '../rights.ts';
import { bytesOfPosting, packPostings, packRules, type Post, type Posting, type PostRules } from './post.ts';

const script = scriptsBeside(import.meta.url);

// Two keys for each room, and one argument with its posts.
export const postMessages = script('post-messages', {
  keys: [],
  restKeys: true,
  args: ['rules'],
  rest: true,
  isHot: true,
  refuses: [
    ...UNREADABLE,
    'roomExpired',
    'onlyAdmins',
    'onlyOwner',
    // Of who mentions everybody.
    'notAllowed',
    'messageTooLarge',
    'tooMany',
    'noMessage',
  ],
  gives: {
    id: number,
    seq: number,
    repeated: yes,
    wish: optional(readWish),
    mentioned: optional(listOf(text)),
    refused: optional(readRefused),
    tellsMembers: optional(yes),
  },
  each: true,
});

/** A message that was posted. */
export interface Posted {
  /** Undefined for a transient message; of a repeated one, which publishes nothing, it is the first's. */
  readonly id: number | undefined;
  readonly seq: number;
  readonly repeated: boolean;
  /** The room is about to need more of its owner's quota. */
  readonly wish?: Wish | undefined;
  /** Of those whom it mentions by name, who is in the room or has it in its session. */
  readonly mentioned?: readonly string[] | undefined;
  /** People belong to the room who are told that something was said there, be they in it or not. */
  readonly tellsMembers?: boolean | undefined;
}

/** Not for now: the user is silenced, until a time or for good (undefined), or has to wait in slow mode. */
export type Held =
  | { readonly reason: 'silenced'; readonly until: number | undefined }
  | { readonly reason: 'tooSoon'; readonly waitMs: number };

export type PostRefusal = Exclude<OutcomeOf<typeof postMessages>, object>;

export interface MessageStoreOptions extends PostRules {
  readonly postsPerCall: number;
  /** How long a post may wait for those before it. */
  readonly timeoutMs: number;
}

type Outcome = OutcomeOf<typeof postMessages>;

export class MessageStore {
  readonly #posting: GroupCommit<Posting, Outcome>;

  constructor(commands: Commands, keys: Keyspace, options: MessageStoreOptions) {
    const args = { rules: packRules(options) };
    this.#posting = new GroupCommit({
      budget: commands.budget,
      itemsMax: options.postsPerCall,
      timeoutMs: options.timeoutMs,
      slotOf: (roomName) => commands.slotOf(keys.room(roomName).meta),
      bytesOf: bytesOfPosting,
      run: (shares) =>
        commands.runEach(postMessages, {}, args, {
          keys: shares.flatMap(({ lane }) => {
            const { meta, beginning } = keys.room(lane);
            return [meta, beginning];
          }),
          args: shares.map(({ items }) => packPostings(items)),
        }),
    });
  }

  /** Has its place among the posts of this node to that room when it returns. */
  async post(roomName: string, rights: Rights, post: Post): Promise<Posted | Held | PostRefusal> {
    // What is packed is not looked at where scripts are run.
    const { user, trusted } = rightsArgs(rights);
    if (user === '') throw new Error(`${postMessages.name}: a user without a name`);
    const repeats = repeatKey(post.author, post.clientMessageId);
    const trust = post.hasLeft === true ? '2' : trusted;
    const posted = await this.#posting.add(roomName, { post, user, trusted: trust, repeatKey: repeats });
    if (typeof posted === 'string') return posted;
    // Field by field: this is asked for each message, and taking objects apart costs more than all the rest of it.
    const { id, seq, repeated, wish, mentioned, refused, tellsMembers } = posted;
    return refused ?? { id: id < 0 ? undefined : id, seq, repeated, wish, mentioned, tellsMembers };
  }
}

export const isHeld = (outcome: Posted | Held): outcome is Held => 'reason' in outcome;

function readRefused(reply: Reply | undefined): Held {
  const [reason, of] = list(reply);
  const ms = number(of);
  if (text(reason) === 'tooSoon') return { reason: 'tooSoon', waitMs: ms };
  return { reason: 'silenced', until: ms < 0 ? undefined : ms };
}
