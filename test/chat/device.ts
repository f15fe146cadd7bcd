// A socket that takes part in its user's session, and the picture of the session that a client can keep: built from what
// it is told and from the answers to its own requests, in the order in which they came.
import type { Value } from '../../src/protocol/params/values.ts';
import type { Call, Entry, Outcome, Rpc, User } from '../support/rpc.ts';
import { field, type World } from './world.ts';

export interface Device extends User {
  /** Sends a request; its answer counts for the picture. Resolves with the outcome, refused or not. */
  ask(...call: Call): Promise<Outcome>;
  /** Room → group, as the client has it by now. */
  picture(): Record<string, string>;
  /** Rooms that the client believes this socket to be in. */
  joined(): string[];
}

/** Logs in with `enableSync`; a new user when no name is given. */
export async function startDevice(world: Pick<World, 'login'>, node: 0 | 1, userName?: string): Promise<Device> {
  const user = await world.login(node, userName, undefined, { enableSync: true });
  const asked = new WeakMap<Outcome, Call>();
  const ask = async (...call: Call): Promise<Outcome> => {
    const [outcome] = await Promise.all(user.callAll(call));
    if (outcome === undefined) throw new Error('asked, but not answered');
    asked.set(outcome, call);
    return outcome;
  };
  // What the suites ask by `call` counts as well.
  const call = async (...one: Call): Promise<Value> => {
    const outcome = await ask(...one);
    if ('error' in outcome) throw new Error(`${one[0]} was refused: ${JSON.stringify(outcome.error)}`);
    return outcome.result;
  };
  const callOf = (entry: Entry): Call | undefined => ('outcome' in entry ? asked.get(entry.outcome) : undefined);
  return Object.assign(user, {
    ask,
    call,
    picture: () => pictureOf(user.received, callOf),
    joined: () => joinedOf(user, callOf),
  });
}

/** Group → names, as `sessionGet` tells it. */
export function groupsOf(session: Value): Record<string, string> {
  const rooms: Record<string, string> = {};
  for (const [group, chats] of Object.entries(Object(session))) {
    for (const name of Object.keys(Object(chats))) rooms[name] = group;
  }
  return rooms;
}

type CallOf = (entry: Entry) => Call | undefined;

export function pictureOf(received: readonly Entry[], callOf: CallOf): Record<string, string> {
  let rooms = new Map<string, string>();
  for (const entry of received) {
    if ('name' in entry) {
      const chat = field(entry.params[0], 'chat');
      const [name, group] = [textOf(field(chat, 'name')), textOf(field(chat, 'group'))];
      if (entry.name === '$.chat.join') rooms.set(name, group);
      if (entry.name === '$.chat.leave') rooms.delete(name);
      continue;
    }
    const [method, param, options] = callOf(entry) ?? [];
    if (method === 'roomsJoin' && 'result' in entry.outcome) joinSeveral(rooms, entry.outcome.result);
    if (method === 'sessionGet' && 'result' in entry.outcome) {
      rooms = new Map(Object.entries(groupsOf(entry.outcome.result)));
    } else if (method === 'roomJoin' && 'result' in entry.outcome) {
      const group = field(options, 'group');
      rooms.set(textOf(param), typeof group === 'string' ? group : (rooms.get(textOf(param)) ?? 'custom'));
    } else if (method === 'roomLeave' && ('result' in entry.outcome || entry.outcome.error.code === 'noRoom')) {
      rooms.delete(textOf(param));
    }
  }
  return Object.fromEntries(rooms);
}

/** Naming no group. */
function joinSeveral(rooms: Map<string, string>, result: Value): void {
  for (const joined of Array.isArray(result) ? result : []) {
    const name = textOf(field(joined, 'roomName'));
    if (field(joined, 'error') === undefined) rooms.set(name, rooms.get(name) ?? 'custom');
  }
}

function joinedOf({ received, authData }: User, callOf: CallOf): string[] {
  const rooms = new Set<string>();
  for (const entry of received) {
    if ('name' in entry) {
      const [roomName, id] = entry.params;
      const isOut = entry.name === 'roomAccessRemoved' || (entry.name === 'roomLeftEcho' && id === authData.id);
      if (isOut) rooms.delete(textOf(roomName));
      continue;
    }
    const [method, roomName] = callOf(entry) ?? [];
    if (method === 'roomJoin' && 'result' in entry.outcome) rooms.add(textOf(roomName));
    if (method === 'roomLeave' && 'result' in entry.outcome) rooms.delete(textOf(roomName));
  }
  return [...rooms].toSorted();
}

/** The notices of the session so far: which, of what room, in which group. */
export const sessionTold = ({ received }: Rpc): string[] =>
  received.flatMap((entry) => {
    if (!('name' in entry) || !entry.name.startsWith('$.')) return [];
    const [params] = entry.params;
    const chat = field(params, 'chat');
    const about = (chat === undefined ? [field(params, 'group')] : [field(chat, 'name'), field(chat, 'group')]).map(
      textOf,
    );
    return [[entry.name, ...about].join(' ')];
  });

/** Text, or '' for anything else. */
export const textOf = (value: Value | undefined): string => (typeof value === 'string' ? value : '');

/** A room as the session tells it. */
export const chat = (name: string, group = 'custom', isPrivate = false): object => ({
  name,
  group,
  private: isPrivate,
  meta: {},
});

/** Three devices of one user, two nodes. */
export async function threeOf(world: World): Promise<[one: Device, near: Device, far: Device]> {
  const one = await startDevice(world, 0);
  return [one, await startDevice(world, 0, one.userName), await startDevice(world, 1, one.userName)];
}

/** What a session without rooms tells at a login. */
export const EMPTY = ['$.group.restored custom'];
