/**
 * Makes and ends contacts. Both users have them, on two slots: the side that decides notes what is begun, the other one follows,
 * and the first ends it. What a crash or an outage leaves is the note: whoever reads a list on either side, adds or removes goes on
 * from there, and where only Redis was away the repairs do. Where a failover has lost one side, whoever lists, adds or removes sees it.
 */
import { notificationFrame } from '../../protocol/wire/frame.ts';
import { newEpoch } from '../../redis/tokens.ts';
import { StateUnavailable } from '../../redis/unavailable.ts';
import { pairOf, type ContactOp, type ContactStore, type Pair, type Wish } from '../../store/contact/contact-store.ts';
import type { Repairs } from '../repair/repairs.ts';
import { windowsOf } from '../windows.ts';
import type { Presence } from './presence.ts';
import type { Profile, Profiles, Seen } from './profiles.ts';

export interface ContactPairsDeps {
  readonly contacts: ContactStore;
  readonly profiles: Pick<Profiles, 'one'>;
  readonly presence: Pick<Presence, 'note'>;
  readonly repairs: Pick<Repairs, 'retry'>;
}

/** Who asks for it. */
export interface Asking {
  readonly caller: string;
  readonly other: string;
  /** The service itself acts. */
  readonly trusted: boolean;
  /** The socket that echoes leave out; '' for none. */
  readonly except: string;
}

type Refusal = 'noUser' | 'notAllowed' | 'listLimitExceeded';

/** What is under way: `wish` is that of the side that decides. */
interface UnderWay {
  readonly pair: Pair;
  readonly version: string;
  readonly wish: Wish;
  readonly excepts: { readonly truth: string; readonly mirror: string };
}

interface Notice {
  readonly frame: Uint8Array;
  readonly shownOnline: boolean;
}

/** What the two sides are told. */
interface Notices {
  readonly truth: Notice;
  readonly mirror: Notice;
}

/** How often one side may be overtaken while another one follows it. */
const ROUNDS = 10;
const FORMER_PAGE = 500;
const SIDES_AT_ONCE = 100;
const NOTHING = new Uint8Array(0);
const NOBODY_EXCEPTED = { truth: '', mirror: '' };

export class ContactPairs {
  readonly #deps: ContactPairsDeps;
  /** Names whose contacts of an earlier user are being taken out because somebody came upon them. */
  readonly #freeing = new Map<string, Promise<void>>();

  constructor(deps: ContactPairsDeps) {
    this.#deps = deps;
  }

  /** Gives the profile of the other one. */
  async add(asking: Asking): Promise<Profile | Refusal> {
    const { caller, other, trusted } = asking;
    const { contacts, profiles } = this.#deps;
    const [own, found, ...judged] = await Promise.all([
      profiles.one(caller, other),
      profiles.one(other, caller),
      contacts.judge(caller, other, { adds: true, trusted }),
      contacts.judge(other, caller, { adds: false, trusted }),
    ]);
    if (found === 'noUser') return found;
    if (own === 'noUser') throw new StateUnavailable('the user is gone');
    // Rights come before limits.
    for (const refusal of REFUSALS) if (judged.includes(refusal)) return refusal;
    if ([own, found].every(({ isContact, isDue }) => isContact && !isDue)) return found.profile;
    const begun = underWay('add', asking);
    const { truth } = begun.pair;
    const seenOf = (userName: string): Seen => (userName === caller ? own : found);
    const outcome = await this.#whole(begun, addedNotices(begun.pair, truth === caller, seenOf));
    return outcome === 'ok' ? found.profile : outcome;
  }

  /** Whether there was one or not. */
  async remove(asking: Asking): Promise<void> {
    const begun = underWay('remove', asking);
    await this.#whole(begun, removedNotices(begun.pair, begun.wish.adds));
  }

  /** Goes on with what is under way of two users, if anything is. */
  async complete(one: string, other: string): Promise<void> {
    const pair = pairOf(one, other);
    const version = newEpoch();
    const found = await this.#deps.contacts.resume(pair, version);
    if (found === 'none') return;
    await this.#carryOut({ pair, version, wish: { ...found, trusted: false }, excepts: NOBODY_EXCEPTED });
  }

  /**
   * Somebody is among a user's contacts, and does not have it among its own: the side that decides says which of them is right. As long
   * as neither is under way only a failover leaves that behind, or who came late to the other side.
   */
  async agree({ userName, other }: { readonly userName: string; readonly other: string }): Promise<void> {
    const pair = pairOf(userName, other);
    const version = newEpoch();
    const isThere = pair.mirror === userName;
    const ended = removedNotices(pair, false).truth;
    const done = await this.#deps.contacts.finish(pair, version, isThere ? 'add' : 'remove', { ...ended, except: '' });
    if (done === 'noUser') return this.#end(pair.mirror, pair.truth);
    if (done === 'overtaken') return this.complete(userName, other);
    if (done.again === undefined) return;
    // Both had it, and no right is asked for what stays.
    const wish = { op: done.again, adds: false, trusted: true };
    await this.#carryOut({ pair, version, wish, excepts: NOBODY_EXCEPTED });
  }

  /** Somebody is among a user's contacts, and does not exist any more. */
  async forget(userName: string, former: string): Promise<void> {
    await this.#end(userName, former);
  }

  /** Takes a user that was deleted out of the contacts of others. */
  async finishFormer(userName: string): Promise<void> {
    const { contacts } = this.#deps;
    for (;;) {
      const names = await contacts.readFormer(userName, FORMER_PAGE);
      if (names.length === 0) return;
      for await (const window of windowsOf(names, SIDES_AT_ONCE)) {
        await Promise.all(window.map((name) => this.#end(name, userName)));
      }
      await contacts.forgetFormer(userName, names);
    }
  }

  /** On one side only. */
  async #end(userName: string, former: string): Promise<void> {
    const wish = { op: 'remove', adds: false, trusted: true } as const;
    const notice = { frame: notificationFrame('contactRemoved', [former]), except: '', shownOnline: false };
    await this.#deps.contacts.apply(userName, former, wish, notice);
  }

  /** From the beginning. What cannot be done now is done later, and whoever asks is told that it is not known. */
  async #whole(begun: UnderWay, notices: Notices): Promise<'ok' | Refusal> {
    const { contacts, repairs } = this.#deps;
    const { pair, version, wish, excepts } = begun;
    try {
      const notice = { frame: wish.op === 'add' ? NOTHING : notices.truth.frame, except: excepts.truth };
      const outcome = await contacts.begin(pair, wish, version, notice);
      if (outcome === 'busy') return await this.#free(pair.truth);
      // It is gone, and this one may be left to the other.
      if (wish.op === 'remove' && outcome === 'noUser') await this.#end(pair.mirror, pair.truth);
      if (wish.op === 'add' && typeof outcome === 'string') return outcome;
      return outcome === true ? await this.#carryOut(begun, notices) : 'ok';
    } catch (error) {
      repairs.retry(() => this.complete(pair.truth, pair.mirror), error);
      throw error;
    }
  }

  /** What is noted on the side that decides: the other side first, then the end of the note. */
  async #carryOut(begun: UnderWay, known?: Notices): Promise<'ok' | Refusal> {
    const { contacts } = this.#deps;
    const { pair, version, wish, excepts } = begun;
    let { op } = wish;
    let notices = known ?? (await this.#notices(pair, op, wish.adds));
    for (let round = 0; round < ROUNDS; round++) {
      const refusal = await this.#apply(begun, op, notices);
      const did = refusal === undefined ? op : 'refused';
      // A refusal may end what the truth has: nobody has asked for that.
      const notice = did === 'refused' ? removedNotices(pair, false).truth : notices.truth;
      const done = await contacts.finish(pair, version, did, { ...notice, except: excepts.truth });
      if (done === 'noUser') {
        // Deleted meanwhile, and perhaps before the other side followed.
        await this.#end(pair.mirror, pair.truth);
        return done;
      }
      if (done !== 'overtaken' && done.isShownWrong) void this.#deps.presence.note(pair.truth, 0);
      if (refusal === 'busy') return this.#free(pair.mirror);
      if (done === 'overtaken' || done.again === undefined) return refusal ?? 'ok';
      op = done.again;
      notices = await this.#notices(pair, op, wish.adds);
    }
    throw new StateUnavailable('a contact is made and ended all the time');
  }

  /** Whoever comes upon contacts of an earlier user of a name, which its node may have left, takes them out: it works the next time. */
  async #free(userName: string): Promise<never> {
    let freeing = this.#freeing.get(userName);
    if (freeing === undefined) {
      freeing = this.finishFormer(userName).finally(() => this.#freeing.delete(userName));
      this.#freeing.set(userName, freeing);
    }
    await freeing;
    throw new StateUnavailable('contacts of an earlier user of the name were being taken out');
  }

  /** Why the side that follows does not; undefined where it does. */
  async #apply(
    { pair: { truth, mirror }, wish, excepts }: UnderWay,
    op: ContactOp,
    notices: Notices,
  ): Promise<Refusal | 'busy' | undefined> {
    const notice = { ...notices.mirror, except: excepts.mirror };
    const applied = await this.#deps.contacts.apply(mirror, truth, { ...wish, op, adds: !wish.adds }, notice);
    if (typeof applied === 'string') return op === 'add' ? applied : undefined;
    if (applied.isShownWrong) void this.#deps.presence.note(mirror, 0);
    return undefined;
  }

  async #notices(pair: Pair, op: ContactOp, truthActs: boolean): Promise<Notices> {
    if (op === 'remove') return removedNotices(pair, truthActs);
    const { profiles } = this.#deps;
    const { truth, mirror } = pair;
    const [ofTruth, ofMirror] = await Promise.all([profiles.one(truth, mirror), profiles.one(mirror, truth)]);
    // Nobody is told of somebody who does not exist: its side refuses.
    if (ofTruth === 'noUser' || ofMirror === 'noUser') return NO_NOTICES;
    return addedNotices(pair, truthActs, (userName) => (userName === truth ? ofTruth : ofMirror));
  }
}

const REFUSALS = ['noUser', 'notAllowed', 'listLimitExceeded'] as const;
const NO_NOTICES: Notices = {
  truth: { frame: NOTHING, shownOnline: false },
  mirror: { frame: NOTHING, shownOnline: false },
};

function underWay(op: ContactOp, { caller, other, trusted, except }: Asking): UnderWay {
  const pair = pairOf(caller, other);
  const truthActs = pair.truth === caller;
  return {
    pair,
    version: newEpoch(),
    wish: { op, adds: truthActs, trusted },
    excepts: truthActs ? { truth: except, mirror: '' } : { truth: '', mirror: except },
  };
}

/** Each side is told of the other, and shown it: whoever has acted by an echo. */
function addedNotices(pair: Pair, truthActs: boolean, seenOf: (userName: string) => Seen): Notices {
  const notice = (userName: string, other: string, acts: boolean): Notice => ({
    frame: notificationFrame(acts ? 'contactAddedEcho' : 'contactAdded', [seenOf(other).profile]),
    // What a block hides is nothing to be put right.
    shownOnline: seenOf(userName).isOnline,
  });
  const { truth, mirror } = pair;
  return { truth: notice(truth, mirror, truthActs), mirror: notice(mirror, truth, !truthActs) };
}

function removedNotices({ truth, mirror }: Pair, truthActs: boolean): Notices {
  const notice = (other: string, acts: boolean): Notice => ({
    frame: notificationFrame(acts ? 'contactRemovedEcho' : 'contactRemoved', [other]),
    shownOnline: false,
  });
  return { truth: notice(mirror, truthActs), mirror: notice(truth, !truthActs) };
}
