/**
 * The list of the rooms that a user belongs to. Which these are its own slot says; what is in them, and in which order they come, each
 * room does whenever it is asked: a glance at all of them, then of the page alone what is shown. So nothing is written for lists when
 * something is said, however many have the room in theirs. A room that becomes active while its list is paged through moves to the
 * front, behind who has read that already: they are told by its message.
 */
import type { Args } from '../../protocol/catalogue.ts';
import { badArgument } from '../../protocol/errors/errors.ts';
import type { RoomKind, RoomListPage } from '../../protocol/conversation.ts';
import { hasAll, pathsFault } from '../../protocol/params/paths.ts';
import type { ValueMap } from '../../protocol/params/values.ts';
import type { Role } from '../../protocol/member.ts';
import { storedMessageIn } from '../../protocol/wire/message-frame.ts';
import { StoredResult, type StoredValue } from '../../protocol/wire/stored.ts';
import { frameOf, KINDS, type Glanced } from '../../store/conversation/listed-store.ts';
import { nameSize } from '../access/lists.ts';
import type { UserActor } from '../actor.ts';
import { mapIn, storedMap } from '../attributes/maps.ts';
import { ok, type Outcome } from '../outcome.ts';
import type { Services } from '../services.ts';
import { isValidName } from '../../protocol/names/rule.ts';
import { nowOrLater } from '../repair/repairs.ts';

/** What a glance at a room costs, in units of an ordinary request. */
const UNITS_PER_ROOM = 0.05;
const LIMIT = 20;
/** Read side by side for a page, and for a filter. */
const WINDOW = 25;
const FILTERED_AT_ONCE = 100;
/** Of a room without its name, its attributes and its last message; and of the page around them, with its cursor. */
const ROOM_BYTES = 220;
const PAGE_BYTES = 1024;

type Deps = Pick<Services, 'listed' | 'settings'>;

/** A room as it goes out. */
interface Row {
  readonly [key: string]: ValueMap[string] | StoredValue;
  readonly roomName: string;
  readonly kind: RoomKind;
  readonly role: Role;
  readonly attributes: StoredValue;
  readonly memberCount: number;
  readonly lastMessage: StoredValue | null;
  readonly lastActivity: number;
  readonly unread: number;
  readonly mentioned: boolean;
  readonly muted: boolean;
}

export async function listRooms(
  services: Pick<Services, 'belongs' | 'repairs'> & Deps,
  by: UserActor,
  { options }: Args<'roomList'>,
): Promise<Outcome<'roomList'>> {
  const { belongs, listed, settings, repairs } = services;
  const { cursor, limit = LIMIT, kind, attributes, members = [] } = options;
  const from = cursor === undefined ? undefined : placeIn(cursor);
  if (from === 'bad') return badArgument(0, { ...options }, '`cursor` is not that of a page');
  const fault = attributes === undefined ? undefined : pathsFault(attributes, settings.limits.depth);
  if (fault !== undefined) return badArgument(0, { ...options }, fault);
  if (!members.every((name) => isValidName(name, settings.limits))) return ok(pageOf([], null));
  const rooms = await belongs.read(by.author);
  by.spend(rooms.size * UNITS_PER_ROOM);
  const found = await listed.glance(by.author, rooms, { members });
  const forget = (): Promise<void> => belongs.forgetStale(by.author, found.gone);
  await nowOrLater(repairs, forget);
  const candidates = found.listed
    .filter((room) => (kind === undefined || room.kind === kind) && (from === undefined || inOrder(from, room) < 0))
    .toSorted(inOrder);
  const { rows, next } = await readPage(services, by, candidates, limit, attributes);
  return ok(pageOf(rows.toSorted(byActivity), next === undefined ? null : cursorOf(next)));
}

const pageOf = (rows: readonly Row[], cursor: string | null): StoredResult<RoomListPage> =>
  new StoredResult({ rooms: rows, cursor });

/** As many as are wanted and fit into a reply, one at least where there is one; `next`: the last that was looked at, where more follow. */
async function readPage(
  deps: Deps,
  by: UserActor,
  candidates: readonly Glanced[],
  limit: number,
  wanted: ValueMap | undefined,
): Promise<{ rows: Row[]; next: Glanced | undefined }> {
  const rows: Row[] = [];
  let bytes = PAGE_BYTES;
  let at = 0;
  while (at < candidates.length && rows.length < limit) {
    const size = wanted === undefined ? Math.min(WINDOW, limit - rows.length) : FILTERED_AT_ONCE;
    const window = candidates.slice(at, at + size);
    const passing = wanted === undefined ? new Set(window) : await having(deps, by.author, window, wanted);
    for (let from = 0; from < window.length; from += WINDOW) {
      const part = window.slice(from, from + WINDOW);
      const read = await Promise.all(part.map(async (room) => (passing.has(room) ? rowOf(deps, by, room) : undefined)));
      for (const row of read) {
        if (row !== undefined) {
          bytes += sizeOf(row, by);
          const isFull = rows.length === limit || (rows.length > 0 && bytes > deps.settings.replyBytes);
          if (isFull) return { rows, next: candidates[at - 1] };
          rows.push(row);
        }
        at++;
      }
    }
  }
  return { rows, next: at < candidates.length ? candidates[at - 1] : undefined };
}

/** Those of some rooms that have these attributes. */
async function having(
  { listed }: Deps,
  userName: string,
  rooms: readonly Glanced[],
  wanted: ValueMap,
): Promise<ReadonlySet<Glanced>> {
  const lives = new Map(rooms.map(({ roomName }) => [roomName, '']));
  const found = await listed.glance(userName, lives, { withAttributes: true });
  const names = new Set(
    found.listed.filter((room) => hasAll(mapIn(room.attributes), wanted)).map(({ roomName }) => roomName),
  );
  return new Set(rooms.filter(({ roomName }) => names.has(roomName)));
}

/** Undefined where it has left the list meanwhile. */
async function rowOf({ listed }: Deps, { author }: UserActor, { roomName }: Glanced): Promise<Row | undefined> {
  const read = await listed.read(author, roomName);
  if (read === 'out') return undefined;
  const frame = frameOf(read.last);
  return {
    roomName,
    kind: KINDS[read.kind] ?? 'normal',
    role: roleIn(read.role) ?? 'member',
    attributes: storedMap(read.attributes),
    memberCount: read.memberCount,
    lastMessage: frame === undefined ? null : storedMessageIn(frame),
    lastActivity: read.at,
    unread: read.unread,
    mentioned: read.mentioned,
    muted: read.muted,
  };
}

/** Undefined for none. */
export const roleIn = (role: string): Role | undefined =>
  role === 'owner' || role === 'admin' || role === 'member' ? role : undefined;

const sizeOf = ({ roomName, attributes, lastMessage }: Row, { format }: UserActor): number =>
  ROOM_BYTES + nameSize(roomName, format) + attributes.size(format) + (lastMessage?.size(format) ?? 0);

/** Where a page ends: when its last room was active, and its name. */
type Place = Pick<Glanced, 'at' | 'roomName'>;

/** Newest first, and by name where that is the same. */
const inOrder = (one: Place, other: Place): number => other.at - one.at || byName(one.roomName, other.roomName);
const byActivity = (one: Row, other: Row): number =>
  other.lastActivity - one.lastActivity || byName(one.roomName, other.roomName);
const byName = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

const cursorOf = ({ at, roomName }: Place): string => `${at} ${roomName}`;

function placeIn(cursor: string): Place | 'bad' {
  const [, at, roomName] = /^(\d{1,16}) (.+)$/su.exec(cursor) ?? [];
  return at === undefined || roomName === undefined ? 'bad' : { at: Number(at), roomName };
}
