// Puts rooms and members into the service's Redis by the service's own scripts, for what would take too many requests or
// more sockets than a machine has. Planted members are on no node, so nothing is delivered to them.
import { Commands } from '../../src/redis/commands.ts';
import { openClient } from '../../src/redis/connect.ts';
import { Keyspace } from '../../src/redis/keys.ts';
import { MembershipStore } from '../../src/store/membership/membership-store.ts';
import { RoomStore } from '../../src/store/room/room-store.ts';
import type { System } from './systems.ts';
import { endpointAt } from '../support/redis-endpoint.ts';

const AT_ONCE = 200;
const NO_FRAME = new Uint8Array(0);

export interface Garden {
  createRooms(names: readonly string[]): Promise<void>;
  /** Joins users `planted<i>`, i from `from` up to `to`. */
  join(roomName: string, from: number, to: number): Promise<void>;
  close(): void;
}

/** The floors need no planting: theirs does nothing. */
export async function openGarden(system: System): Promise<Garden> {
  if (system.name !== 'parley' || system.redis === undefined) {
    return { createRooms: () => Promise.resolve(), join: () => Promise.resolve(), close: () => undefined };
  }
  const client = openClient(endpointAt(system.redis), { use: 'commands' });
  client.on('error', () => undefined);
  await client.connect();
  const commands = new Commands(client, {
    timeoutMs: 20_000,
    queueMax: 10_000,
    queueBytesMax: 1 << 28,
    mayAct: () => true,
    onError: () => undefined,
  });
  const keys = new Keyspace(system.prefix);
  const rooms = new RoomStore(commands, keys, { dedupMs: 300_000, historyMaxAgeMs: 0 });
  const memberships = new MembershipStore(commands, keys, {
    pageMax: 100,
    replyBytes: 1 << 19,
    historyMaxAgeMs: 0,
    largeSize: 1_000_000,
  });
  const created = { owner: 'bench', whitelistOnly: false, userlistUpdates: true, accessListsUpdates: true };
  return {
    createRooms: async (names) => {
      await inBatches(names, (name) => rooms.create(name, { ...created, historyMax: 10_000 }));
    },
    join: async (roomName, from, to) => {
      const numbers = Array.from({ length: to - from }, (_, i) => from + i);
      await inBatches(numbers, async (i) => {
        const member = { roomName, userName: `planted${i}`, socketId: `planted${i}`, nodeId: 'planted' };
        const joined = await memberships.join(member, NO_FRAME);
        if (typeof joined === 'string') throw new Error(`planting in ${roomName}: ${joined}`);
      });
    },
    close: () => {
      commands.close();
      client.disconnect();
    },
  };
}

async function inBatches<T>(items: readonly T[], each: (item: T) => Promise<unknown>): Promise<void> {
  for (let at = 0; at < items.length; at += AT_ONCE) await Promise.all(items.slice(at, at + AT_ONCE).map(each));
}
