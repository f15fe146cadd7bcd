// What a socket of the real service was told, in the words of the model of conversations, sorted by what keeps its order.
import type { Value } from '../../src/protocol/params/values.ts';
import { textOf } from '../chat/device.ts';
import { field } from '../chat/world.ts';
import type { User } from '../support/rpc.ts';
import { muting, personal, reading, takenOut, type Notice } from './conversations.ts';

type Hears = ReadonlyMap<string, readonly Notice[]>;

/** `ids`: sockets of the model by their ids. `short`: a value in the words of the model. */
export function heardBy(
  { received, authData }: User,
  ids: ReadonlyMap<string, string>,
  short: (value: Value) => Value,
): { hears: Hears; losses: string[] } {
  const hears = new Map<string, Notice[]>();
  const losses: string[] = [];
  for (const entry of received) {
    if (!('name' in entry)) continue;
    const { name } = entry;
    const params = entry.params.map(short);
    const [first = null, second = null] = params;
    if (name === 'roomAccessRemoved') losses.push(textOf(first));
    const about = orderOf(name, first, second, authData.id);
    if (about === undefined) continue;
    const notice: Notice = [
      name,
      ...params.map((one) => (typeof one === 'string' ? (ids.get(one) ?? one) : said(one))),
    ];
    hears.set(about, [...(hears.get(about) ?? []), notice]);
  }
  return { hears, losses: losses.toSorted() };
}

/** Undefined for what is not held against the model: comings and goings of a user's own sockets, fences, what is of no room. */
function orderOf(name: string, first: Value, second: Value, ownId: string): string | undefined {
  switch (name) {
    case 'roomInvited':
    case 'roomKicked':
      return personal(textOf(field(first, 'roomName')));
    case 'roomReadEcho':
      return reading(textOf(first));
    case 'roomMuteEcho':
      return muting(textOf(first));
    case 'roomLeftEcho':
      return second === ownId ? takenOut(textOf(first)) : undefined;
    case 'roomJoinedEcho':
    case 'roomAccessRemoved':
      return undefined;
    default:
      return name.startsWith('room') && field(second, 'fence') === undefined ? textOf(first) : undefined;
  }
}

/** A message without what the model does not know. */
function said(value: Value): Value {
  if (typeof field(value, 'author') !== 'string') return value;
  return { author: field(value, 'author') ?? null, text: field(value, 'text') ?? null, id: field(value, 'id') ?? null };
}

/** Who goes at the same time is told in any order, and so are the names of who is added or removed by one request. */
export function canonical(hears: Hears): [about: string, notices: string[]][] {
  return [...hears]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([about, notices]) => {
      const texts: string[] = [];
      let gone: string[] = [];
      for (const notice of notices) {
        const text = textOfNotice(notice);
        if (notice[0] === 'roomUserLeft') {
          gone.push(text);
          continue;
        }
        texts.push(...gone.toSorted(), text);
        gone = [];
      }
      return [about, [...texts, ...gone.toSorted()]];
    });
}

function textOfNotice([name, room = null, what = null, ...more]: Notice): string {
  const isOfMembers = name === 'roomMembersAdded' || name === 'roomMembersRemoved';
  const whom = isOfMembers && Array.isArray(what) ? what.map(textOf).toSorted() : what;
  return JSON.stringify([name, room, whom, ...more].map(sorted));
}

/** A value with the keys of its maps in order. */
function sorted(value: Value): Value {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, one]) => [key, sorted(one)]),
  );
}
