/**
 * What one user wrote, room by room and conversation by conversation, in Redis: nothing lists it, so whoever wants it goes through
 * all rooms. Reading is one script, erasing several; each looks at a few hundred entries at most. Rejects with `StateUnavailable` where Redis
 * cannot be asked.
 */
import { recalledStoredFrame } from '../../protocol/direct.ts';
import { roomChangeOpening } from '../../protocol/change.ts';
import { erasedFrame } from '../../protocol/service/erased.ts';
import { recalledMessageFrame } from '../../protocol/message.ts';
import { authorMark } from '../../protocol/wire/message-frame.ts';
import { encodeValue } from '../../protocol/wire/msgpack.ts';
import type { Commands } from '../../redis/commands.ts';
import { globOf, type EndedKeys, type Key, type Keyspace, type RoomKeys } from '../../redis/keys.ts';
import { list, pairs, text } from '../../redis/reply.ts';
import type { OutcomeOf } from '../../redis/script.ts';
import { endedLives } from '../webhook/ended-lives.ts';
import * as scripts from './authored-scripts.ts';

/** Where to go on, and how many messages are wanted at most. */
export interface AuthoredWish {
  /** Id of the last message that was seen; 0 at the beginning. */
  readonly after: number;
  readonly limit: number;
}

/** Which reactions are wanted: those behind one of them, empty for the first, and how many at most. */
export interface ReactedWish {
  readonly after: Uint8Array;
  readonly limit: number;
}

/** Some of what a user has reacted to: ids of messages, and keys. With `last` it goes on behind that. */
export type ReactedPage = Exclude<OutcomeOf<typeof scripts.readReacted>, string>;

/** What a user has to do with a room, and some of what it wrote there; `next` is 0 at the end. */
export type AuthoredPage = Exclude<OutcomeOf<typeof scripts.readAuthored>, string>;

type OnStep = () => Promise<void>;

/** Entries that one script looks at, and their bytes. */
const LOOK = { lookMax: 500, bytesMax: 1 << 19 };
/** The same of one that copies them. */
const COPY = { pageMax: 500, bytesMax: 1 << 19 };

export class AuthoredStore {
  readonly #commands: Commands;
  readonly #keys: Keyspace;
  readonly #look: typeof LOOK & { readonly maxAgeMs: number };

  constructor(commands: Commands, keys: Keyspace, { historyMaxAgeMs }: { readonly historyMaxAgeMs: number }) {
    this.#commands = commands;
    this.#keys = keys;
    this.#look = { ...LOOK, maxAgeMs: historyMaxAgeMs };
  }

  readRoom(roomName: string, userName: string, wish: AuthoredWish): Promise<AuthoredPage | 'noRoom'> {
    const args = { user: userName, ...authorMark(userName), ...wish, ...this.#look };
    return this.#commands.run(scripts.readAuthored, this.#keys.room(roomName), args);
  }

  readPair(userName: string, peer: string, wish: AuthoredWish): Promise<OutcomeOf<typeof scripts.readAuthoredDirect>> {
    const args = { user: userName, ...wish, ...this.#look };
    return this.#commands.run(scripts.readAuthoredDirect, this.#keys.pair(userName, peer), args);
  }

  /** What it has reacted to there. Nothing lists that, either: it is looked for among the reactions of all. */
  readReactedInRoom(roomName: string, userName: string, wish: ReactedWish): Promise<ReactedPage | 'noRoom'> {
    return this.#commands.run(scripts.readReacted, this.#keys.room(roomName), this.#reacted(userName, wish));
  }

  readReactedInPair(userName: string, peer: string, wish: ReactedWish): Promise<ReactedPage | 'noPair'> {
    return this.#commands.run(
      scripts.readReactedDirect,
      this.#keys.pair(userName, peer),
      this.#reacted(userName, wish),
    );
  }

  #reacted(
    user: string,
    wish: ReactedWish,
  ): ReactedWish & Record<'user', string> & Record<'lookMax' | 'maxAgeMs', number> {
    const { lookMax, maxAgeMs } = this.#look;
    return { user, ...wish, lookMax, maxAgeMs };
  }

  /** Leaves tombstones of what a user wrote to a room. Done again it changes nothing. `onStep` is called behind each script. */
  eraseInRoom(roomName: string, userName: string, onStep?: OnStep): Promise<void> {
    return this.#eraseInLog(this.#keys.room(roomName), roomName, userName, onStep);
  }

  /** The same in deleted rooms of a name, as far as something of them is kept. */
  async eraseInEnded(roomName: string, userName: string, onStep?: OnStep): Promise<void> {
    for (const life of await endedLives(this.#commands, this.#keys, roomName)) {
      await this.#eraseInLog(this.#keys.endedRoom(roomName, life), roomName, userName, onStep);
    }
  }

  async #eraseInLog(keys: RoomKeys | EndedKeys, roomName: string, userName: string, onStep?: OnStep): Promise<void> {
    const opening = roomChangeOpening(roomName);
    const args = { ...authorMark(userName), ...recalledMessageFrame(roomName, userName), opening, ...this.#look };
    await this.#erase(keys, (after) => this.#commands.run(scripts.eraseAuthored, keys, { ...args, after }), onStep);
    const page = { user: userName, opening, pageMax: COPY.pageMax };
    await eachPage((after) => this.#commands.run(scripts.eraseReactions, keys, { ...page, after }), onStep);
  }

  /** The same of what it wrote to another user. */
  async eraseInPair(userName: string, peer: string, onStep?: OnStep): Promise<void> {
    const keys = this.#keys.pair(userName, peer);
    const args = { user: userName, ...recalledStoredFrame(userName), ...this.#look };
    await this.#erase(
      keys,
      (after) => this.#commands.run(scripts.eraseAuthoredDirect, keys, { ...args, after }),
      onStep,
    );
    const page = { user: userName, pageMax: COPY.pageMax };
    await eachPage((after) => this.#commands.run(scripts.eraseReactionsDirect, keys, { ...page, after }), onStep);
  }

  /** Step by step, and then what is only marked in the stream as taken out. */
  async #erase(
    keys: Parameters<typeof this.rewrite>[0],
    step: (after: number) => Promise<{ readonly isDirty: boolean; readonly next: number } | string>,
    onStep?: OnStep,
  ): Promise<void> {
    for (let after = 0; ;) {
      const done = await step(after);
      await onStep?.();
      if (typeof done === 'string') return;
      if (done.next === 0) return done.isDirty ? this.rewrite(keys, onStep) : undefined;
      after = done.next - 1;
    }
  }

  /** Writes a stream anew out of which something was taken. */
  async rewrite(
    keys: Pick<RoomKeys | EndedKeys, 'meta' | 'history' | 'latest' | 'rewritten'>,
    onStep?: OnStep,
  ): Promise<void> {
    while ((await this.#commands.run(scripts.rewriteHistory, keys, COPY)) === true) await onStep?.();
  }

  /** The same of a room's. */
  rewriteRoom(roomName: string, onStep?: OnStep): Promise<void> {
    return this.rewrite(this.#keys.room(roomName), onStep);
  }

  /** Takes a user's words out of a ring of events, and what shows of it there. */
  async eraseInRing(events: Key, userName: string): Promise<void> {
    const found = await this.#commands.run(scripts.findInRing, { events }, { bytes: encodeValue(userName) });
    const replaced = found.flatMap((event) => {
      const frame = erasedFrame(event.frame, userName);
      return frame === undefined ? [] : [event.seq, frame];
    });
    if (replaced.length > 0) await this.#commands.run(scripts.replaceInRing, { events }, {}, { args: replaced });
  }

  /** Forgets what messages of a user are known by when they are repeated. */
  async forgetRepeats(key: Key, userName: string): Promise<void> {
    const pattern = `${globOf(userName)}\n*`;
    let cursor = '0';
    do {
      const [next, found] = list(
        await this.#commands.plain('hscan', key, cursor, 'MATCH', pattern, 'COUNT', LOOK.lookMax),
      );
      const names = pairs(found).map(([name]) => name);
      if (names.length > 0) await this.#commands.plain('hdel', key, ...names);
      cursor = text(next);
    } while (cursor !== '0');
  }

  /** All that is known of repeats there. */
  async forgetAllRepeats(key: Key): Promise<void> {
    await this.#commands.plain('unlink', key);
  }
}

/** From one reaction to the one that a step gives, until there is none, or nothing to look at. */
async function eachPage(
  step: (after: Uint8Array) => Promise<{ readonly last?: Uint8Array | undefined } | string>,
  onStep?: OnStep,
): Promise<void> {
  for (let after: Uint8Array | undefined = new Uint8Array(); after !== undefined;) {
    const done = await step(after);
    if (typeof done === 'string') return;
    after = done.last;
    await onStep?.();
  }
}
