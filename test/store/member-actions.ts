// What is done to the members of one room in the suites about them, and how what was published of it reads.
import type { TopicEvent } from '../../src/log/event.ts';
import { decodeTrusted } from '../../src/protocol/wire/msgpack.ts';
import type { NamesWanted } from '../../src/store/access/changed.ts';
import type { Due, MemberChange } from '../../src/store/member/due.ts';
import type { Candidate, MemberEdit, MembersEdited, OwnerUnjudged } from '../../src/store/member/member-store.ts';
import { SERVICE } from '../../src/store/rights.ts';
import { newEpoch } from '../../src/redis/tokens.ts';
import { leftPrefix } from './access-actions.ts';
import { rightsBy, room, type By } from './room-actions.ts';
import { frame, type Store } from './store.ts';

export const memberEdit = (by: By, changes: Partial<MemberEdit> = {}): MemberEdit => ({
  itself: false,
  by: typeof by === 'string' ? by : undefined,
  exceptSocket: undefined,
  prefix: Buffer.from('added '),
  leftPrefix,
  ...changes,
});

/** Whose own slots say nothing against it, and know it where it is one. */
export const candidates = (names: readonly string[]): Candidate[] =>
  names.map((userName) => ({ userName, against: undefined, isTold: true }));

type Added = ReturnType<Store['members']['add']>;

/** As nodes do, with what speaks against the owner where it becomes one. */
export async function addJudged(
  store: Store,
  by: By,
  changes: Partial<MemberEdit>,
  names: readonly Candidate[],
  against?: Candidate['against'],
): Added {
  const add = (owner?: Candidate): Added =>
    store.members.add(room, rightsBy(by), memberEdit(by, changes), names, owner);
  const added = await add();
  return typeof added === 'object' && 'unjudged' in added ? add({ userName: added.unjudged, against }) : added;
}

export const addAll = (store: Store, by: By, ...names: string[]): Added => addJudged(store, by, {}, candidates(names));
export const joinAs = (store: Store, user: string, changes: Partial<MemberEdit> = {}): Added =>
  addJudged(store, user, { itself: true, ...changes }, candidates([user]));
const removal = { prefix: Buffer.from('removed '), listPrefix: Buffer.from('admins ') };
export const removeAll = (store: Store, by: By, ...names: string[]): ReturnType<Store['members']['remove']> =>
  store.members.remove(room, rightsBy(by), { ...memberEdit(by), ...removal }, names);
export const quitAs = (
  store: Store,
  user: string,
  changes: Partial<MemberEdit> = {},
): ReturnType<Store['members']['remove']> =>
  store.members.remove(room, rightsBy(user), { ...memberEdit(user, { itself: true, ...changes }), ...removal }, [user]);
export const setRole = (
  store: Store,
  by: By,
  userName: string,
  role: 'owner' | 'admin' | 'member',
): ReturnType<Store['members']['setRole']> => {
  const frames = { frame: frame(`${userName} is ${role}`), listFrame: frame('adminlist'), leftPrefix };
  return store.members.setRole(room, rightsBy(by), { userName, role }, frames);
};

/** A change that was made; throws where it was refused. */
export async function made(
  change: Promise<MembersEdited | NamesWanted | OwnerUnjudged | string>,
): Promise<MembersEdited> {
  const done = await change;
  if (typeof done === 'string' || !('words' in done)) throw new Error(JSON.stringify(done));
  return done;
}

/** Who belongs to the room, and in which role. */
export async function membersOf(store: Store): Promise<Record<string, string> | string> {
  const page = await store.members.readPage(room, SERVICE, { cursor: '', limit: 1000 });
  if (typeof page === 'string') return page;
  return Object.fromEntries(page.members.map(({ userName, role }) => [userName, role]));
}

/** `+ann =cid -bob`: whom a change has to tell of what. */
export const signsOf = (due: readonly Due[] | undefined = []): string[] =>
  due.map(({ userName, changes }) => changes.map(({ what }) => signs[what]).join('') + userName);
const signs = { added: '+', reminded: '=', removed: '-', deleted: '!' };

/** What was published: the words of a notice, and the names and who did it where it has any. */
export function toldOf({ kind, subject, frame: bytes }: TopicEvent): unknown[] {
  const text = Buffer.from(bytes).toString('latin1');
  const [, words = ''] = /^(added |removed |admins )/.exec(text) ?? [];
  if (words === '') return [kind, subject, text];
  const array = Buffer.from(bytes).subarray(words.length);
  const count = words === 'admins ' ? 1 : 2;
  // As two items of a list, which they are in the whole frame.
  return [words.trim(), ...(decodeTrusted(Buffer.concat([Buffer.of(0x90 | count), array])) as unknown[])];
}

/** Makes a user with a socket that keeps its inbox. */
export async function addUser(store: Store, userName: string): Promise<void> {
  const socketId = `${userName}-${newEpoch()}`;
  const added = await store.users.login(userName, { socketId, nodeId: 'n1', echo: frame('connected') });
  if (typeof added === 'string' || !('at' in added)) throw new Error(JSON.stringify(added));
}

/** Tells a user what it is due, as a node does. */
export const tell = (
  store: Store,
  { userName, changes }: Pick<Due, 'userName' | 'changes'>,
  roomName = room,
): ReturnType<Store['belongs']['tell']> =>
  store.belongs.tell(
    userName,
    roomName,
    changes.map((change) => ({ ...change, frame: frame(nameOf(change)) })),
  );

const nameOf = ({ what, by }: MemberChange): string => `${what} by ${by ?? 'the service'}`;
