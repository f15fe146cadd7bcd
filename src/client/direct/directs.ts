/**
 * The direct conversations a client has objects of: one for each user. What is told of them comes in here, in order, and
 * what a device has missed besides.
 */
import { isMap, type ValueMap } from '../../protocol/params/values.ts';
import type { UnreadCount } from '../../protocol/unread.ts';
import type { Core } from '../core.ts';
import { Refresh } from '../refresh.ts';
import { isTemporary } from '../request-error.ts';
import { Kept } from '../user/kept.ts';
import type { Users } from '../user/users.ts';
import { Direct } from './direct.ts';
import type { DirectParts } from './direct-parts.ts';

/** Kept whether anybody holds them or not. */
const keptMax = 1_000;
/** Live messages that wait behind what was missed; more are told before it, for losing them would be worse. */
const heldMax = 1_000;

export class Directs {
  readonly #parts: DirectParts;
  readonly #core: Core;
  readonly #users: Users;
  readonly #directs = new Kept<Direct>(keptMax, (direct) => direct.isHeard);
  readonly #missed: Refresh;
  readonly #behind: Refresh;
  /** Set while more of what was missed is asked for. */
  #held: (() => void)[] | undefined;
  /** What was missed is on its way. */
  #isAsking = false;
  #isBehind = false;

  constructor(parts: DirectParts, users: Users) {
    const { core } = parts;
    this.#parts = parts;
    this.#core = core;
    this.#users = users;
    const failed = (error: unknown): void => core.failed(error);
    this.#missed = new Refresh(() => this.#askForMissed(), failed);
    this.#behind = new Refresh(() => this.#catchUp(), failed);
    core.onNotification('directMessage', (message) => this.#live(() => this.#heard(authorOf(message), message, false)));
    core.onNotification('directMessageEcho', (userName, message) => {
      this.#live(() => this.#heard(userName, message, true));
    });
    core.onNotification('directMessageChanged', (userName, change) => {
      this.#live(() => this.known(userName)?.changes.take(change));
    });
    core.onNotification('missedMessages', (messages, { more }) => this.#pushed(messages, more));
    core.onNotification('directMessageStatus', (userName, { status, upToId }) => {
      this.known(userName)?.moved(status, upToId);
    });
    core.onNotification('unreadCounts', (counts) => this.#counted(counts));
    core.onAnswer('unreadGet', (_, counts) => this.#counted(counts));
    core.onNotification('inboxReset', () => this.#fallBehind());
    core.onAnswer('userDetails', (_, { missed, unread, more }) => {
      if (more.unread !== true) this.#counted(unread);
      this.#take(missed);
    });
    core.onRename(() => {
      // They have the names of their users.
      this.#directs.rename(
        (name) => core.nameOf(name),
        () => undefined,
      );
    });
    core.onLogin(() => this.#loggedIn());
    const lost = (): void => {
      // What was asked for counts as sent, and its answer will not come.
      if (this.#isAsking) this.#fallBehind();
      this.#isAsking = false;
      this.#missed.stop();
      this.#behind.stop();
      for (const direct of this.#directs.all) direct.lost();
    };
    core.onLoss(lost);
    core.onClose(lost);
  }

  get objects(): ReadonlyMap<string, Direct> {
    return this.#directs.objects;
  }

  of(userName: string): Direct {
    const name = this.#core.nameOf(userName);
    const known = this.#directs.get(name);
    if (known !== undefined) return known;
    const kept = (): void => void this.#directs.get(direct.userName);
    const direct: Direct = new Direct({ ...this.#parts, kept }, this.#users.of(name));
    this.#directs.set(name, direct);
    this.#core.plugins.extend(direct, 'Direct');
    return direct;
  }

  known(userName: string): Direct | undefined {
    return this.#directs.get(this.#core.nameOf(userName));
  }

  /** What the service itself says has no author, and is told by the client only. */
  #heard(userName: string | undefined, message: ValueMap, isOwn: boolean): void {
    if (userName !== undefined) this.of(userName).heard(message, isOwn);
  }

  #live(tell: () => void): void {
    if (this.#held === undefined || this.#held.length >= heldMax) tell();
    else this.#held.push(tell);
  }

  #counted(counts: readonly UnreadCount[]): void {
    for (const count of counts) if (count.userName !== undefined) this.of(count.userName).counted(count);
  }

  #loggedIn(): void {
    if (this.#held !== undefined) this.#missed.start();
    if (this.#isBehind) this.#behind.start();
  }

  #pushed(messages: { readonly [userName: string]: readonly ValueMap[] }, more: boolean): void {
    this.#take(messages);
    if (!more || this.#held !== undefined) return;
    this.#held = [];
    // Before the login was answered nothing can be asked for.
    if (this.#core.link !== undefined) this.#missed.start();
  }

  #take(messages: { readonly [userName: string]: readonly ValueMap[] }): number {
    let count = 0;
    for (const [userName, each] of Object.entries(messages)) {
      for (const message of each) this.#heard(userName, message, false);
      count += each.length;
    }
    return count;
  }

  async #askForMissed(): Promise<void> {
    try {
      for (let count = 1; count > 0;) {
        this.#isAsking = true;
        const messages = await this.#core.request('missedMessagesGet', {});
        this.#isAsking = false;
        count = this.#take(messages);
      }
    } catch (error) {
      this.#isAsking = false;
      // It is asked again; a refusal for good leaves what is live.
      if (isTemporary(error)) throw error;
      this.#core.failed(error);
    }
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const tell of held) tell();
  }

  #fallBehind(): void {
    this.#isBehind = true;
    for (const direct of this.#directs.all) direct.fallBehind();
  }

  /** What each has missed, and what is unread of all: what was read elsewhere was not told either. */
  async #catchUp(): Promise<void> {
    const directs = this.#directs.all;
    for (const direct of directs) await direct.catchUp();
    const newest = directs.map((direct) => ({ direct, id: direct.newestId }));
    const counts = await this.#core.request('unreadGet', {});
    const unread = new Set(counts.map(({ userName }) => userName));
    for (const { direct, id } of newest) {
      if (!unread.has(direct.userName)) direct.counted({ unread: 0, mentioned: false, last: null }, id);
    }
    this.#isBehind = false;
  }
}

function authorOf(message: ValueMap): string | undefined {
  const author = isMap(message) ? message['author'] : undefined;
  return typeof author === 'string' ? author : undefined;
}
