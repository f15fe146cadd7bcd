/** A message on its way into a room: the frame of its notification, without what only the script knows, and how it is posted. */
import type { Priority } from '../../log/event.ts';
import type { rightsArgs } from '../rights.ts';

export interface Post {
  /** Undefined where the service posts in nobody's name. */
  readonly author: string | undefined;
  /** Empty for a message over the limit: then only the rights are checked. */
  readonly prefix: Uint8Array;
  readonly middle: Uint8Array;
  /** The event's nonce, 8 bytes. */
  readonly nonce: Buffer;
  readonly clientMessageId: string | undefined;
  readonly transient: boolean;
  /** Of a transient one; `normal` where it is left out. */
  readonly priority?: Priority | undefined;
  readonly mentions?: Mentions | undefined;
  /** The id of the message that a stored one replies to. */
  readonly replyTo?: number | undefined;
  /** Its author has just left: it may post where it may join. */
  readonly hasLeft?: boolean;
  /** It is judged, and not posted. */
  readonly judged?: boolean;
}

/** As the bytes that stand for them (lib/format.lua); 0 is no transient message. */
const priorities = { normal: 1, low: 2, high: 3 } as const;
const JUDGED = 4;
const MENTIONS_ALL = 1;
const REPLIES = 2;
const ID_BYTES = 8;

/** Whom a message mentions: by name, or all who are in the room. */
export interface Mentions {
  readonly names: readonly string[];
  readonly all: boolean;
}

/** A user's rights, the service's, or those of a user who has just left. */
export type Trusted = ReturnType<typeof rightsArgs>['trusted'] | '2';

/** A post with whose rights it is made, and what it is known by when it is repeated. */
export interface Posting {
  readonly user: string;
  readonly trusted: Trusted;
  readonly post: Post;
  readonly repeatKey: string;
}

/** What of a room is kept, besides the number of its messages. */
export interface PostRules {
  readonly dedupMs: number;
  /** Bytes of messages. */
  readonly historyMaxBytes: number;
  /** 0: for ever. */
  readonly historyMaxAgeMs: number;
}

export function packRules({ dedupMs, historyMaxBytes, historyMaxAgeMs }: PostRules): Buffer {
  const packed = Buffer.allocUnsafe(24);
  packed.writeDoubleBE(dedupMs, 0);
  packed.writeDoubleBE(historyMaxBytes, 8);
  packed.writeDoubleBE(historyMaxAgeMs, 16);
  return packed;
}

/** Bytes of a posting beside its texts and its frame. */
const FIXED_BYTES = 23;
/** A character of a name takes so many bytes at most. */
const CHARACTER_BYTES = 3;

/** What a posting takes, packed, at most. */
export function bytesOfPosting({ post, user, trusted, repeatKey }: Posting): number {
  const { prefix, middle } = post;
  const characters = user.length + repeatKey.length;
  let bytes = FIXED_BYTES + characters * CHARACTER_BYTES + middle.length + prefix.length;
  for (const name of notesOf(post, trusted)) bytes += 2 + name.length * CHARACTER_BYTES;
  return post.replyTo === undefined ? bytes : bytes + ID_BYTES;
}

const NOTHING: readonly string[] = [];

/** The names that are noted: of the author where the service has its rights, then whom it mentions. None of most posts. */
function notesOf(
  { author = '', transient, judged = false, mentions, replyTo }: Post,
  trusted: Trusted,
): readonly string[] {
  // Whether it has a mark is not known of who need not be in the room.
  const own = trusted === '0' ? '' : author;
  if ((transient || judged) && mentions?.all !== true) return NOTHING;
  if (mentions === undefined && own === '' && replyTo === undefined) return NOTHING;
  return [own, ...(mentions?.names ?? [])];
}

function kindOf({ transient, priority = 'normal', judged = false }: Post): number {
  if (judged) return JUDGED;
  return transient ? priorities[priority] : 0;
}

/** The posts of one room: their number, and each as lib/format.lua calls it `POST`. */
export function packPostings(postings: readonly Posting[]): Buffer {
  let size = 2;
  for (const posting of postings) size += bytesOfPosting(posting);
  const packed = Buffer.allocUnsafe(size);
  let at = packed.writeUInt16BE(postings.length, 0);
  const writeText = (text: string): void => {
    const bytes = packed.write(text, at + 2);
    at = packed.writeUInt16BE(bytes, at) + bytes;
  };
  const writeNotes = (post: Post, names: readonly string[]): void => {
    const from = at;
    at += 2;
    if (names.length > 0) {
      const { mentions, replyTo } = post;
      packed[at++] = (mentions?.all === true ? MENTIONS_ALL : 0) | (replyTo === undefined ? 0 : REPLIES);
      if (replyTo !== undefined) at = packed.writeDoubleBE(replyTo, at);
    }
    for (const name of names) writeText(name);
    packed.writeUInt16BE(at - from - 2, from);
  };
  for (const { post, user, trusted, repeatKey } of postings) {
    packed[at] = kindOf(post);
    packed[at + 1] = Number(trusted);
    packed.set(post.nonce, at + 2);
    at += 10;
    writeText(user);
    writeText(repeatKey);
    writeNotes(post, notesOf(post, trusted));
    packed.set(post.middle, packed.writeUInt16BE(post.middle.length, at));
    at += 2 + post.middle.length;
    packed.set(post.prefix, packed.writeUInt32BE(post.prefix.length, at));
    at += 4 + post.prefix.length;
  }
  return packed.subarray(0, at);
}
