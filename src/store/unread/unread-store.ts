/**
 * What users have not read, in Redis: reckoned from a mark and the newest message, of a pair in the pair's log, of a room in the
 * room's slot; never written for each message and reader. Every method is one script on the slot of the pair, room or user
 * concerned. Rejects with `StateUnavailable` where Redis cannot be asked.
 */
import { readEvent } from '../../log/event.ts';
import type { Commands } from '../../redis/commands.ts';
import type { Keyspace } from '../../redis/keys.ts';
import { bytes, listOf, nothing, number, optional, text, yes } from '../../redis/reply.ts';
import { RoomKeys } from '../../redis/keys/topic-keys.ts';
import { flag, scriptsBeside, type OutcomeOf } from '../../redis/script.ts';
import { LOG, OCCUPANTS, ROOM_LISTS, UNREADABLE, type Unreadable } from '../key-names.ts';
import { RIGHTS, rightsArgs, type Rights } from '../rights.ts';

const script = scriptsBeside(import.meta.url);

const COUNTED = { unread: number, mentioned: yes };
const LAST = { at: number, last: optional(bytes) };
const MARKED = ['meta', ...OCCUPANTS, ...ROOM_LISTS, 'entries'] as const;

const countRoom = script('count-room', {
  of: RoomKeys,
  keys: [...MARKED, 'history', 'latest'],
  args: ['user', 'whole', 'maxAgeMs'],
  isHot: true,
  refuses: [...UNREADABLE, 'noMark'],
  gives: { ...COUNTED, ...LAST },
});

const markRoom = script('mark-room', {
  of: RoomKeys,
  keys: MARKED,
  args: [...RIGHTS, 'upTo'],
  whenFull: true,
  isHot: true,
  refuses: UNREADABLE,
  gives: number,
});

const countPair = script('count-pair', {
  keys: ['meta', 'history', 'latest'],
  args: ['user', 'author', 'whole', 'maxAgeMs'],
  isHot: true,
  refuses: ['noPair'],
  gives: { ...COUNTED, readId: number, newest: number, ...LAST },
});

const newestUnread = script('newest-unread', { keys: ['unread'], args: ['limit'], gives: listOf(text) });

const signalMention = script('signal-mention', {
  keys: [...LOG, 'sockets'],
  args: ['roomName'],
  writes: true,
  isHot: true,
  refuses: ['gone'],
  gives: nothing,
});

const takeAbsent = script('take-absent', {
  keys: ['meta', 'occupants', ...ROOM_LISTS],
  args: ['pauseMs'],
  isHot: true,
  refuses: ['noRoom', 'told'],
  gives: { waitMs: number, names: listOf(text) },
});

/** What is unread of a room or a peer. */
export interface Counted {
  readonly unread: number;
  /** One of these messages mentions the user. */
  readonly mentioned: boolean;
  /** When the last message came; 0 before the first. */
  readonly at: number;
  /** The frame of the last message, where it was asked for and is kept. */
  readonly last: Uint8Array | undefined;
}

export interface PairCounted extends Counted {
  /** The message up to which it was read. */
  readonly readId: number;
  /** Number of the peer's newest message. */
  readonly newest: number;
}

export interface UnreadOptions {
  /** What is older is not there; 0: for ever. */
  readonly historyMaxAgeMs: number;
}

export class UnreadStore {
  readonly #commands: Commands;
  readonly #keys: Keyspace;
  readonly #maxAgeMs: number;

  constructor(commands: Commands, keys: Keyspace, { historyMaxAgeMs }: UnreadOptions) {
    this.#commands = commands;
    this.#keys = keys;
    this.#maxAgeMs = historyMaxAgeMs;
  }

  /** Of a room that the user is in or has in its session; `noMark` of any other. `whole`: with the last message. */
  async ofRoom(userName: string, roomName: string, whole: boolean): Promise<Counted | Unreadable | 'noMark'> {
    const args = { user: userName, whole: flag(whole), maxAgeMs: this.#maxAgeMs };
    const counted = await this.#commands.run(countRoom, this.#keys.room(roomName), args);
    return typeof counted === 'string' ? counted : { ...counted, last: frameIn(counted.last) };
  }

  /** Of what a peer wrote. `whole`: with the last message of both. */
  async ofPair(userName: string, peer: string, whole: boolean): Promise<PairCounted | 'noPair'> {
    const args = { user: userName, author: peer, whole: flag(whole), maxAgeMs: this.#maxAgeMs };
    const counted = await this.#commands.run(countPair, this.#keys.pair(userName, peer), args);
    return typeof counted === 'string' ? counted : { ...counted, last: frameIn(counted.last) };
  }

  /** The peers of whom something may be unread, those who wrote last first. */
  peers(userName: string, limit: number): Promise<string[]> {
    return this.#commands.run(newestUnread, this.#keys.user(userName), { limit });
  }

  /** A user has read a room up to a message. Gives the new mark, 0 where that is nothing new. */
  markRoom(roomName: string, userName: string, rights: Rights, upTo: number): Promise<OutcomeOf<typeof markRoom>> {
    // Its own mark, by whatever right.
    const args = { ...rightsArgs(rights), user: userName, upTo };
    return this.#commands.run(markRoom, this.#keys.room(roomName), args);
  }

  /**
   * Who belongs to a room and is not in it, to be told of what was said last, by who asks; or for how long to wait. Once in `pauseMs`
   * of a room; `told` where there is nothing new, or nobody.
   */
  takeAbsent(roomName: string, pauseMs: number): Promise<OutcomeOf<typeof takeAbsent>> {
    return this.#commands.run(takeAbsent, this.#keys.room(roomName), { pauseMs });
  }

  /** Lets the nodes of a user know that it is mentioned in a room, or has something unread there. Nothing is lost where that fails. */
  async signalMention(userName: string, roomName: string): Promise<void> {
    await this.#commands.run(signalMention, this.#keys.user(userName), { roomName });
  }
}

const frameIn = (event: Buffer | undefined): Uint8Array | undefined => event && readEvent(event)?.frame;
