// One room, and what is done to it in the suites about rooms and about messages.
import { expect } from '@jest/globals';
import type { TopicEvent } from '../../src/log/event.ts';
import type { Joined, LeaveRules } from '../../src/store/membership/membership-store.ts';
import type { Post } from '../../src/store/message/post.ts';
import { rightsOf, type Rights } from '../../src/store/rights.ts';
import type { Scope } from '../support/scope.ts';
import { frame, nonce, roomOptions, type OpenStore, type Store, type StoreOptions } from './store.ts';

export const room = 'lobby';

/** Joins, or shows why not. */
export async function join(store: Store, userName: string, socketId = `${userName}-1`, nodeId = 'n1'): Promise<Joined> {
  const joined = await store.memberships.join(
    { roomName: room, userName, socketId, nodeId },
    frame(`joined ${userName}`),
  );
  if (typeof joined === 'string') throw new Error(joined);
  return joined;
}

export const leave = (
  store: Store,
  userName: string,
  socketId = `${userName}-1`,
  nodeId = 'n1',
  rules?: LeaveRules,
): ReturnType<Store['memberships']['leave']> =>
  store.memberships.leave(room, [{ userName, socketId, nodeId, frame: frame(`left ${userName}`) }], rules);

/** Whose rights: a user's by its name. */
export type By = string | Rights;
export const rightsBy = (by: By): Rights => (typeof by === 'string' ? rightsOf(by) : by);

interface PostOptions extends Pick<Post, 'priority' | 'mentions' | 'replyTo' | 'hasLeft' | 'judged'> {
  clientMessageId?: string;
  transient?: boolean;
  prefix?: string;
}

export const post = (
  store: Store,
  by: By,
  options: PostOptions = {},
  roomName = room,
): ReturnType<Store['messages']['post']> =>
  store.messages.post(roomName, rightsBy(by), {
    author: typeof by === 'string' ? by : undefined,
    prefix: Buffer.from(options.prefix ?? 'prefix'),
    middle: Buffer.from(options.transient === true ? '' : 'middle'),
    nonce: nonce(),
    clientMessageId: options.clientMessageId,
    transient: options.transient ?? false,
    priority: options.priority,
    mentions: options.mentions,
    replyTo: options.replyTo,
    ...(options.hasLeft === undefined ? {} : { hasLeft: options.hasLeft }),
    ...(options.judged === undefined ? {} : { judged: options.judged }),
  });

export const idsOf = (events: readonly TopicEvent[] | string): number[] | string =>
  typeof events === 'string' ? events : events.map(({ id }) => id);

/** What a published or stored message of `post` carries: its time and id, as the script put them in. */
export function stampsOf({ frame: bytes }: TopicEvent): { timestamp: number; id: number } {
  const read = Buffer.from(bytes);
  const prefixLength = 'prefix'.length;
  expect(read.toString('latin1', 0, prefixLength)).toBe('prefix');
  expect(read.toString('latin1', prefixLength + 8, read.length - 8)).toBe('middle');
  return { timestamp: Number(read.readBigUInt64BE(prefixLength)), id: Number(read.readBigUInt64BE(read.length - 8)) };
}

/** Events as they were published: no number left out, each naming the one before it. */
export function expectChain(events: readonly TopicEvent[]): void {
  const logged = events.filter(({ kind }) => kind !== 'transient');
  for (const [i, event] of logged.entries()) {
    const before = logged[i - 1];
    if (before === undefined) continue;
    expect([event.seq, event.prev]).toEqual([before.seq + 1, before.nonce]);
    expect(event.timestamp).toBeGreaterThanOrEqual(before.timestamp);
  }
}

/** Without what tells a socket's node alone that it is out: a notice without a frame. */
export const heardOf = (events: readonly TopicEvent[]): TopicEvent[] =>
  events.filter(({ kind, frame: { length } }) => kind !== 'notice' || length > 0);

/** A store of its own with the room in it, which `owner` owns. */
export type Start = (options?: StoreOptions, rules?: Parameters<typeof roomOptions>[1]) => Promise<Store>;

export function starter(open: OpenStore, scope: Scope): Start {
  return async (options, rules) => {
    const store = await open(scope, options);
    expect(await store.rooms.create(room, roomOptions('owner', rules))).toBe('ok');
    return store;
  };
}

/** A page of the occupants, as a reader sees it. */
export async function userlist(store: Store, reader: By, cursor = '', limit = 10): Promise<unknown> {
  const page = await store.access.readList(room, rightsBy(reader), 'userlist', { cursor, limit });
  return typeof page === 'string' ? page : { count: page.count, names: page.names };
}
