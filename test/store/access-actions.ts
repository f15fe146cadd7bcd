// What is done to the rules of one room in the suites about access, and how what was published of it reads.
import type { TopicEvent } from '../../src/log/event.ts';
import { membersPrefix } from '../../src/protocol/member.ts';
import type { ListEdit } from '../../src/store/access/access-store.ts';
import type { Changed, NamesWanted } from '../../src/store/access/changed.ts';
import { SERVICE } from '../../src/store/rights.ts';
import { rightsBy, room, type By } from './room-actions.ts';
import { frame, frameText, type Store } from './store.ts';

export const leftPrefix = Buffer.from('<left ');
export const changesFrame = {
  prefix: Buffer.from('joined:'),
  leftKey: Buffer.from(' left:'),
  countKey: Buffer.from(' count:'),
};

export const edit = (listName: string, names: string[], badName?: string): ListEdit => ({
  listName,
  names,
  badName,
  frame: frame(`${listName} ${names.join()}`),
  leftPrefix,
});

export type Edited = ReturnType<Store['access']['addToList']>;
export const add = (store: Store, by: By, listName: string, ...names: string[]): Edited =>
  store.access.addToList(room, rightsBy(by), edit(listName, names));
export const take = (store: Store, by: By, listName: string, ...names: string[]): Edited =>
  store.access.removeFromList(room, rightsBy(by), edit(listName, names));
export const setMode = (store: Store, by: By, whitelistOnly: boolean): ReturnType<Store['access']['setMode']> =>
  store.access.setMode(room, rightsBy(by), { whitelistOnly, frame: frame(`mode ${whitelistOnly}`), leftPrefix });
export const changeOwner = (
  store: Store,
  owner: string,
  against?: 'tooManyRooms',
): ReturnType<Store['access']['changeOwner']> =>
  store.access.changeOwner(room, owner, { addedPrefix: membersPrefix('roomMembersAdded', room), leftPrefix, against });
export const listed = async (store: Store, listName: string): Promise<unknown> => {
  const found = await store.access.readList(room, SERVICE, listName, { cursor: '', limit: 100 });
  return typeof found === 'string' ? found : found.names.toSorted();
};
export const flush = (store: Store, pauseMs = 0): ReturnType<Store['memberships']['flushChanges']> =>
  store.memberships.flushChanges(room, changesFrame, pauseMs);

/** Who is out by a change; throws where it was refused. */
export async function outBy(change: Promise<Changed | NamesWanted | string>): Promise<string[]> {
  const changed = await change;
  if (typeof changed === 'string') throw new Error(changed);
  if ('names' in changed) throw new Error('the room has not been granted so many names');
  return changed.evicted.map(({ userName }) => userName);
}

/** Kind, subject and frame of what was published, names as MessagePack has them. */
export const told = (events: readonly TopicEvent[]): string[][] =>
  events.map((event) => [event.kind, event.subject, frameText(event)]);

/** The names in a `roomUserlistChanged` of this suite's frames: fixed strings of fewer than 16 characters each. */
export function changesIn(event: TopicEvent | undefined): { joined: string[]; left: string[]; count: number } {
  const text = frameText(event);
  const [joined = '', left = ''] = /^joined:([\s\S]*) left:([\s\S]*) count:/.exec(text)?.slice(1) ?? [];
  const names = (list: string): string[] => (list.slice(3).match(/[a-z]+/g) ?? []).toSorted();
  return { joined: names(joined), left: names(left), count: text.charCodeAt(text.length - 1) };
}
