// Joins, leaves and removals of one room that overtake each other, as devices of a session are told of them, because one node
// hears late (late-stage.ts). What storms have found (room-storm.ts); a comment says what went wrong before it was mended.
import { expect, test } from '@jest/globals';
import { groupsOf } from '../chat/device.ts';
import { fenceRoom, fenceUser, field, until } from '../chat/world.ts';
import { eventually } from '../support/eventually.ts';
import type { RedisServer } from '../support/redis.ts';
import { useScope } from '../support/scope.ts';
import { startSplitLink } from '../support/weather.ts';
import { ask } from './evictions.ts';
import { admit, bar, begin, caughtUp, HELD_MS, isId, ROOM, say, SIDE, startStage, toldOf } from './late-stage.ts';
import { openSocket } from './storm-socket.ts';

const scope = useScope();

// As above: 1 2 3, and 1 2 3 with the answer.
test('a device that joins once more while another one leaves and joins hears nothing twice', async () => {
  const stage = await startStage(scope);
  const { owner, link } = stage;
  const [device, other] = [await stage.login('late', 'bob', true), await stage.login('prompt', 'bob', true)];
  for (const socket of [device, other]) await socket.call('roomJoin', ROOM);
  await device.call('roomJoin', SIDE);
  const { answer } = await begin(stage, device, ['roomJoin', ROOM]);
  await say(owner, 3);
  await other.call('roomLeave', ROOM);
  await other.call('roomJoin', ROOM);
  await caughtUp(stage, device);
  link.commands.delay(0);
  expect(await answer).toMatchObject({ result: 2 });
  await caughtUp(stage, device);
  const ids = toldOf(device).filter(isId);
  expect(ids).toEqual([...new Set(ids)]);
});

// The session lost the room, and the device was told so, though it was in the room and went on hearing it.
test('who is let in and joins before a removal has come to its session keeps the room in it', async () => {
  const stage = await startStage(scope);
  const { owner, link } = stage;
  const ruler = await stage.login('late', 'owner');
  const [bob, other] = [await stage.login('prompt', 'bob', true), await stage.login('prompt', 'bob', true)];
  await bob.call('roomJoin', ROOM);
  link.commands.delay(HELD_MS);
  const barred = ask(ruler, 'roomAddToList', ROOM, 'blacklist', ['bob']);
  await stage.occupant(bob, false);
  await admit(owner, 'bob');
  await bob.call('roomJoin', ROOM);
  const at = toldOf(bob).length;
  link.commands.delay(0);
  await barred;
  await fenceUser(other, bob);
  const ids = await say(owner, 3);
  await fenceRoom(owner, ROOM, bob);
  expect(toldOf(bob).slice(at)).toEqual(ids);
  expect(Object.keys(groupsOf(await bob.call('sessionGet')))).toEqual([ROOM]);
  expect(field(await bob.call('listOwnSockets'), bob.authData.id)).toEqual([ROOM]);
});

// It was told that it had left after the answer to its join, and heard what was said from the join on; the rest was missing.
test('a device that is taken out and joins before the bus has told it hears all, or is told what it missed', async () => {
  const stage = await startStage(scope);
  const { owner, link } = stage;
  const [device, other] = [await stage.login('late', 'bob', true), await stage.login('prompt', 'bob', true)];
  for (const socket of [device, other]) await socket.call('roomJoin', ROOM);
  const before = await say(owner, 2);
  await caughtUp(stage, device);
  link.bus.pause();
  await other.call('roomLeave', ROOM);
  await other.call('roomJoin', ROOM);
  const between = await say(owner, 2);
  await device.call('roomJoin', ROOM);
  const after = await say(owner, 2);
  link.bus.resume();
  await caughtUp(stage, device);
  await fenceUser(other, device);
  const told = toldOf(device);
  const answered = told.lastIndexOf('roomJoin');
  const outAt = Math.max(told.indexOf('out'), told.indexOf('$.chat.leave'));
  expect(told.filter(isId).filter((id) => !between.includes(id))).toEqual([...before, ...after]);
  expect(outAt).toBeLessThan(answered);
  const isWhole = between.every((id) => told.includes(id));
  expect([told, isWhole || outAt > 0 || told.includes('roomReset')]).toEqual([told, true]);
});

/** What a device is told of a removal, where what the late node asks of Redis is answered late. */
async function orderOfRemoval(largeSize: number): Promise<(string | number)[]> {
  const stage = await startStage(scope, largeSize);
  const { owner, link } = stage;
  const bob = await stage.login('late', 'bob', true);
  await bob.call('roomJoin', ROOM);
  await owner.call('roomAddToList', ROOM, 'whitelist', ['witness']);
  await caughtUp(stage, bob);
  const at = toldOf(bob).length;
  link.commands.delay(100);
  await owner.call('roomSetWhitelistMode', ROOM, true);
  await until(bob, 'roomAccessRemoved', () => true);
  await until(bob, '$.chat.leave', () => true);
  return toldOf(bob).slice(at);
}

test('a removal of a small room is told before what it means for the session', async () => {
  expect(await orderOfRemoval(1000)).toEqual(['roomAccessRemoved', '$.chat.leave']);
});

// It was the other way round: the user's log brought it while the room's feed read on behind the staged eviction.
test('so it is in a large room', async () => {
  expect(await orderOfRemoval(2)).toEqual(['roomAccessRemoved', '$.chat.leave']);
});

// The session's notice came twice: of the removal, and of the entry that the join had made behind it.
test('so it is for a device that joins once more meanwhile', async () => {
  const stage = await startStage(scope);
  const { owner, link } = stage;
  const [bob, other] = [await stage.login('late', 'bob', true), await stage.login('prompt', 'bob')];
  await bob.call('roomJoin', ROOM);
  await bob.call('roomJoin', SIDE);
  const { answer } = await begin(stage, bob, ['roomJoin', ROOM]);
  const at = toldOf(bob).length;
  await bar(owner, 'bob');
  await caughtUp(stage, bob);
  await fenceUser(other, bob);
  link.commands.delay(0);
  await answer;
  await caughtUp(stage, bob);
  const told = toldOf(bob).slice(at);
  expect(told.filter((one) => one !== 'roomJoin')).toEqual(['roomAccessRemoved', '$.chat.leave']);
});

// It went on hearing the new room: where the log was another one than was followed, what took the socket out was not looked at.
test('a device that joined a room made anew, and was taken out before the node knew of either, is out', async () => {
  const stage = await startStage(scope);
  const { owner, link } = stage;
  const [device, other] = [await stage.login('late', 'bob', true), await stage.login('prompt', 'bob', true)];
  link.bus.pause();
  await owner.call('roomDelete', ROOM);
  await owner.call('roomCreate', ROOM);
  for (const socket of [owner, other]) await socket.call('roomJoin', ROOM);
  link.commands.delay(HELD_MS);
  const joined = ask(device, 'roomJoin', ROOM);
  await stage.occupant(device, true);
  await other.call('roomLeave', ROOM);
  link.commands.delay(0);
  expect(await joined).toMatchObject({ result: 2 });
  link.bus.resume();
  await fenceUser(other, device);
  // Who was in the old room is closed, and comes back.
  const witness = await stage.login('late', 'witness');
  await witness.call('roomJoin', ROOM);
  const ids = await say(owner, 3);
  await caughtUp({ ...stage, witness }, device);
  const told = toldOf(device);
  expect([told, told.filter(isId).filter((id) => ids.includes(id))]).toEqual([told, []]);
});

// The answer named message 2, and 1 and 2 came behind it: it was told to be out, and heard the room all the same.
test('a device that joins while another one begins to leave hears nothing of before its answer after that', async () => {
  const stage = await startStage(scope);
  const { owner, witness, link, service, redis } = stage;
  const slowLink = await startSplitLink(scope, redis.port);
  const slow = await service.addNode({ PARLEY_REDIS_URL: slowLink.url });
  const device = await stage.login('late', 'bob', true);
  const other = await openSocket(scope, slow.url, { userName: 'bob', node: 2, synced: true });
  for (const socket of [device, other]) await socket.call('roomJoin', ROOM);
  // That the first one has joined has come to the other one as well: nothing that it has to wait for is under way there.
  await fenceUser(device, other);
  await other.call('roomJoin', ROOM);
  link.commands.pause();
  const joined = ask(device, 'roomsJoin', [{ roomName: ROOM }]);
  await device.call('ping');
  slowLink.commands.delay(HELD_MS);
  const left = ask(other, 'roomLeave', ROOM);
  // What comes after it has come to the late node when the witness has heard what was said after it.
  await eventually(async () => expect(await pendingLeaves(redis, service.prefix)).toBe(1));
  await owner.call('roomMessage', SIDE, { behind: 'leave' });
  await until(witness, 'roomMessage', ([, message]) => field(message, 'behind') === 'leave');
  link.bus.pause();
  const ids = await say(owner, 2);
  link.commands.resume();
  const answer = await joined;
  expect(answer).toMatchObject({ result: [{ lastMessageId: ids.at(-1) }] });
  link.bus.resume();
  slowLink.commands.delay(0);
  await left;
  await caughtUp(stage, device);
  // Before it was told to be out it may have heard them: where its node had missed them by then, and has read them.
  const told = toldOf(device);
  const since = told.slice(told.indexOf('$.chat.leave'));
  expect(since.filter((one) => one === '$.chat.leave' || isId(one))).toEqual(['$.chat.leave']);
});

/** Leaves of bob's session that are begun and not done. */
async function pendingLeaves(redis: RedisServer, prefix: string): Promise<number> {
  const client = redis.client();
  const count = await client.hlen(`${prefix}:{user:bob}:leaving`);
  client.disconnect();
  return count;
}
