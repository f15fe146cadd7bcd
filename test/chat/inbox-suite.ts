// The inbox: what the devices of a user are told live and where they are in its log by that, what one that was away is told when it
// comes back with its position, and when it is told to begin anew.
import { describe, expect, test } from '@jest/globals';
import { createCodec } from '../../src/protocol/wire/codec.ts';
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';
import { eventually } from '../support/eventually.ts';
import type { Entry, Rpc, User } from '../support/rpc.ts';
import { goAway, send } from './conversation-suite.ts';
import { EMPTY, sessionTold } from './device.ts';
import { fenceUser, field, limits, until, type World } from './world.ts';

export function inboxSuite(world: World): void {
  describe('the inbox', () => {
    live(world);
    away(world);
    resets(world);
    missed(world);
    removals(world);
  });
}

const LOGGED = new Set([
  'contactAdded',
  'contactRemoved',
  'contactAddedEcho',
  'contactRemovedEcho',
  'roomAccessRemoved',
  '$.chat.join',
  '$.chat.leave',
  'directMessage',
  'directMessageEcho',
  'directMessageStatus',
  'roomReadEcho',
]);

/** A notice, or nothing that the socket heard, at a place of the log. */
type Step = readonly [seq: number, notice: string, params: Value[]];

const NONE = '';
const seqOf = (params: readonly Value[]): number => Number(field(params[0], 'seq'));

/** A message that passes has no id. */
const isLogged = (name: string, [message]: readonly Value[]): boolean =>
  LOGGED.has(name) && (name !== 'directMessage' || field(message, 'id') !== undefined);

/** What was received, place by place. */
function stepsIn(received: readonly Entry[]): Step[] {
  const steps: Step[] = [];
  let last: { name: string; params: Value[] } | undefined;
  for (const entry of received) {
    if (!('name' in entry)) continue;
    if (entry.name === 'inboxPosition') {
      steps.push([seqOf(entry.params), last?.name ?? NONE, last?.params ?? []]);
      last = undefined;
    } else last = isLogged(entry.name, entry.params) ? { name: entry.name, params: entry.params } : undefined;
  }
  return steps;
}

const stepsOf = (user: Rpc): Step[] => stepsIn(user.received);
const namesOf = (steps: readonly Step[]): string[] => steps.map(([, name]) => name);
const seqsOf = (steps: readonly Step[]): number[] => steps.map(([seq]) => seq);
const from = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i);

/** Where a client is by all that it was told. */
function positionOf(user: User): { epoch: string; seq: number } {
  const last = user.received.findLast(
    (entry) => 'name' in entry && (entry.name === 'inboxPosition' || entry.name === 'inboxReset'),
  );
  return last !== undefined && 'name' in last
    ? (Object(last.params[0]) as typeof user.authData.inbox)
    : user.authData.inbox;
}

/** What a login was told before its answer. */
function toldAtLogin(user: Rpc): Entry[] {
  const answered = user.received.findIndex((entry) => 'method' in entry && entry.method === 'login');
  return user.received.slice(0, answered);
}

/** The last place of a user's log. */
async function headOf(world: World, userName: string): Promise<number> {
  const probe = await world.login(0, userName);
  probe.raw.close(1000);
  await probe.raw.closed;
  return probe.authData.inbox.seq;
}

/** Returns once sockets are at the end of their user's log, which is quiet by then. */
async function atEnd(world: World, ...users: User[]): Promise<number> {
  let head = -1;
  await eventually(async () => {
    const before = head;
    head = await headOf(world, users[0]?.userName ?? '');
    expect([before, ...users.map((user) => positionOf(user).seq)]).toEqual([head, ...users.map(() => head)]);
  });
  return head;
}

const back = (world: World, node: 0 | 1, user: User, credentials: ValueMap = {}): Promise<User> =>
  world.login(node, user.userName, undefined, { inbox: { ...positionOf(user) }, ...credentials });

const SYNCED = { enableSync: true };

/** All kinds of notices, most of them for what `near` does. Four for whom only sockets with `enableSync` are. */
async function everything(world: World, near: User, other: User): Promise<string> {
  const roomName = await world.room(other);
  await send(other, near.userName, 'one');
  await near.next('directMessage');
  await send(other, near.userName, 'passing', { transient: true });
  await send(near, other.userName, 'two');
  await other.call('directMessageRead', near.userName, 2);
  await near.next('directMessageStatus');
  await near.call('contactAdd', other.userName);
  await other.call('contactRemove', near.userName);
  await near.next('contactRemoved');
  await other.call('contactAdd', near.userName);
  await near.next('contactAdded');
  await near.call('contactRemove', other.userName);
  await near.call('roomJoin', roomName);
  await near.call('roomLeave', roomName);
  await near.call('roomJoin', roomName, { group: 'work' });
  await other.call('roomJoin', roomName);
  await other.call('roomMessage', roomName, { text: 'three' });
  await near.call('roomMessageRead', roomName, 1);
  await near.call('systemMessage', { hello: 1 });
  await other.call('roomDelete', roomName);
  await near.next('roomAccessRemoved');
  return roomName;
}

function live(world: World): void {
  test('leads every socket of the user to the same places, each behind its notice in one frame; what a socket did is a place alone', async () => {
    const near = await world.login(0, undefined, undefined, SYNCED);
    const [far, plain] = [await world.login(1, near.userName, undefined, SYNCED), await world.login(1, near.userName)];
    const other = await world.login(1);
    expect(near.authData.inbox).toEqual({ epoch: expect.any(String), seq: 0 });
    await everything(world, near, other);
    const head = await atEnd(world, near, far, plain);
    for (const user of [near, far, plain]) {
      const steps = stepsOf(user);
      expect(seqsOf(steps)).toEqual(from(1, head));
      // Those that are told one are told the same.
      for (const [seq, name, params] of steps) {
        const there = stepsOf(far)[seq - 1];
        if (name !== NONE && there?.[1] !== NONE) expect([seq, name, params]).toEqual(there);
      }
      expect(namesOf(steps)).toContain('directMessage');
      expect(namesOf(steps)).not.toContain('systemMessage');
    }
    for (const own of ['directMessageEcho', 'contactAddedEcho', 'contactRemovedEcho', '$.chat.join']) {
      expect([own, near.heard(own), far.heard(own).length > 0]).toEqual([own, [], true]);
    }
    expect([plain.heard('$.chat.join'), plain.heard('directMessageEcho')]).toEqual([[], [expect.anything()]]);
    // One frame for both.
    const codec = createCodec(world.format, { accept: 'replies' });
    for (const frame of far.raw.frames) {
      const { messages } = codec.decodeFrame(typeof frame === 'string' ? Buffer.from(frame) : frame);
      const names = messages.map((message) => (message.type === 2 ? message.method : ''));
      const at = messages.findIndex((one) => one.type === 2 && isLogged(one.method, one.params));
      if (at >= 0) expect(names.slice(at)).toEqual([names[at], 'inboxPosition']);
    }
  });

  test('is where a login finds it, and a transient message is in none', async () => {
    const [alice, bob] = [await world.login(0), await world.login(1)];
    await send(bob, alice.userName, 'kept');
    // That it has come is a place of its own.
    await bob.next('directMessageStatus');
    const head = await atEnd(world, alice);
    await send(bob, alice.userName, 'passing', { transient: true });
    await send(alice, bob.userName, 'passing', { transient: true });
    await eventually(() => expect(alice.heard('directMessage')).toHaveLength(2));
    const again = await world.login(1, alice.userName);
    expect(again.authData.inbox).toEqual({ epoch: alice.authData.inbox.epoch, seq: head });
    expect(stepsOf(again)).toEqual([]);
  });
}

function away(world: World): void {
  test.each([
    ['beside others', true],
    ['alone', false],
  ])(
    'gives a device that was away, %s, each notice once and in order, before the session and what is live',
    async (_, hasOthers) => {
      const near = await world.login(0, undefined, undefined, SYNCED);
      const far = await world.login(1, near.userName, undefined, SYNCED);
      const other = await world.login(1);
      await send(other, near.userName, 'had');
      await other.next('directMessageStatus');
      const left = await atEnd(world, near, far);
      far.raw.terminate();
      await near.next('socketDisconnectEcho');
      await everything(world, near, other);
      const head = await atEnd(world, near);
      if (!hasOthers) await goAway(world, near);
      const returned = await back(world, 0, far, SYNCED);
      expect(returned.authData.inbox).toEqual({ epoch: far.authData.inbox.epoch, seq: head });
      const steps = stepsIn(toldAtLogin(returned));
      expect(seqsOf(steps)).toEqual(from(left + 1, head));
      expect(new Set(namesOf(steps))).toEqual(LOGGED);
      const seenNear = new Map(stepsOf(near).map((step) => [step[0], step]));
      for (const step of steps) {
        const there = seenNear.get(step[0]);
        if (there !== undefined && there[1] !== NONE) expect(step).toEqual(there);
      }
      // The session comes behind it.
      const names = toldAtLogin(returned).map((entry) => ('name' in entry ? entry.name : ''));
      expect(names[0]).toBe('loginConfirmed');
      expect(names.lastIndexOf('inboxPosition')).toBeLessThan(names.indexOf('$.group.restored'));
      expect(sessionTold(returned).slice(-1)).toEqual(EMPTY);
      // What is live follows it, without a gap.
      const { id } = Object(await send(other, near.userName, 'live'));
      await until(other, 'directMessageStatus', ([, status]) => field(status, 'upToId') === id);
      await eventually(() => expect(seqsOf(stepsOf(returned))).toContain(head + 1));
      expect(seqsOf(stepsOf(returned))).toEqual(from(left + 1, positionOf(returned).seq));
      // Another one with the same position and without the session gets places alone for that; one without a position nothing.
      const plain = await back(world, 1, far);
      const plainSteps = stepsIn(toldAtLogin(plain));
      expect(seqsOf(plainSteps)).toEqual(from(left + 1, plain.authData.inbox.seq));
      expect(namesOf(plainSteps).filter((name) => name.startsWith('$.'))).toEqual([]);
      expect(namesOf(plainSteps)).toContain(NONE);
      expect(stepsIn(toldAtLogin(await world.login(0, near.userName)))).toEqual([]);
      // Who is at the end is told nothing.
      await atEnd(world, returned);
      expect(stepsIn(toldAtLogin(await back(world, 1, returned, SYNCED)))).toEqual([]);
    },
  );
}

function resets(world: World): void {
  test('is begun anew by who has missed more than it keeps, or names another life or a place ahead of it', async () => {
    const [alice, bob] = [await world.login(0), await world.login(1)];
    await goAway(world, alice);
    for (let i = 0; i < limits.inboxSize + 1; i++) await send(bob, alice.userName, `${i}`);
    const { epoch } = alice.authData.inbox;
    const head = await headOf(world, alice.userName);
    expect(head).toBe(limits.inboxSize + 1);
    const login = (inbox: ValueMap): Promise<User> => world.login(0, alice.userName, undefined, { inbox });
    for (const inbox of [
      { epoch, seq: 0 },
      { epoch, seq: head + 1 },
      { epoch: 'another life....', seq: 1 },
    ]) {
      const reset = await login(inbox);
      expect(reset.heard('inboxReset')).toEqual([[reset.authData.inbox]]);
      expect(reset.authData.inbox.epoch).toBe(epoch);
      expect([stepsOf(reset), reset.heard('directMessage')]).toEqual([[], []]);
      expect(toldAtLogin(reset).map((entry) => 'name' in entry && entry.name)).toEqual([
        'loginConfirmed',
        'inboxReset',
      ]);
      await goAway(world, reset);
    }
    const filled = await login({ epoch, seq: head - limits.inboxSize });
    const texts = filled.heard('directMessage').map(([message]) => field(message, 'text'));
    expect(texts).toEqual(from(1, limits.inboxSize).map(String));
    expect(filled.heard('inboxReset')).toEqual([]);
  });

  test('takes a position and nothing else for one', async () => {
    const alice = await world.login(0);
    for (const inbox of [
      {},
      { epoch: 'x' },
      { epoch: 'x', seq: -1 },
      { epoch: 'x', seq: 1.5 },
      { epoch: 1, seq: 1 },
      7,
    ]) {
      await expect(world.login(1, alice.userName, undefined, { inbox })).rejects.toThrow('badArgument');
    }
  });
}

function missed(world: World): void {
  test('brings the messages that were missed, once and as they came, and they have come by that', async () => {
    const [alice, bob] = [await world.login(0), await world.login(1)];
    await send(bob, alice.userName, 'had');
    await bob.next('directMessageStatus');
    await atEnd(world, alice);
    await goAway(world, alice);
    for (const text of ['one', 'two']) await send(bob, alice.userName, text);
    const push = { offlineMessages: 'push' };
    const returned = await back(world, 1, alice, push);
    expect(returned.heard('directMessage')).toMatchObject([[{ text: 'one', id: 2 }], [{ text: 'two', id: 3 }]]);
    await eventually(() =>
      expect(bob.heard('directMessageStatus').at(-1)).toEqual([alice.userName, { status: 'sent', upToId: 3 }]),
    );
    expect(returned.heard('missedMessages')).toEqual([]);
    expect(await returned.call('missedMessagesGet')).toEqual({});
    // Where the log cannot fill the gap they are missed as ever.
    await atEnd(world, returned);
    await goAway(world, returned);
    await send(bob, alice.userName, 'three');
    const inbox = { epoch: 'another life....', seq: 1 };
    const reset = await world.login(0, alice.userName, undefined, { inbox, ...push });
    expect(Object.keys(Object((await reset.next('missedMessages'))[0]))).toEqual([bob.userName]);
    expect(reset.heard('directMessage')).toEqual([]);
  });
}

function removals(world: World): void {
  test('leads sockets that lose a room on no further than they were told, and tells those that were away', async () => {
    const owner = await world.login(0);
    const [near, far] = [await world.login(0), await world.login(1)];
    const [nearToo, farToo] = [await world.login(1, near.userName), await world.login(0, far.userName)];
    const roomName = await world.room(owner, near, far);
    await owner.call('roomAddToList', roomName, 'blacklist', [near.userName, far.userName]);
    for (const user of [near, nearToo, far, farToo]) {
      await user.next('roomAccessRemoved');
      await eventually(() => expect(positionOf(user).seq).toBe(1));
      const told = user.received.flatMap((entry) => ('name' in entry ? [entry.name] : []));
      expect(told.indexOf('roomAccessRemoved')).toBeLessThan(told.indexOf('inboxPosition'));
      expect(user.heard('roomAccessRemoved')).toEqual([[roomName]]);
    }
    const returned = await world.login(1, near.userName, undefined, { inbox: { ...near.authData.inbox } });
    expect(namesOf(stepsIn(toldAtLogin(returned)))).toEqual(['roomAccessRemoved']);
    await fenceUser(near, nearToo, returned);
  });
}
