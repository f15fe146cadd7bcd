/**
 * Contacts in Redis. Two users are contacts on both their slots: of each pair the one whose name comes first decides
 * (`truth`), the other follows (`mirror`). Every method is one script on the slot of the user named first; who runs them in
 * their order, and what a crash between them leaves, is in chat/contact/pairs.ts. Rejects with `StateUnavailable` where Redis
 * cannot be asked.
 */
import type { Commands } from '../../redis/commands.ts';
import type { Keyspace } from '../../redis/keys.ts';
import { list, text } from '../../redis/reply.ts';
import { flag, type OutcomeOf } from '../../redis/script.ts';
import type { PageWish } from '../access/list-page.ts';
import { NOBODY } from '../rights.ts';
import { isAnonymous } from '../user/anonymous.ts';
import * as scripts from './contact-scripts.ts';

export type ContactOp = 'add' | 'remove';

/** Which of two users decides about them. */
export interface Pair {
  readonly truth: string;
  readonly mirror: string;
}

export const pairOf = (one: string, other: string): Pair =>
  one < other ? { truth: one, mirror: other } : { truth: other, mirror: one };

/** By whose wish. */
export interface Wish {
  readonly op: ContactOp;
  /** The user whose side it is has asked for it. */
  readonly adds: boolean;
  /** The service itself has: it has every right. */
  readonly trusted: boolean;
}

/** What the sockets of a side are told, but for one ('' for none). */
export interface SideNotice {
  readonly frame: Uint8Array;
  readonly except: string;
}

/** The same of a side that has a new contact, with what that one was shown of it. */
export interface SideShown extends SideNotice {
  readonly shownOnline: boolean;
}

/** What a user shows, to whoever asks for it, as far as Redis knows. */
export interface StoredProfile {
  readonly online: boolean;
  /** Undefined where it was never here, or is for the first time. */
  readonly lastOnline: number | undefined;
  /** It blocks the one who asks. */
  readonly blocks: boolean;
  /** A contact of these two is under way, and this one decides. */
  readonly isDue: boolean;
  /** The one who asks is among its contacts. */
  readonly isContact: boolean;
  /** Name → value in MessagePack. */
  readonly fields: ReadonlyMap<string, Uint8Array>;
}

/** Of all fields of a profile as one map in MessagePack. */
export const PROFILE_BYTES_MAX = 8192;

export interface ContactOptions {
  readonly contactsMax: number;
}

export class ContactStore {
  readonly #commands: Commands;
  readonly #keys: Keyspace;
  readonly #options: ContactOptions;

  constructor(commands: Commands, keys: Keyspace, options: ContactOptions) {
    this.#commands = commands;
    this.#keys = keys;
    this.#options = options;
  }

  /** Whether a user lets another one become its contact. */
  judge(userName: string, other: string, wish: Omit<Wish, 'op'>): Promise<OutcomeOf<typeof scripts.judgeContact>> {
    return this.#commands.run(scripts.judgeContact, this.#keys.user(userName), { other, ...this.#wished(wish) });
  }

  /** On the side that decides. False: nothing was begun, for there is nothing to end, and too much under way. */
  async begin(
    { truth, mirror }: Pair,
    { op, ...wish }: Wish,
    version: string,
    { frame, except }: SideNotice,
  ): Promise<boolean | Exclude<OutcomeOf<typeof scripts.beginContact>, 'ok'>> {
    const keys = this.#keys.user(truth);
    const { trusted, ...wished } = this.#wished(wish);
    if (op === 'remove') {
      return this.#commands.run(scripts.endContact, keys, { other: mirror, ...wished, version, except, frame });
    }
    const begun = await this.#commands.run(scripts.beginContact, keys, { other: mirror, trusted, ...wished, version });
    return begun === 'ok' ? true : begun;
  }

  /** Takes over what is under way of two users. */
  async resume({ truth, mirror }: Pair, version: string): Promise<{ op: ContactOp; adds: boolean } | 'none'> {
    const args = { other: mirror, version };
    const found = await this.#commands.run(scripts.resumeContact, this.#keys.user(truth), args);
    return found === 'none' ? found : { op: opOf(found.op), adds: found.adds };
  }

  /** On the side that follows. */
  async apply(
    userName: string,
    other: string,
    { op, ...wish }: Wish,
    { frame, except, shownOnline }: SideShown,
  ): Promise<OutcomeOf<typeof scripts.applyContact>> {
    const keys = this.#keys.user(userName);
    if (op === 'remove') {
      const changed = await this.#commands.run(scripts.dropContact, keys, { other, except, frame });
      return changed === 'noUser' ? changed : { changed, isShownWrong: false };
    }
    const args = { other, ...this.#wished(wish), except, frame, shown: flag(shownOnline) };
    return this.#commands.run(scripts.applyContact, keys, args);
  }

  /** On the side that decides, after the other one. `again`: what the other side has to be told once more, by this version. */
  async finish(
    { truth, mirror }: Pair,
    version: string,
    did: ContactOp | 'refused',
    { frame, except, shownOnline }: SideShown,
  ): Promise<{ again: ContactOp | undefined; isShownWrong: boolean } | 'noUser' | 'overtaken'> {
    const args = { other: mirror, version, did, except, frame, shown: flag(shownOnline) };
    const done = await this.#commands.run(scripts.finishContact, this.#keys.user(truth), args);
    if (typeof done === 'string') return done;
    return { ...done, again: done.again === undefined ? undefined : opOf(done.again) };
  }

  /** A page in the order of names, and some of those of whom something is under way. */
  readPage(userName: string, { cursor, limit }: PageWish): Promise<OutcomeOf<typeof scripts.readContacts>> {
    return this.#commands.run(scripts.readContacts, this.#keys.user(userName), { after: cursor, limit });
  }

  /** Whether somebody is among a user's contacts. */
  async has(userName: string, other: string): Promise<boolean> {
    return (await this.#commands.plain('zscore', this.#keys.user(userName).contacts, other)) !== null;
  }

  /** As another user sees it; undefined for the service. Not `whole`: without its fields. */
  async readProfile(userName: string, other: string | undefined, whole = true): Promise<StoredProfile | 'noUser'> {
    const args = { other: other ?? NOBODY, whole: flag(whole) };
    const read = await this.#commands.run(scripts.readProfile, this.#keys.user(userName), args);
    if (read === 'noUser') return read;
    const fields = new Map<string, Uint8Array>();
    for (let at = 0; at + 1 < read.fields.length; at += 2) {
      fields.set(text(read.fields[at]), read.fields[at + 1] ?? new Uint8Array(0));
    }
    return { ...read, fields };
  }

  /** Those of some names that a user blocks. */
  async readBlocked(userName: string, names: readonly string[]): Promise<ReadonlySet<string>> {
    const { blacklist } = this.#keys.user(userName);
    return new Set(await this.#commands.run(scripts.readBlocked, { blacklist }, {}, { args: names }));
  }

  /** Name → value in MessagePack; undefined for a field that goes. */
  setProfile(
    userName: string,
    changes: ReadonlyMap<string, Uint8Array | undefined>,
  ): Promise<'ok' | 'gone' | 'quotaExceeded'> {
    const keys = this.#keys.user(userName);
    const rest = [...changes].flatMap(([name, value]) => [name, value ?? '']);
    const args = { anonymous: flag(isAnonymous(userName)), bytesMax: PROFILE_BYTES_MAX };
    return this.#commands.run(scripts.setProfile, keys, args, { args: rest });
  }

  /** Whose contact an earlier user of this name still is: a page of them. */
  async readFormer(userName: string, limit: number): Promise<string[]> {
    const { contactsFormer } = this.#keys.user(userName);
    const found = await this.#commands.plain('zrangebyscore', contactsFormer, '-inf', '+inf', 'LIMIT', 0, limit);
    return list(found).map(text);
  }

  async forgetFormer(userName: string, names: readonly string[]): Promise<void> {
    if (names.length > 0) await this.#commands.plain('zrem', this.#keys.user(userName).contactsFormer, ...names);
  }

  #wished({ adds, trusted }: Omit<Wish, 'op'>): { adds: '0' | '1'; trusted: '0' | '1'; limit: number } {
    return { adds: flag(adds), trusted: flag(trusted), limit: this.#options.contactsMax };
  }
}

function opOf(op: string): ContactOp {
  if (op === 'add' || op === 'remove') return op;
  throw new TypeError(`${op} is nothing that happens to contacts`);
}
