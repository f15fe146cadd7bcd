// A storm of joins of transient rooms: many sockets on two nodes, some of them devices of one session, join one, several or another one
// without waiting, leave and come back. In the end each is in one of them at most, and what it was told, what the service says of it
// and what Redis knows are the same.
import { expect, test } from '@jest/globals';
import { textOf } from '../chat/device.ts';
import { field } from '../chat/world.ts';
import { eventually } from '../support/eventually.ts';
import { presenceOf, soundPresence } from '../support/presence-checker.ts';
import { startRedis } from '../support/redis.ts';
import { createRng, seeded, type Rng } from '../support/rng.ts';
import { loginRpc, type Call } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';
import { pace } from '../support/weather.ts';
import { openSocket, type StormSocket } from './storm-socket.ts';

const scope = useScope();
const USERS = 6;
const STEPS = 40;

/** The rooms that a socket is in by what it was told. */
function toldIn(socket: StormSocket): string[] {
  const rooms = new Set<string>();
  for (const entry of socket.received) {
    if ('name' in entry) {
      const [roomName, id] = entry.params;
      if (entry.name === 'roomLeftEcho' && id === socket.authData.id) rooms.delete(textOf(roomName));
      continue;
    }
    const call = socket.askedFor(entry)?.call;
    if (call === undefined || 'error' in entry.outcome) continue;
    const { result } = entry.outcome;
    if (call[0] === 'roomJoin') rooms.add(textOf(call[1]));
    if (call[0] === 'roomLeave') rooms.delete(textOf(call[1]));
    if (call[0] === 'roomsJoin' && Array.isArray(result)) {
      for (const one of result) if (field(one, 'njoined') !== undefined) rooms.add(textOf(field(one, 'roomName')));
    }
  }
  return [...rooms].toSorted();
}

function callsOf(rng: Rng, rooms: readonly string[]): Call[] {
  const chosen = rng.pick(rooms);
  if (rng.chance(0.5)) return [['roomJoin', chosen]];
  if (rng.chance(0.3)) return [['roomLeave', chosen]];
  if (rng.chance(0.4)) return [['roomsJoin', rng.shuffle(rooms).map((roomName) => ({ roomName }))]];
  // In one frame, and so at the same time.
  return rng.shuffle(rooms).map((roomName): Call => ['roomJoin', roomName]);
}

async function storm(rng: Rng, socket: StormSocket, rooms: readonly string[]): Promise<void> {
  const asked: Promise<unknown>[] = [];
  for (let step = 0; step < STEPS; step++) {
    const answers = socket.ask(...callsOf(rng, rooms));
    asked.push(answers);
    if (rng.chance(0.5)) await answers;
    else await pace(rng, 0, 10);
  }
  await Promise.all(asked);
}

test(
  'a socket ends in one transient room at most, whatever it joins at the same time',
  seeded(async (rng) => {
    const redis = await startRedis(scope);
    const env = { PARLEY_RATE_REQUESTS_PER_SECOND: '100000', PARLEY_RATE_BURST: '100000' };
    const service = await startService(scope, { redis, nodes: 2, env });
    const presence = presenceOf(scope, { servers: [redis], prefix: service.prefix });
    const host = await loginRpc(scope, service.node(0).url, 'host');
    const rooms: string[] = [];
    for (let i = 0; i < 3; i++) {
      rooms.push(textOf(field(await host.call('conversationCreate', { kind: 'transient' }), 'roomName')));
    }
    const sockets: StormSocket[] = [];
    for (let i = 0; i < USERS * 3; i++) {
      const who = { userName: `user-${i % USERS}`, node: i % 2, synced: i % 3 > 0 };
      sockets.push(await openSocket(scope, service.node(who.node).url, who));
    }
    await Promise.all(sockets.map((socket) => storm(createRng(rng.integer(0, 2 ** 32 - 1)), socket, rooms)));
    const idle = { userName: 'host', socketId: host.authData.id, rooms: [] };
    await eventually(
      async () => {
        for (const socket of sockets) {
          const told = toldIn(socket);
          const known = field(await socket.call('listOwnSockets'), socket.authData.id);
          expect(Array.isArray(known) ? known.map(textOf).toSorted() : known).toEqual(told);
          expect(told.length).toBeLessThanOrEqual(1);
        }
        const open = sockets.map((one) => ({ userName: one.userName, socketId: one.authData.id, rooms: toldIn(one) }));
        expect(await presence([...open, idle])).toEqual(soundPresence);
      },
      { timeoutMs: 15_000 },
    );
    expect(sockets.flatMap((socket) => socket.heard('roomLeftEcho')).length).toBeGreaterThan(USERS);
  }),
  60_000,
);
