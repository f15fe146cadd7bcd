// What the suites of changes of direct messages do: saying something that is a message, changing it, and telling both.
import { directContent, storedDirectFrame } from '../../src/protocol/direct.ts';
import { decodeNotification } from '../../src/protocol/wire/frame.ts';
import { storedMessageIn } from '../../src/protocol/wire/message-frame.ts';
import { decodeTrusted } from '../../src/protocol/wire/msgpack.ts';
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';
import type { TopicEvent } from '../../src/log/event.ts';
import type { Appended } from '../../src/store/pair/pair-store.ts';
import type { PairChange, PairChanged, PairUpdate } from '../../src/store/pair/pair-changes.ts';
import { rightsOf, type Rights } from '../../src/store/rights.ts';
import { ALL, appendOne, deliver } from './pair-actions.ts';
import type { Store } from './store.ts';

/** A message is said, and in the log. */
export async function say(
  store: Store,
  author: string,
  to: string,
  message: ValueMap = { textMessage: 'hello' },
  clientMessageId?: string,
): Promise<Appended> {
  const { prefix, middle } = storedDirectFrame(author, message);
  const { replyTo } = message;
  const post = { prefix, middle, clientMessageId, transient: false };
  const done = await appendOne(store, author, to, typeof replyTo === 'number' ? { ...post, replyTo } : post);
  if (typeof done === 'string' || 'passing' in done) throw new Error(`not said: ${JSON.stringify(done)}`);
  return done;
}

/** The same, and handed on. */
export async function send(store: Store, author: string, to: string, message?: ValueMap): Promise<Appended> {
  const said = await say(store, author, to, message);
  await deliver(store, to, author, said);
  return said;
}

export const update = (id: number, message: ValueMap, ifVersion?: number): PairUpdate => ({
  what: 'update',
  id,
  content: directContent(message, {}).content,
  ifVersion,
  mentioning: false,
});
export const recall = (id: number, reason?: string): PairChange => ({ what: 'recall', id, reason });
export const react = (id: number, key: string, remove = false): PairChange => ({ what: 'react', id, key, remove });
export const append = (id: number, text: string, offset?: number, done = false): PairChange => ({
  what: 'append',
  id,
  text,
  offset,
  done,
});

export type Made = Exclude<PairChanged, string>;

/** Several changes in one step. */
export async function change(
  store: Store,
  author: string,
  peer: string,
  changes: readonly PairChange[],
  rights: Rights = rightsOf(author),
): Promise<PairChanged[]> {
  const made = await store.pairChanges.change({ author, peer, rights }, changes);
  return made.map((one) => {
    if (one instanceof Error) throw one;
    return one;
  });
}

export async function changed(store: Store, author: string, peer: string, one: PairChange): Promise<Made> {
  const [made] = await change(store, author, peer, [one]);
  if (made === undefined || typeof made === 'string') throw new Error(`not changed: ${String(made)}`);
  return made;
}

/** Tells both of all that is due, as a node does. Gives the numbers. */
export async function tellDue(store: Store, userName: string, peer: string): Promise<number[]> {
  const numbers: number[] = [];
  let told: number[] = [];
  for (;;) {
    const page = await store.pairChanges.settle(userName, peer, told);
    if (page === 'noPair' || page.due.length === 0) return numbers;
    const { life, due } = page;
    await store.changesTold.tell(peer, { peer: userName, life, changes: due.filter(({ isPeers }) => isPeers) });
    await store.changesTold.tell(userName, { peer, life, changes: due.filter(({ isOwn }) => isOwn) });
    told = due.map(({ number }) => number);
    numbers.push(...told);
  }
}

/** The latest versions, oldest first. */
export async function messagesOf(store: Store, userName: string, peer: string): Promise<ValueMap[]> {
  const found = await store.pairs.read(userName, peer, ALL);
  if (found === 'noPair') throw new Error('there is no log');
  return found.messages.map(({ frame }) => Object(storedMessageIn(frame).value));
}

/** What a notice says. */
export const toldBy = (told: Uint8Array): Value => decodeTrusted(told);

/** The notices among what a user was told: name and params of each. */
export const noticesIn = (events: readonly TopicEvent[]): [string, ...Value[]][] =>
  events.map(({ frame }) => {
    if (frame.length === 0) return [''];
    const { name, params } = decodeNotification(frame);
    return [name, ...params];
  });
