// Joins, leaves and removals of one room that overtake each other, because one node hears late (late-stage.ts). What storms have
// found (room-storm.ts); a comment says what went wrong before it was mended. Devices of a session: late-devices.test.ts.
import { expect, test } from '@jest/globals';
import { about, fenceRoom, fenceUser, idsHeard } from '../chat/world.ts';
import { useScope } from '../support/scope.ts';
import { ask } from './evictions.ts';
import { admit, bar, begin, caughtUp, HELD_MS, isId, ROOM, say, SIDE, startStage, toldOf } from './late-stage.ts';

const scope = useScope();

// It heard all thirty: its leave has taken it out of the room, so that the eviction does not name it.
test('who is barred while its leave is not answered yet hears nothing of what is said then', async () => {
  const stage = await startStage(scope);
  const { owner, link } = stage;
  const [leaving, other] = [await stage.login('late', 'bob'), await stage.login('prompt', 'bob')];
  for (const socket of [leaving, other]) await socket.call('roomJoin', ROOM);
  link.commands.delay(HELD_MS);
  const left = ask(leaving, 'roomLeave', ROOM);
  await stage.occupant(leaving, false);
  await bar(owner, 'bob');
  await other.next('roomAccessRemoved');
  const ids = await say(owner, 30);
  await caughtUp(stage, leaving);
  const heard = idsHeard(leaving, ROOM);
  link.commands.delay(0);
  await left;
  expect(heard.filter((id) => ids.includes(Number(id)))).toEqual([]);
});

// It heard 1 2 3 as an occupant and once more with the answer: the join was put before them in the log.
test('who joins once more while it is barred and let in again hears nothing twice', async () => {
  const stage = await startStage(scope);
  const { owner, link } = stage;
  const bob = await stage.login('late', 'bob');
  await bob.call('roomJoin', ROOM);
  await bob.call('roomJoin', SIDE);
  const { answer } = await begin(stage, bob, ['roomJoin', ROOM]);
  await say(owner, 3);
  await bar(owner, 'bob');
  await admit(owner, 'bob');
  await caughtUp(stage, bob);
  link.commands.delay(0);
  expect(await answer).toMatchObject({ result: 1 });
  await caughtUp(stage, bob);
  const ids = toldOf(bob).filter(isId);
  expect(ids).toEqual([...new Set(ids)]);
});

// It was told of the removal after the answer to its join, and went on hearing.
test('who joins before the bus has told it of an earlier removal is not told of it afterwards', async () => {
  const stage = await startStage(scope);
  const { owner, link } = stage;
  const [far, near] = [await stage.login('late', 'bob'), await stage.login('prompt', 'bob')];
  await near.call('roomJoin', ROOM);
  link.bus.pause();
  await bar(owner, 'bob');
  await admit(owner, 'bob');
  await far.call('roomJoin', ROOM);
  link.bus.resume();
  await fenceUser(near, far);
  const ids = await say(owner, 3);
  await caughtUp(stage, far);
  const since = toldOf(far).slice(toldOf(far).lastIndexOf('roomJoin'));
  expect(since.filter(isId)).toEqual(ids);
  expect(since).not.toContain('roomAccessRemoved');
});

// It was told of the later one only: that both had been left to its join was forgotten with the first that was told.
test('who was barred twice before its answer is told of both', async () => {
  const stage = await startStage(scope);
  const { owner, link } = stage;
  const [far, near] = [await stage.login('late', 'bob'), await stage.login('prompt', 'bob')];
  await far.call('roomJoin', SIDE);
  const { answer } = await begin(stage, far, ['roomJoin', ROOM]);
  await bar(owner, 'bob');
  await admit(owner, 'bob');
  await near.call('roomJoin', ROOM);
  await bar(owner, 'bob');
  await caughtUp(stage, far);
  link.commands.delay(0);
  expect(await answer).toMatchObject({ result: 1 });
  await caughtUp(stage, far);
  expect(toldOf(far)).toEqual(['roomJoin', 'roomJoin', 'roomAccessRemoved', 'roomAccessRemoved']);
});

test('who was barred before its answer, and is out when the room ends, is told of the first only', async () => {
  const stage = await startStage(scope);
  const { owner, link } = stage;
  const far = await stage.login('late', 'bob');
  await far.call('roomJoin', SIDE);
  const { answer } = await begin(stage, far, ['roomJoin', ROOM]);
  await bar(owner, 'bob');
  await owner.call('roomDelete', ROOM);
  await fenceRoom(owner, SIDE, stage.witness);
  link.commands.delay(0);
  expect(await answer).toMatchObject({ result: 1 });
  await fenceRoom(owner, SIDE, far);
  expect(toldOf(far)).toEqual(['roomJoin', 'roomJoin', 'roomAccessRemoved']);
});

// It was told that there is no such room, then heard what was said in it. A device heard nothing, but was not told either that
// the room is gone: it was not attached any more when the late node heard of the end, and the user's log left that node out.
describeNoRoom(false);
describeNoRoom(true);

function describeNoRoom(isSynced: boolean): void {
  const who = isSynced ? 'a device' : 'a socket';
  test(`${who} whose leave finds no room hears nothing of it afterwards, nor that it has left`, async () => {
    const stage = await startStage(scope);
    const { owner, witness, link } = stage;
    const [bob, other] = [await stage.login('late', 'bob', isSynced), await stage.login('prompt', 'bob')];
    await bob.call('roomJoin', ROOM);
    link.bus.pause();
    await say(owner, 3);
    await owner.call('roomDelete', ROOM);
    expect(await bob.refusal('roomLeave', ROOM)).toMatchObject({ code: 'noRoom' });
    const at = toldOf(bob).length;
    link.bus.resume();
    await witness.next('roomAccessRemoved');
    await bob.next('roomAccessRemoved');
    await fenceUser(other, bob);
    const since = toldOf(bob).slice(at);
    // The room is gone, and all the user's sockets are told so.
    expect(since.filter((one) => one !== '$.chat.leave')).toEqual(['roomAccessRemoved']);
    expect(about(bob, ROOM).filter(([name, , id]) => name === 'roomLeftEcho' && id === bob.authData.id)).toEqual([]);
  });
}

// It heard all three, and was told of a reset in place of its removal, which came in the part of the log that nobody here has: the
// notice to the user tells it.
test('who joined a room made anew, and was barred before the node knew of either, hears nothing of what follows', async () => {
  const stage = await startStage(scope);
  const { owner, link } = stage;
  const bob = await stage.login('late', 'bob');
  link.bus.pause();
  await owner.call('roomDelete', ROOM);
  await owner.call('roomCreate', ROOM);
  await owner.call('roomJoin', ROOM);
  link.commands.delay(HELD_MS);
  const joined = ask(bob, 'roomJoin', ROOM);
  await stage.occupant(bob, true);
  await bar(owner, 'bob');
  link.commands.delay(0);
  await joined;
  link.bus.resume();
  await bob.next('roomAccessRemoved');
  const witness = await stage.login('late', 'witness');
  await witness.call('roomJoin', ROOM);
  const ids = await say(owner, 3);
  await fenceRoom(owner, ROOM, witness);
  const told = toldOf(bob);
  expect(told.filter((one) => one !== 'roomReset')).toEqual(['roomJoin', 'roomAccessRemoved']);
  expect([told, told.filter(isId).filter((id) => ids.includes(id))]).toEqual([told, []]);
});

// It was not told: the late node had nobody of the user attached, and the user's log left it out, for Redis still had the other.
test('who is beside a socket that has just vanished is told that the room is gone', async () => {
  const stage = await startStage(scope);
  const { owner, witness, link } = stage;
  const [vanishing, beside] = [await stage.login('late', 'bob'), await stage.login('late', 'bob')];
  const other = await stage.login('prompt', 'bob');
  await vanishing.call('roomJoin', ROOM);
  await caughtUp(stage, vanishing);
  link.commands.pause();
  vanishing.raw.terminate();
  await stage.open(2);
  await owner.call('roomDelete', ROOM);
  await witness.next('roomAccessRemoved');
  await beside.next('roomAccessRemoved');
  await fenceUser(other, beside);
  link.commands.resume();
  expect(beside.heard('roomAccessRemoved')).toEqual([[ROOM]]);
});
