/**
 * All that there is of one user, page by page. Nothing is kept between pages: the cursor says which part comes next, which rooms of
 * the scan's last step are still to be looked at, and how far the one under way was read. Each page asks Redis for a bounded number of
 * short steps.
 */
import type { TopicEvent } from '../log/event.ts';
import { exportPageDefault, type ExportEntry, type ExportOptions } from '../protocol/service/user-data.ts';
import { decodeTrusted } from '../protocol/wire/msgpack.ts';
import { storedMessageIn } from '../protocol/wire/message-frame.ts';
import { isMap, type ValueMap } from '../protocol/params/values.ts';
import { isStorableName } from '../protocol/names/rule.ts';
import { mapIn } from '../chat/attributes/maps.ts';
import type { AuthoredWish, ReactedWish } from '../store/authored/authored-store.ts';
import type { ServerServices } from './contract.ts';

/** In their order. */
const parts = ['user', 'whitelist', 'blacklist', 'contacts', 'session', 'rooms', 'peers'] as const;
type Part = (typeof parts)[number];

/** Where the export of a user goes on. */
interface Place {
  readonly part: Part;
  /** Of the list or the scan; '' at its beginning. */
  readonly at: string;
  /** Found by the scan, and not looked at yet; the first is under way. */
  readonly names: readonly string[];
  /** The last message that was read of it. */
  readonly after: number;
  /** Its messages were read: the last reaction that was looked at, empty where none was yet. */
  readonly reacted?: Uint8Array | undefined;
}

interface Step {
  readonly entries: readonly ExportEntry[];
  /** Of messages, about. */
  readonly bytes: number;
  readonly next: Place | undefined;
}

type Deps = Pick<ServerServices, 'services' | 'admin' | 'directory' | 'authored'>;

/** Steps of one page: each is a script or a few scans. */
const STEPS_MAX = 100;
const NAMES_PER_ENTRY = 500;
/** Rooms that one step of the scan wants. */
const SCAN_PAGE = 50;
/** Of a reaction, as it is kept: the id of its message, and all of it. */
const ID_BYTES = 8;
const REACTION_BYTES_MAX = 512;

export async function exportPage(
  deps: Deps,
  userName: string,
  { cursor, limit = exportPageDefault }: ExportOptions,
): Promise<{ entries: ExportEntry[]; cursor: string | null } | 'noUser' | 'badCursor'> {
  if (!(await deps.admin.hasUser(userName))) return 'noUser';
  const { limits, replyBytes } = deps.services.settings;
  let place = cursor === undefined ? beginning('user') : readPlace(cursor, (name) => isStorableName(name, limits));
  if (place === undefined) return 'badCursor';
  const entries: ExportEntry[] = [];
  let bytes = 0;
  for (let steps = 0; steps < STEPS_MAX && place !== undefined; steps++) {
    // What one step gives fits in any case, and one message is given whatever its size.
    if (entries.length >= limit || bytes >= replyBytes / 2) break;
    const step: Step | 'noUser' | 'badCursor' = await take(deps, userName, place, limit - entries.length);
    if (typeof step === 'string') return step;
    entries.push(...step.entries);
    bytes += step.bytes;
    place = step.next;
  }
  return { entries, cursor: place === undefined ? null : writePlace(place) };
}

const beginning = (part: Part): Place => ({ part, at: '', names: [], after: 0 });

function following(part: Part): Place | undefined {
  const next = parts[parts.indexOf(part) + 1];
  return next === undefined ? undefined : beginning(next);
}

function take(deps: Deps, userName: string, place: Place, limit: number): Promise<Step | 'noUser' | 'badCursor'> {
  switch (place.part) {
    case 'user':
      return takeUser(deps, userName);
    case 'whitelist':
    case 'blacklist':
    case 'contacts':
      return takeNames(deps, userName, place.part, place.at);
    case 'session':
      return takeSession(deps, userName);
    case 'rooms':
    case 'peers':
      if (place.names.length === 0) return scan(deps, userName, place);
      if (place.reacted === undefined) return takeMessages(deps, userName, place, limit);
      return takeReactions(deps, userName, place, { after: place.reacted, limit });
  }
}

async function takeUser({ services, admin }: Deps, userName: string): Promise<Step | 'noUser'> {
  const [found, stored, shown] = await Promise.all([
    admin.readUser(userName),
    services.contacts.readProfile(userName, undefined),
    services.states.read(userName, undefined),
  ]);
  if (found === 'noUser' || stored === 'noUser' || shown === 'noUser') return 'noUser';
  const profile: ValueMap = Object.fromEntries([...stored.fields].map(([name, bytes]) => [name, decodeTrusted(bytes)]));
  const { lastOnline = null } = stored;
  const state = mapIn(shown.map);
  const entry: ExportEntry = { kind: 'user', userName, lastOnline, whitelistOnly: found.whitelistOnly, profile, state };
  return { entries: [entry], bytes: 0, next: following('user') };
}

async function takeNames(
  { services }: Deps,
  userName: string,
  part: 'whitelist' | 'blacklist' | 'contacts',
  cursor: string,
): Promise<Step | 'noUser'> {
  const wish = { cursor, limit: NAMES_PER_ENTRY };
  const page =
    part === 'contacts'
      ? await services.contacts.readPage(userName, wish)
      : await services.directs.readList(userName, part, wish);
  if (page === 'gone') return 'noUser';
  const names = [...page.names];
  const entry: ExportEntry = part === 'contacts' ? { kind: part, names } : { kind: 'list', listName: part, names };
  const next = page.next === undefined ? following(part) : { ...beginning(part), at: page.next };
  return { entries: names.length === 0 ? [] : [entry], bytes: 0, next };
}

async function takeSession({ services }: Deps, userName: string): Promise<Step | 'noUser'> {
  const read = await services.sessions.read(userName);
  if (read === 'gone') return 'noUser';
  const entries = read.entries.map(({ roomName, group }): ExportEntry => ({ kind: 'session', roomName, group }));
  return { entries, bytes: 0, next: following('session') };
}

/** Which rooms, or users, come next. */
async function scan({ directory }: Deps, userName: string, { part, at }: Place): Promise<Step | 'badCursor'> {
  const cursor = at === '' ? undefined : at;
  const page =
    part === 'rooms'
      ? await directory.names('room', cursor, SCAN_PAGE)
      : await directory.peers(userName, cursor, SCAN_PAGE);
  if (page === undefined) return 'badCursor';
  const next = { part, at: page.cursor ?? '', names: page.items, after: 0 };
  const isOver = page.items.length === 0 && page.cursor === undefined;
  return { entries: [], bytes: 0, next: isOver ? following(part) : next };
}

/** Some of what was written to the first of the names. */
async function takeMessages(deps: Deps, userName: string, place: Place, limit: number): Promise<Step> {
  const [name = ''] = place.names;
  const wish = { after: place.after, limit };
  const read =
    place.part === 'rooms' ? await ofRoom(deps, userName, name, wish) : await ofPeer(deps, userName, name, wish);
  // The script has given the id that comes next.
  const next =
    read.next > 0
      ? { ...place, after: read.next - 1 }
      : read.hasReactions
        ? { ...place, reacted: new Uint8Array() }
        : behindFirst(place);
  return { entries: read.entries, bytes: read.bytes, next };
}

/** Some of what was reacted to in the first of the names. */
async function takeReactions({ authored }: Deps, userName: string, place: Place, wish: ReactedWish): Promise<Step> {
  const [name = ''] = place.names;
  const isRoom = place.part === 'rooms';
  const page = isRoom
    ? await authored.readReactedInRoom(name, userName, wish)
    : await authored.readReactedInPair(userName, name, wish);
  if (typeof page === 'string') return { entries: [], bytes: 0, next: behindFirst(place) };
  const where = isRoom ? { roomName: name } : { userName: name };
  const entries = page.reactions.map(([id, key]): ExportEntry => ({ kind: 'reaction', ...where, id: Number(id), key }));
  const next = page.last === undefined ? behindFirst(place) : { ...place, reacted: page.last };
  return { entries, bytes: 0, next };
}

/** The next of the names, or of the scan. */
function behindFirst({ part, at, names: [, ...others] }: Place): Place | undefined {
  return others.length === 0 && at === '' ? following(part) : { part, at, names: others, after: 0 };
}

interface Read extends Pick<Step, 'entries' | 'bytes'> {
  readonly next: number;
  readonly hasReactions: boolean;
}

const NOTHING: Read = { entries: [], bytes: 0, next: 0, hasReactions: false };

async function ofRoom({ authored }: Deps, userName: string, roomName: string, wish: AuthoredWish): Promise<Read> {
  const page = await authored.readRoom(roomName, userName, wish);
  if (page === 'noRoom') return NOTHING;
  const { isOwner, isOccupant, isMember, next, messages, hasReactions } = page;
  const lists = (['adminlist', 'whitelist', 'blacklist'] as const).filter((list) => page[list]);
  const isTied = isOwner || isOccupant || isMember || lists.length > 0;
  const role = isOwner ? 'owner' : page.adminlist ? 'admin' : 'member';
  const tie = { owner: isOwner, joined: isOccupant, lists };
  const room: ExportEntry = { kind: 'room', roomName, ...tie, ...(isMember ? { role } : {}) };
  const written = messages.map((event): ExportEntry => ({ kind: 'message', roomName, message: messageOf(event) }));
  const entries = isTied && wish.after === 0 ? [room, ...written] : written;
  return { entries, bytes: bytesOf(messages), next, hasReactions };
}

async function ofPeer({ authored }: Deps, userName: string, peer: string, wish: AuthoredWish): Promise<Read> {
  const page = await authored.readPair(userName, peer, wish);
  if (page === 'noPair') return NOTHING;
  const { messages, next, hasReactions } = page;
  const entries = messages.map((event): ExportEntry => ({
    kind: 'message',
    userName: peer,
    message: messageOf(event),
  }));
  return { entries, bytes: bytesOf(messages), next, hasReactions };
}

const bytesOf = (events: readonly TopicEvent[]): number => events.reduce((sum, { frame }) => sum + frame.length, 0);

function messageOf({ frame }: TopicEvent): ValueMap {
  const { value } = storedMessageIn(frame);
  if (!isMap(value)) throw new TypeError('a message is a map');
  return value;
}

function writePlace({ part, at, names, after, reacted }: Place): string {
  const place = [part, at, names, after];
  if (reacted !== undefined) place.push(Buffer.from(reacted).toString('base64'));
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** A reaction begins with the id of its message (lib/messages/reactions.lua). */
function isReaction(bytes: Buffer): boolean {
  return bytes.length > ID_BYTES && bytes.length <= REACTION_BYTES_MAX && Number.isSafeInteger(bytes.readDoubleBE(0));
}

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

/** Undefined where it was not written here. */
function readPlace(cursor: string, isName: (name: string) => boolean): Place | undefined {
  let read: unknown;
  try {
    read = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
  if (!isList(read)) return undefined;
  const [given, at, names, after, last] = read;
  const part = parts.find((one) => one === given);
  if (part === undefined || typeof at !== 'string' || !Number.isSafeInteger(after)) return undefined;
  if (!isList(names) || !names.every((name): name is string => typeof name === 'string' && isName(name))) {
    return undefined;
  }
  if ((part === 'whitelist' || part === 'blacklist') && !/^\d{0,19}$/.test(at)) return undefined;
  const place = { part, at, names, after: Number(after) };
  if (last === undefined) return place;
  const reacted = typeof last === 'string' ? Buffer.from(last, 'base64') : undefined;
  return reacted?.length === 0 || (reacted && isReaction(reacted)) ? { ...place, reacted } : undefined;
}
