// One user's session, what is done to it in the suites about sessions, and how what was published of it reads.
import { expect } from '@jest/globals';
import type { Point, TopicEvent } from '../../src/log/event.ts';
import type { EntryNote, PendingLeave, TakenOut } from '../../src/store/session/session-store.ts';
import { countIn, frame, frameText, type Store } from './store.ts';
export const user = 'alice';
export const tag = `{user:${user}}:`;
export const life = 'life-of-16-bytes';
export const otherLife = 'another-16-bytes';

/** A point of a room's log. */
export const point = (seq: number, epoch = 'epoch-of-the-log'): Point => ({ epoch, seq });

export const login = async (store: Store, socketId: string, nodeId: string, synced = true): Promise<void> => {
  const added = await store.users.login(user, { socketId, nodeId, echo: frame(''), synced });
  expect(added).toMatchObject({ nconnected: expect.any(Number) });
};

export const prefixes = { openPrefix: frame('leave'), privatePrefix: frame('leave private') };

export function addEntry(store: Store, changes: Partial<EntryNote> = {}): ReturnType<Store['sessions']['addEntry']> {
  const { socketId = 'a', roomName = 'lobby' } = changes;
  return store.sessions.addEntry(user, {
    socketId,
    nodeId: 'n1',
    except: socketId,
    roomName,
    life,
    joinedAt: point(3),
    fresh: false,
    whitelistOnly: false,
    group: undefined,
    joinPrefix: frame('join'),
    ...prefixes,
    njoined: 1,
    echo: undefined,
    ...changes,
  });
}

export const begin = (
  store: Store,
  roomName = 'lobby',
  socketId = 'a',
  nodeId = 'n1',
): ReturnType<Store['sessions']['beginLeave']> =>
  store.sessions.beginLeave(user, { roomName, socketId, nodeId, except: socketId, ...prefixes });

export async function begun(
  store: Store,
  ...which: [roomName?: string, socketId?: string, nodeId?: string]
): Promise<PendingLeave> {
  const leave = await begin(store, ...which);
  if (typeof leave === 'string') throw new Error(leave);
  return leave.pending;
}

export const out = (socketId: string, njoined = 0, at = point(5)): TakenOut => ({
  socketId,
  at,
  njoined,
  echo: frame(`${socketId} left`),
});

export async function entries(store: Store): Promise<[roomName: string, life: string, group: string][]> {
  const read = await store.sessions.read(user);
  if (read === 'gone') return [];
  return read.entries
    .toSorted((one, other) => (one.roomName < other.roomName ? -1 : 1))
    .map((one): [string, string, string] => [one.roomName, one.life, one.group]);
}

/** Up to which point a room is joined in the session; undefined where an earlier version has added it, or it is not there. */
export async function entryUpTo(store: Store, roomName = 'lobby'): Promise<Point | undefined> {
  const read = await store.sessions.read(user);
  const found = read === 'gone' ? undefined : read.entries.find((one) => one.roomName === roomName);
  const packed = Buffer.from(found?.packed ?? []);
  return packed[17] === 0 ? point(packed.readDoubleBE(34), packed.toString('latin1', 18, 34)) : undefined;
}

/** Adds a room as an earlier version did, which knew of no points. */
export const addEntryAsBefore = (
  store: Store,
  roomName: string,
  mode: '0' | '1',
  groupName: string,
): Promise<unknown> => store.client.hset(store.keys.user(user).session, roomName, life + mode + groupName);

/** Notices of the session: whom they are for, and their text with the group behind its MessagePack head. */
export const told = (events: readonly TopicEvent[]): [subject: string, text: string][] =>
  events.flatMap((event) => (event.subject.startsWith('+') ? [[event.subject, frameText(event)]] : []));

export const echoes = (events: readonly TopicEvent[]): [subject: string, text: string, count: number][] =>
  events.flatMap((event) =>
    event.subject.startsWith('+') || frameText(event).startsWith('<>')
      ? []
      : [[event.subject, frameText(event).slice(0, -8), countIn(event)]],
  );

export const group = (name: string): string => String.fromCharCode(0xa0 + name.length) + name;
