// Rooms that people belong to, as their scripts leave them, and what a room says of itself.
import type { Store } from './store.ts';

/** What of it lib/conduct.lua packs. */
export interface Conduct {
  readonly writers?: number;
  readonly tellsMembers?: number;
  readonly kind?: number;
  readonly slowMs?: number;
  readonly endsAt?: number;
}

export async function setConduct(store: Store, roomName: string, conduct: Conduct): Promise<void> {
  const { writers = 0, tellsMembers = 0, kind = 0, slowMs = 0, endsAt = 0 } = conduct;
  const packed = Buffer.from([writers, 0, tellsMembers, kind, ...Array.from({ length: 16 }, () => 0)]);
  packed.writeDoubleBE(slowMs, 4);
  packed.writeDoubleBE(endsAt, 12);
  await store.client.hset(store.keys.room(roomName).meta, 'conduct', packed);
}

/** The life of a room, as its log has it. */
export async function lifeOf(store: Store, roomName: string): Promise<string> {
  const packed = await store.client.hgetBuffer(store.keys.room(roomName).meta, 'log');
  return packed?.toString('latin1', 94, 110) ?? '';
}

/** Users belong to a room from here on, and their own slots know. */
export async function belong(store: Store, roomName: string, ...userNames: string[]): Promise<void> {
  const keys = store.keys.room(roomName);
  const life = await lifeOf(store, roomName);
  const packed = await store.client.hgetBuffer(keys.meta, 'log');
  const lastId = packed?.readDoubleBE(32) ?? 0;
  for (const userName of userNames) {
    await store.client.zadd(keys.roster, 0, userName);
    await store.client.hsetnx(keys.marks, userName, String(lastId));
    await store.client.hset(store.keys.user(userName).belongs, roomName, `${life} 1 1`);
  }
}
