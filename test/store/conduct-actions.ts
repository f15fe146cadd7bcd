// What is done in the suites about who may post in one room.
import { readFileSync } from 'node:fs';
import { SERVICE } from '../../src/store/rights.ts';
import { rightsBy, room, type By } from './room-actions.ts';
import { frame, type Store } from './store.ts';

const LIBRARY = ['conduct/format', 'conduct']
  .map((name) => readFileSync(new URL(`../../src/store/lib/${name}.lua`, import.meta.url), 'utf8'))
  .join('');
const FIELDS = ['writers', 'hasSilenced', 'tellsMembers', 'kind', 'slowMs', 'endsAt'];

/** Changes what is packed of a room, and gives it as the next one reads it. */
export async function change(store: Store, lua: string): Promise<unknown> {
  const read = FIELDS.map((field) => `string.format('%.0f', c.${field})`).join();
  const act = `local c = conductOf() ${lua} saveConduct(c) c = conductOf() return { ${read} }`;
  const found = await store.client.eval(`local meta = KEYS[1]\n${LIBRARY}\n${act}`, 1, store.keys.room(room).meta);
  return Array.isArray(found) ? found.map(Number) : found;
}

/** By the clock of the server that has the room. */
export async function redisNow(store: Store): Promise<number> {
  const script = "local t = redis.call('TIME') return string.format('%.0f', t[1] * 1000 + math.floor(t[2] / 1000))";
  return Number(await store.client.eval(script, 1, store.keys.room(room).meta));
}

export const silence = (
  store: Store,
  by: By,
  names: string[],
  until?: number,
  badName = false,
  roomName = room,
): ReturnType<Store['conducts']['silence']> =>
  store.conducts.silence(roomName, rightsBy(by), { names, badName, frame: frame(`silence ${names.join()}`) }, until);

export const unsilence = (
  store: Store,
  by: By,
  names: string[],
  _until?: number,
  badName = false,
  roomName = room,
): ReturnType<Store['conducts']['unsilence']> =>
  store.conducts.unsilence(roomName, rightsBy(by), { names, badName, frame: frame(`unsilence ${names.join()}`) });

/** Until when, by name; undefined for good. */
export async function silencedIn(store: Store, by: By = SERVICE, roomName = room): Promise<unknown> {
  const page = await store.conducts.readSilenced(roomName, rightsBy(by), { cursor: '', limit: 100 });
  if (typeof page === 'string') return page;
  return Object.fromEntries(page.silenced.map(({ userName, until }) => [userName, until]));
}

export const setSlowMode = (
  store: Store,
  by: By,
  ms: number,
  roomName = room,
): ReturnType<Store['conducts']['setSlowMode']> =>
  store.conducts.setSlowMode(roomName, rightsBy(by), ms, frame(`slow ${ms}`));
