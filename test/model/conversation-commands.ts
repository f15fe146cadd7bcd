// What may happen to conversations, as fast-check's commands: each does it to the model and to the service and compares the answers.
import { expect } from '@jest/globals';
import fc, { type AsyncCommand } from 'fast-check';
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';
import { listNames, type Making } from './conversation.ts';
import * as edits from './conversation-edits.ts';
import { TEMPORARY_ROOMS, uniqueKey, type Answer, type Conversations } from './conversations.ts';
import { nodeOf, ownerOf, socketNames, userNames, type RealConversations } from './conversations-real.ts';
import { livesOf } from './lives.ts';

export type Command = AsyncCommand<Conversations, RealConversations>;

/** Longer than any life. */
const LONG_MS = 3600_000;
const LATER = 4_000_000_000_000;

const normal = ['red', 'blue', uniqueKey(['a', 'b']), uniqueKey(['a', 'b', 'c'])] as const;
const transient = ['mist', 'fog'] as const;
const temporary = Array.from({ length: TEMPORARY_ROOMS }, (_, i) => `temporary ${i + 1}`);

const socket = fc.constantFrom(...socketNames);
const user = fc.constantFrom(...userNames);
// Much happens in one of them, or nothing follows from anything.
const busy = ['red', 'red', 'red', 'red', 'blue', 'blue'] as const;
const room = fc.constantFrom(...busy, ...normal);
const anyRoom = fc.constantFrom(...busy, ...busy, ...normal, ...transient, ...temporary);
const names = fc.uniqueArray(user, { maxLength: 3 });
/** `x` is nobody. */
const anyNames = fc.uniqueArray(fc.constantFrom(...userNames, ...userNames, 'x'), { maxLength: 3 });
const attributes = fc.dictionary(fc.constantFrom('a', 'b'), fc.nat(9), { maxKeys: 2 });
// Where one path leads into another, what is told is what becomes of both.
const changes = fc
  .dictionary(fc.constantFrom('a', 'b', 'a.c', 'b.d'), fc.option(fc.nat(9)), { minKeys: 1, maxKeys: 2 })
  .filter((drawn) => Object.keys(drawn).every((path) => path.length === 1 || !Object.hasOwn(drawn, path.charAt(0))));
const until = fc.option(fc.nat(9).map((i) => LATER + i));
const making: fc.Arbitrary<Making> = fc.record({
  kind: fc.constant('normal' as const),
  whitelistOnly: fc.boolean(),
  // Mostly everybody writes, or little is said.
  writers: fc.constantFrom('all', 'all', 'all', 'admins', 'owner'),
  invites: fc.constantFrom('members', 'admins'),
  attributes,
});

type Judge = (model: Conversations) => Answer;
type Ask = (real: RealConversations) => Promise<Answer>;

/** Something a connected socket asks for. */
function asked(what: string, by: string, judge: Judge, ask: Ask): Command {
  return {
    check: (m) => m.sockets.has(by),
    run: async (m, r) => expect([what, await ask(r)]).toEqual([what, judge(m)]),
    toString: () => what,
  };
}

/** A request of which the second param, if anything, names users. */
const named =
  (method: string, key: string, users: readonly string[], ...more: Value[]) =>
  (by: string): Ask =>
  (r) =>
    r.ask(by, method, r.room(key), r.names(users), ...more);

const optionsOf = ({ kind, attributes: given = {}, ...rest }: Making): ValueMap => ({
  kind,
  attributes: given,
  ...rest,
});

const create = (by: string, key: string, members: readonly string[], how: Making): Command =>
  asked(
    `${by} creates ${key} for ${members.join()} as ${JSON.stringify(how)}`,
    by,
    (m) => m.create(by, key, members, how),
    (r) => r.ask(by, 'conversationCreate', { ...optionsOf(how), roomName: r.name(key), members: r.names(members) }),
  );

const TEMPORARY: Making = { kind: 'temporary', whitelistOnly: true, writers: 'all', invites: 'members' };
const TRANSIENT: Making = { kind: 'transient', whitelistOnly: false, writers: 'all', invites: 'members' };
const JOINED: Making = { kind: 'normal', whitelistOnly: false, writers: 'all', invites: 'members' };

const createTemporary = (by: string, members: readonly string[]): Command => ({
  check: (m) => m.sockets.has(by) && m.temporaries < TEMPORARY_ROOMS,
  run: async (m, r) => {
    const key = `temporary ${m.temporaries + 1}`;
    const answer = m.create(by, key, members, TEMPORARY);
    if ('result' in answer) m.temporaries++;
    const options = { kind: 'temporary', ttlMs: LONG_MS, members: r.names(members) };
    expect(await r.askForRoom(by, key, options)).toEqual(answer);
  },
  toString: () => `${by} creates a temporary room for ${members.join()}`,
});

const createUnique = (by: string, members: readonly string[], how: Making): Command => ({
  check: (m) => m.sockets.has(by) && members.some((one) => one !== ownerOf(by)),
  run: async (m, r) => {
    const answer = m.unique(by, members, how);
    const result: unknown = 'result' in answer ? answer.result : {};
    const options = { ...optionsOf(how), unique: true, members: r.names(members) };
    expect(await r.askForRoom(by, String(Object(result).roomName), options)).toEqual(answer);
  },
  toString: () => `${by} creates the room of ${members.join()} as ${JSON.stringify(how)}`,
});

const createTransient = (by: string, key: string): Command =>
  asked(
    `${by} creates ${key}`,
    by,
    (m) => m.create(by, key, [], TRANSIENT),
    (r) => r.ask(by, 'conversationCreate', { roomName: r.name(key), kind: 'transient' }),
  );

const joinCreating = (by: string, key: string): Command =>
  asked(
    `${by} makes and joins ${key}`,
    by,
    (m) => m.joinCreating(by, key, JOINED),
    (r) => r.ask(by, 'roomJoin', r.room(key), { create: true }),
  );

const addMembers = (by: string, key: string, users: readonly string[]): Command =>
  asked(
    `${by} adds ${users.join()} to ${key}`,
    by,
    (m) => edits.addMembers(m, by, key, users),
    named('roomMembersAdd', key, users)(by),
  );

const removeMembers = (by: string, key: string, users: readonly string[]): Command =>
  asked(
    `${by} removes ${users.join()} from ${key}`,
    by,
    (m) => edits.removeMembers(m, by, key, users),
    named('roomMembersRemove', key, users)(by),
  );

/** A request that names nothing but the room. */
const simple = (by: string, key: string, method: string, judge: (m: Conversations) => Answer): Command =>
  asked(`${by}: ${method} ${key}`, by, judge, (r) => r.ask(by, method, r.room(key)));

const setRole = (by: string, key: string, subject: string, role: 'admin' | 'member'): Command =>
  asked(
    `${by} makes ${subject} ${role} of ${key}`,
    by,
    (m) => edits.setRole(m, by, key, subject, role),
    (r) => r.ask(by, 'roomRoleSet', r.room(key), r.name(subject), role),
  );

const silence = (by: string, key: string, users: readonly string[], ends: number | null): Command =>
  asked(
    `${by} silences ${users.join()} in ${key} until ${ends}`,
    by,
    (m) => edits.silence(m, by, key, users, ends),
    named('roomSilence', key, users, ends === null ? {} : { until: ends })(by),
  );

const unsilence = (by: string, key: string, users: readonly string[]): Command =>
  asked(
    `${by} lets ${users.join()} speak in ${key}`,
    by,
    (m) => edits.unsilence(m, by, key, users),
    named('roomUnsilence', key, users)(by),
  );

const setAttributes = (by: string, key: string, what: Record<string, number | null>, ifVersion?: number): Command =>
  asked(
    `${by} sets ${JSON.stringify(what)} of ${key} if ${ifVersion}`,
    by,
    (m) => edits.setAttributes(m, by, key, what, ifVersion),
    (r) => r.ask(by, 'roomAttributesSet', r.room(key), what, ifVersion === undefined ? {} : { ifVersion }),
  );

const remove = (by: string, key: string): Command => ({
  check: (m) => m.sockets.has(by),
  run: async (m, r) => {
    expect(await r.ask(by, 'roomDelete', r.room(key))).toEqual(m.delete(by, key));
    await r.settle(m, key);
  },
  toString: () => `${by} deletes ${key}`,
});

const give = (key: string, owner: string): Command => ({
  check: () => true,
  run: async (m, r) => expect(await r.changeOwner(key, owner)).toEqual(edits.changeOwner(m, key, owner)),
  toString: () => `${key} is given to ${owner}`,
});

const { connect, disconnect, kill } = livesOf<Conversations, RealConversations>({ ownerOf, nodeOf });

/** The suite's own numbering of messages, so that each is another. */
let texts = 0;

const post = (by: string, key: string): Command => {
  const text = `text ${++texts}`;
  return asked(
    `${by} posts to ${key}`,
    by,
    (m) => m.post(by, key, text),
    (r) => r.ask(by, 'roomMessage', r.room(key), { text }),
  );
};

/** So often as the others. */
const often = <T>(times: number, one: fc.Arbitrary<T>): fc.Arbitrary<T>[] => Array.from({ length: times }, () => one);

const joins = (by: string, key: string): Command => simple(by, key, 'roomJoin', (m) => m.join(by, key));

/** How each life begins: a room of two people and one that is open, with somebody in them on both nodes. */
export const beginning: readonly Command[] = [
  create('a0', 'red', ['b'], {
    kind: 'normal',
    whitelistOnly: true,
    writers: 'all',
    invites: 'members',
    attributes: {},
  }),
  joinCreating('c1', 'blue'),
  ...['a0', 'a1', 'b0', 'b1'].map((by) => joins(by, 'red')),
  ...['b1', 'c0'].map((by) => joins(by, 'blue')),
];

export const commands: fc.Arbitrary<Command>[] = [
  ...often(
    4,
    fc.tuple(socket, fc.constantFrom('red', 'blue'), anyNames, making).map((drawn) => create(...drawn)),
  ),
  ...often(
    3,
    fc.tuple(socket, names, making).map((drawn) => createUnique(...drawn)),
  ),
  fc.tuple(socket, names).map((drawn) => createTemporary(...drawn)),
  fc.tuple(socket, fc.constantFrom(...transient)).map((drawn) => createTransient(...drawn)),
  fc.tuple(socket, fc.constantFrom('red', 'blue')).map((drawn) => joinCreating(...drawn)),
  ...often(
    3,
    fc.tuple(socket, anyRoom, anyNames).map((drawn) => addMembers(...drawn)),
  ),
  ...often(
    2,
    fc.tuple(socket, anyRoom, names).map((drawn) => removeMembers(...drawn)),
  ),
  fc.tuple(socket, anyRoom).map(([by, key]) => simple(by, key, 'roomMemberJoin', (m) => edits.joinMembers(m, by, key))),
  fc.tuple(socket, anyRoom).map(([by, key]) => simple(by, key, 'roomMemberQuit', (m) => edits.quitMembers(m, by, key))),
  ...often(
    2,
    fc.tuple(socket, room, user, fc.constantFrom('admin', 'member')).map((drawn) => setRole(...drawn)),
  ),
  fc.tuple(socket, room, names, until).map((drawn) => silence(...drawn)),
  fc.tuple(socket, room, names).map((drawn) => unsilence(...drawn)),
  fc.tuple(socket, room, fc.constantFrom(0, LONG_MS)).map(([by, key, ms]) =>
    asked(
      `${by} slows ${key} to ${ms}`,
      by,
      (m) => edits.setSlow(m, by, key, ms),
      (r) => r.ask(by, 'roomSlowModeSet', r.room(key), ms),
    ),
  ),
  ...often(
    2,
    fc
      .tuple(socket, room, fc.constantFrom(...listNames), names, fc.boolean(), until)
      .map(([by, key, list, users, adding, ends]) => {
        const isTimed = adding && list === 'blacklist' && ends !== null;
        const more = isTimed ? [{ until: ends }] : [];
        const method = adding ? 'roomAddToList' : 'roomRemoveFromList';
        return asked(
          `${by}: ${method} ${key} ${list} ${users.join()} ${isTimed ? ends : ''}`,
          by,
          (m) => edits.editList(m, by, key, list, users, adding, isTimed ? ends : undefined),
          (r) => r.ask(by, method, r.room(key), list, r.names(users), ...more),
        );
      }),
  ),
  fc.tuple(socket, room, fc.boolean()).map(([by, key, mode]) =>
    asked(
      `${by} ${mode ? 'closes' : 'opens'} ${key}`,
      by,
      (m) => edits.setMode(m, by, key, mode),
      (r) => r.ask(by, 'roomSetWhitelistMode', r.room(key), mode),
    ),
  ),
  fc.tuple(socket, anyRoom, changes, fc.option(fc.nat(3), { nil: undefined })).map((drawn) => setAttributes(...drawn)),
  fc
    .tuple(socket, anyRoom, fc.boolean())
    .map(([by, key, muted]) =>
      simple(by, key, muted ? 'roomMute' : 'roomUnmute', (m) => edits.setMuted(m, by, key, muted)),
    ),
  ...often(
    5,
    fc.tuple(socket, anyRoom).map((drawn) => joins(...drawn)),
  ),
  fc.tuple(socket, anyRoom).map(([by, key]) => simple(by, key, 'roomLeave', (m) => m.leave(by, key))),
  fc.tuple(socket, anyRoom).map((drawn) => remove(...drawn)),
  fc.tuple(room, user).map((drawn) => give(...drawn)),
  ...often(
    5,
    fc.tuple(socket, anyRoom).map((drawn) => post(...drawn)),
  ),
  fc.tuple(socket, anyRoom, fc.nat(12)).map(([by, key, upTo]) =>
    asked(
      `${by} has read ${key} up to ${upTo}`,
      by,
      (m) => m.read(by, key, upTo),
      (r) => r.ask(by, 'roomMessageRead', r.room(key), upTo),
    ),
  ),
  ...often(2, socket.map(connect)),
  socket.map(disconnect),
  fc.constantFrom(0, 1).map(kill),
];
