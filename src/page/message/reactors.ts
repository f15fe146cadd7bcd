/**
 * Who has reacted to a message, and with what, as far as anything has told it: what one does oneself, what is told of others, and
 * what the service says when one comes near a message that has reactions. Their counts are the message's own.
 */
import { useEffect, useSyncExternalStore } from 'react';
import type { Client, Message, NotificationParams } from '../../client/index.ts';
import { useClient, type MessageView, type Talk } from '../../client/react/index.ts';
import type { Telling } from './deeds.ts';

export interface Reactors {
  /** One's own keys. */
  readonly own: ReadonlySet<string>;
  readonly names: ReadonlyMap<string, readonly string[]>;
  /** The service was asked. */
  readonly isRead: boolean;
}

type Change = NotificationParams<'roomMessageChanged'>[1];

/** Somebody has reacted, or does so no more. */
type Note = readonly [id: number, key: string, userName: string, isThere: boolean];

/** Of so many messages; the ones that were looked at longest ago go. */
const MESSAGES_MAX = 500;
/** Named of one message. */
const READ_MAX = 100;

const NONE: Reactors = { own: new Set(), names: new Map(), isRead: false };

class TalkReactors {
  readonly #client: Client;
  readonly #known = new Map<number, Reactors>();
  readonly #readings = new Map<number, { readonly notes: Note[]; readonly asked: ReturnType<Message['reactors']> }>();
  readonly #watchers = new Set<() => void>();

  constructor(client: Client, talk: Talk) {
    this.#client = client;
    const about = (name: string, change: Change): void => {
      const own = 'isJoined' in talk ? talk.name : talk.userName;
      if (name === own && change.kind === 'reactions') this.#heard(change);
    };
    if ('isJoined' in talk) client.on('roomMessageChanged', about);
    else client.on('directMessageChanged', about);
    // What is known by its id may be another message now, and what was missed is told of nobody.
    const forget = (): void => {
      this.#known.clear();
      this.#readings.clear();
      this.#told();
    };
    const telling: Telling = talk;
    telling.on('reset', forget);
    client.on('reconnect', forget);
  }

  readonly subscribe = (changed: () => void): (() => void) => {
    this.#watchers.add(changed);
    return () => void this.#watchers.delete(changed);
  };

  of(id: number | undefined): Reactors | undefined {
    return id === undefined ? undefined : this.#known.get(id);
  }

  /** Asks who it was, once. */
  async read(id: number, message: Message): Promise<void> {
    if (this.of(id)?.isRead === true) return;
    const reading = this.#readings.get(id) ?? { notes: [], asked: message.reactors({ limit: READ_MAX }) };
    this.#readings.set(id, reading);
    try {
      const { reactions } = await reading.asked;
      if (this.#readings.get(id) !== reading) return;
      this.#readings.delete(id);
      this.#put(id, { ...NONE, isRead: true });
      for (const { userName, key } of reactions) this.note(id, key, userName, true);
      // What was told meanwhile may be newer than the answer, and does no harm where it is not.
      for (const note of reading.notes) this.note(...note);
    } catch {
      // It is asked again when one comes near the next time.
      if (this.#readings.get(id) === reading) this.#readings.delete(id);
    }
  }

  note(...note: Note): void {
    const [id, key, userName, isThere] = note;
    this.#readings.get(id)?.notes.push(note);
    const { own, names, isRead } = this.of(id) ?? NONE;
    const isOwn = userName === this.#client.userName;
    const rest = (names.get(key) ?? []).filter((name) => name !== userName);
    this.#put(id, {
      own: isOwn ? withOr(own, key, isThere) : own,
      names: new Map(names).set(key, isThere ? [...rest, userName] : rest),
      isRead,
    });
  }

  #heard({ id, by, key, removed }: Extract<Change, { kind: 'reactions' }>): void {
    if (typeof by === 'string' && key !== undefined) this.note(id, key, by, removed !== true);
    // It is told that something has changed, and not who has done it.
    else if (this.#known.delete(id)) this.#told();
  }

  #put(id: number, reactors: Reactors): void {
    this.#known.delete(id);
    this.#known.set(id, reactors);
    // A map is in the order in which it was filled.
    for (const oldest of this.#known.keys()) if (this.#known.size > MESSAGES_MAX) this.#known.delete(oldest);
    this.#told();
  }

  #told(): void {
    for (const watcher of Array.from(this.#watchers)) watcher();
  }
}

function withOr(keys: ReadonlySet<string>, key: string, isThere: boolean): ReadonlySet<string> {
  const next = new Set(keys);
  if (isThere) next.add(key);
  else next.delete(key);
  return next;
}

const known = new WeakMap<Talk, TalkReactors>();

function reactorsOf(client: Client, talk: Talk): TalkReactors {
  const there = known.get(talk);
  if (there !== undefined) return there;
  const made = new TalkReactors(client, talk);
  known.set(talk, made);
  return made;
}

/** Who has reacted, and a way to do so; asked for when one is near. */
export function useReactors(talk: Talk, { id, message, reactions }: MessageView, isNear: boolean) {
  const client = useClient();
  const all = reactorsOf(client, talk);
  const reactors = useSyncExternalStore(all.subscribe, () => all.of(id));
  const isDue = isNear && id !== undefined && reactors?.isRead !== true && reactions.length > 0;
  useEffect(() => {
    if (isDue) void all.read(id, message);
  }, [all, isDue, id, message]);
  /** Adds it, or takes it back where it is one's own. */
  const toggle = async (key: string): Promise<void> => {
    if (id === undefined) return;
    if (reactors?.isRead !== true && reactions.some((reaction) => reaction.key === key)) await all.read(id, message);
    const remove = all.of(id)?.own.has(key) === true;
    await message.react(key, { remove });
    all.note(id, key, client.userName ?? '', !remove);
  };
  return { reactors, toggle };
}
