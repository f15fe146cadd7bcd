// What devices of one user do to a session at the same time: however their requests interleave, each device's picture of
// the session, built from what it was told and answered, ends as the session is.
import { describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { seeded, type Rng } from '../support/rng.ts';
import type { Rpc } from '../support/rpc.ts';
import { groupsOf, startDevice, type Device } from './device.ts';
import { fenceRoom, fenceUser, field, limits, type World } from './world.ts';

export function sessionRacesSuite(world: World): void {
  describe('devices at the same time', () => {
    races(world);
  });
}

/** What a round needs of the service. */
export type Players = Pick<World, 'fresh' | 'login' | 'room'>;

const ROUNDS = 3;
const STEPS = 25;

function races(world: World): void {
  test(
    'joins, leaves, moves and reconnects of three devices on two nodes end in one session',
    seeded(async (rng) => {
      for (let round = 0; round < ROUNDS; round++) await runRound(world, rng, false);
    }),
  );

  test(
    'and so they do while the owner bars the user, admits it again, deletes rooms and makes them anew',
    seeded(async (rng) => {
      for (let round = 0; round < ROUNDS; round++) await runRound(world, rng, true);
    }),
  );

  test('a login is told the session as it is at one moment, and every change after it', async () => {
    const one = await startDevice(world, 0);
    const rooms = [await world.room(one), await world.room(one)];
    let done = false;
    const toggle = async (room: string): Promise<void> => {
      while (!done) {
        await one.call('roomJoin', room, { group: 'work' });
        await one.call('roomJoin', room, { group: 'play' });
        await one.call('roomLeave', room);
      }
      await one.call('roomJoin', room);
    };
    const toggling = Promise.all(rooms.map(toggle));
    const later: Device[] = [];
    for (let i = 0; i < 8; i++) later.push(await startDevice(world, i % 2 === 0 ? 1 : 0, one.userName));
    done = true;
    await toggling;
    await fenceUser(one, ...later);
    expect(groupsOf(await one.call('sessionGet'))).toEqual(one.picture());
    for (const device of later) expect(device.picture()).toEqual(one.picture());
    expect(Object.keys(one.picture())).toEqual(rooms.toSorted());
  });
}

/** One user with three devices; `withOwner` has the owner of the rooms act against it meanwhile. */
export async function runRound(world: Players, rng: Rng, withOwner: boolean): Promise<void> {
  const owner = await world.login(1);
  const userName = world.fresh('user');
  const rooms = await Promise.all(Array.from({ length: limits.roomsPerSocket - 1 }, () => world.room(owner, owner)));
  const devices = await Promise.all([0, 1, 1].map((node) => startDevice(world, node === 0 ? 0 : 1, userName)));
  const live = devices.map((device, i) => act(world, rng, { device, node: i === 0 ? 0 : 1, rooms }));
  const rule = withOwner ? misrule(rng, owner, userName, rooms) : Promise.resolve();
  const [ended] = await Promise.all([Promise.all(live), rule]);

  const watcher = await startDevice(world, 0, userName);
  const session = groupsOf(await watcher.call('sessionGet'));
  await fenceUser(watcher, ...ended);
  for (const device of [watcher, ...ended]) expect(device.picture()).toEqual(session);
  // Nobody is led back in the inbox, or left before its end, whatever was held back for an answer.
  const { seq: head } = (await startDevice(world, 0, userName)).authData.inbox;
  for (const device of ended) {
    const placesOf = (): number[] => [
      device.authData.inbox.seq,
      ...device.heard('inboxPosition').map(([at]) => Number(field(at, 'seq'))),
    ];
    await eventually(() => expect(placesOf().at(-1)).toBe(head));
    expect(placesOf()).toEqual([...new Set(placesOf())].toSorted((x, y) => x - y));
  }
  if (withOwner) return;
  // Who believes to be in a room hears it, and nobody else does.
  for (const room of rooms) {
    const inside = ended.filter((device) => device.joined().includes(room));
    await fenceRoom(owner, room, ...inside);
    await owner.call('roomMessage', room, { last: room });
    for (const device of ended) {
      if (inside.includes(device)) await device.next('roomMessage');
      else await device.call('ping');
    }
    const heard = ended.filter((device) => device.heard('roomMessage').some(([, one]) => field(one, 'last') === room));
    expect(heard).toEqual(inside);
  }
}

/** One device: a request at a time, sometimes two, and now and then it comes back as another socket. */
async function act(
  world: Players,
  rng: Rng,
  start: { device: Device; node: 0 | 1; rooms: readonly string[] },
): Promise<Device> {
  const { node, rooms } = start;
  let { device } = start;
  const step = (): Promise<unknown> => {
    const room = rng.pick(rooms);
    if (rng.chance(0.4)) return device.ask('roomLeave', room);
    return device.ask('roomJoin', room, rng.chance(0.3) ? { group: rng.pick(['custom', 'work', 'play']) } : {});
  };
  for (let i = 0; i < STEPS; i++) {
    if (rng.chance(0.1)) {
      if (rng.chance(0.5)) device.raw.terminate();
      else await device.call('disconnect');
      device = await startDevice(world, node, device.userName);
    }
    await Promise.all(rng.chance(0.3) ? [step(), step()] : [step()]);
  }
  return device;
}

/** The owner of the rooms, meanwhile. */
async function misrule(rng: Rng, owner: Rpc, userName: string, rooms: readonly string[]): Promise<void> {
  for (let i = 0; i < STEPS; i++) {
    const room = rng.pick(rooms);
    const [call] = rng.shuffle(['bar', 'admit', 'replace', 'close', 'open'] as const);
    if (call === 'bar') await owner.call('roomAddToList', room, 'blacklist', [userName]);
    if (call === 'admit') await owner.call('roomRemoveFromList', room, 'blacklist', [userName]);
    if (call === 'close') await owner.call('roomSetWhitelistMode', room, true);
    if (call === 'open') await owner.call('roomSetWhitelistMode', room, false);
    if (call === 'replace') {
      await owner.call('roomDelete', room);
      await owner.call('roomCreate', room);
    }
  }
}
