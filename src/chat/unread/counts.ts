/**
 * What a user has not read, as it is told: of whom and of which rooms there may be anything, each asked for on its own slot, a few at
 * a time. Where many are looked at, the last messages are read of those only that are told.
 */
import type { UnreadCount } from '../../protocol/unread.ts';
import { storedMessageIn } from '../../protocol/wire/message-frame.ts';
import type { StoredValue } from '../../protocol/wire/stored.ts';
import { utf8Length } from '../../protocol/names/form.ts';
import type { Format } from '../../protocol/wire/codec.ts';
import type { DirectStore } from '../../store/direct/direct-store.ts';
import type { BelongsStore } from '../../store/member/belongs-store.ts';
import type { SessionStore } from '../../store/session/session-store.ts';
import type { Counted, UnreadStore } from '../../store/unread/unread-store.ts';
import { nowOrLater, type Repairs } from '../repair/repairs.ts';
import { socketPages, type SocketListDeps } from '../user/socket-list.ts';
import { windowsOf } from '../windows.ts';

/** Of what something may be unread. */
export type Source = { readonly userName: string } | { readonly roomName: string };

/** A count as it goes out, its last message as it is stored. */
export type Told = Omit<UnreadCount, 'last'> & { readonly last: StoredValue | null };

export interface SourceCount {
  readonly source: Source;
  readonly told: Told;
  readonly at: number;
  /** Of another user: the message up to which its messages were read, and the number of its newest. */
  readonly readId?: number;
  readonly newest?: number;
}

export interface CountsDeps extends SocketListDeps {
  readonly unreads: Pick<UnreadStore, 'ofRoom' | 'ofPair' | 'peers'>;
  readonly directs: Pick<DirectStore, 'settle'>;
  readonly sessions: Pick<SessionStore, 'read'>;
  readonly belongs: Pick<BelongsStore, 'read'>;
  readonly repairs: Pick<Repairs, 'retry'>;
  readonly settings: { readonly directMessages: 'off' | 'live' | 'stored'; readonly replyBytes: number };
}

export interface CountsWish {
  readonly limit: number;
  readonly format: Format;
  /** False where it is known that no other socket is there: then none is asked what it has joined. */
  readonly hasOthers?: boolean;
  /** Told of how much is looked at. */
  looked?(sources: number): void;
}

/** Rooms, and users, that are looked at. */
const SOURCES_MAX = 1000;
/** Looked at side by side. */
const WINDOW = 32;
/** A count without its name and its message; and with the longest name. */
const COUNT_BYTES = 60;
const COUNT_BYTES_MAX = 1024;
/** In JSON a byte of MessagePack takes so many at most: empty bytes, of two, take 13 and a comma. */
const GROWTH = 7;

/** What is unread of all, where that is anything: the newest first, as many as were wanted and fit into a reply, one at least. */
export async function readUnread(deps: CountsDeps, userName: string, wish: CountsWish): Promise<Told[]> {
  const { limit, format, hasOthers = true } = wish;
  const { replyBytes } = deps.settings;
  const sources = await sourcesOf(deps, userName, hasOthers);
  wish.looked?.(sources.length);
  // Of few the last messages are read at once; of many those that are told, as long as more of them fit.
  const areFew = sources.length <= WINDOW;
  const counts = await countEach(deps, userName, sources, areFew);
  await settleRead(deps, userName, sources, counts);
  const newest = unreadOf(counts)
    .toSorted((one, other) => other.at - one.at)
    .slice(0, limit);
  if (areFew) return fitting(newest.map(toldOf), format, replyBytes);
  const told: Told[] = [];
  for await (const window of windowsOf(newest.map(sourceOf), WINDOW)) {
    told.push(...unreadOf(await countEach(deps, userName, window, true)).map(toldOf));
    const fits = fitting(told, format, replyBytes);
    if (fits.length < told.length) return fits;
  }
  return told;
}

const toldOf = ({ told }: SourceCount): Told => told;
const sourceOf = ({ source }: SourceCount): Source => source;
const unreadOf = (counts: readonly SourceCount[]): SourceCount[] => counts.filter(({ told }) => told.unread > 0);

async function sourcesOf(deps: CountsDeps, userName: string, hasOthers: boolean): Promise<Source[]> {
  const [peers, rooms] = await Promise.all([
    deps.settings.directMessages === 'stored' ? deps.unreads.peers(userName, SOURCES_MAX) : [],
    roomsOf(deps, userName, hasOthers),
  ]);
  return [...peers.map((peer) => ({ userName: peer })), ...rooms.map((roomName) => ({ roomName }))];
}

/** Those of the session, then those that the user belongs to, then those that sockets have joined. */
async function roomsOf(deps: CountsDeps, userName: string, hasOthers: boolean): Promise<string[]> {
  const [session, belongs] = await Promise.all([deps.sessions.read(userName), deps.belongs.read(userName)]);
  const filed = session === 'gone' ? [] : session.entries.map(({ roomName }) => roomName);
  const rooms = new Set([...filed, ...belongs.keys()]);
  if (hasOthers) {
    for await (const page of socketPages(deps, userName)) {
      for (const socket of page) for (const roomName of socket.rooms) rooms.add(roomName);
      if (rooms.size >= SOURCES_MAX) break;
    }
  }
  return [...rooms].slice(0, SOURCES_MAX);
}

/**
 * Of each of some, in their order, zeros too; nothing of who has no mark or no right there, or nothing to read. `whole`: with the
 * last messages.
 */
export async function countEach(
  deps: CountsDeps,
  userName: string,
  sources: readonly Source[],
  whole: boolean,
): Promise<SourceCount[]> {
  const counts: SourceCount[] = [];
  for await (const window of windowsOf(sources, WINDOW)) {
    const counted = await Promise.all(window.map((source) => countOne(deps, userName, source, whole)));
    counts.push(...counted.filter((one) => one !== undefined));
  }
  return counts;
}

async function countOne(
  deps: CountsDeps,
  userName: string,
  source: Source,
  whole: boolean,
): Promise<SourceCount | undefined> {
  if ('roomName' in source) {
    const counted = await deps.unreads.ofRoom(userName, source.roomName, whole);
    return typeof counted === 'string' ? undefined : countOf(source, counted);
  }
  const counted = await deps.unreads.ofPair(userName, source.userName, whole);
  if (counted === 'noPair') return undefined;
  return { ...countOf(source, counted), readId: counted.readId, newest: counted.newest };
}

const countOf = (source: Source, { unread, mentioned, at, last }: Counted): SourceCount => ({
  source,
  told: { ...source, unread, mentioned, last: last === undefined ? null : storedMessageIn(last) },
  at,
});

/** Of whom nothing is unread, for it was read or is not kept any more: the notes that there may be something go. */
async function settleRead(
  { directs, repairs }: CountsDeps,
  userName: string,
  sources: readonly Source[],
  counts: readonly SourceCount[],
): Promise<void> {
  const counted = new Map(counts.map((count) => [keyOf(count.source), count]));
  const settle = async (peer: string, newest: number): Promise<void> => {
    const read = { peer, number: 0, newest, readNumber: newest, exceptSocket: undefined, frame: undefined };
    const work = (): Promise<void> => directs.settle(userName, read);
    await nowOrLater(repairs, work);
  };
  for await (const window of windowsOf(sources, WINDOW)) {
    await Promise.all(
      window.map(async (source) => {
        const count = counted.get(keyOf(source));
        if ('roomName' in source || (count !== undefined && count.told.unread > 0)) return;
        await settle(source.userName, count?.newest ?? Number.MAX_SAFE_INTEGER);
      }),
    );
  }
}

/** Names hold no colon. */
export const keyOf = (source: Source): string =>
  'roomName' in source ? `room:${source.roomName}` : `user:${source.userName}`;

/** The first ones, as many as a reply holds. */
export function fitting(counts: readonly Told[], format: Format, bytesMax: number): Told[] {
  // Mostly it is seen without making JSON of them.
  const most = counts.reduce((sum, { last }) => sum + COUNT_BYTES_MAX + GROWTH * (last?.bytes.length ?? 0), 0);
  if (most <= bytesMax) return [...counts];
  let bytes = 0;
  const end = counts.findIndex((told, at) => (bytes += sizeOf(told, format)) > bytesMax && at > 0);
  return end < 0 ? [...counts] : counts.slice(0, end);
}

const sizeOf = ({ userName, roomName, last }: Told, format: Format): number =>
  COUNT_BYTES + utf8Length(JSON.stringify(userName ?? roomName)) + (last?.size(format) ?? 0);
