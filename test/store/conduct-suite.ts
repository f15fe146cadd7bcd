// Who may post in a room, and how often.
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { useScope } from '../support/scope.ts';
import { room, starter, type Start } from './room-actions.ts';
import type { OpenStore, Store } from './store.ts';

const scope = useScope();

/** Call within a `describe`; `open` gives a store of its own to each test. */
export function conductSuite(open: OpenStore): void {
  const start = starter(open, scope);
  packed(start);
}

const LIBRARY = readFileSync(new URL('../../src/store/lib/conduct.lua', import.meta.url), 'utf8');

/** Changes what is packed, and gives it as the next one reads it. */
async function change(store: Store, lua: string): Promise<unknown> {
  const fields = ['writers', 'hasSilenced', 'tellsMembers', 'kind', 'slowMs', 'endsAt'];
  const read = fields.map((field) => `string.format('%.0f', c.${field})`).join();
  const text = `local meta = KEYS[1]\n${LIBRARY}\nlocal c = conductOf() ${lua} saveConduct(c) c = conductOf() return { ${read} }`;
  const found = await store.client.eval(text, 1, store.keys.room(room).meta);
  return Array.isArray(found) ? found.map(Number) : found;
}

function packed(start: Start): void {
  test('an ordinary room has nothing of it, and one that had something is ordinary when that is taken back', async () => {
    const store = await start();
    const { meta } = store.keys.room(room);
    expect(await change(store, '')).toEqual([0, 0, 0, 0, 0, 0]);
    expect(await store.client.hexists(meta, 'conduct')).toBe(0);
    const endsAt = 1_767_225_600_123;
    expect(await change(store, `c.kind, c.endsAt = 2, ${endsAt}`)).toEqual([0, 0, 0, 2, 0, endsAt]);
    expect(await change(store, 'c.writers, c.slowMs = 1, 86400000')).toEqual([1, 0, 0, 2, 86_400_000, endsAt]);
    expect(await change(store, 'c.hasSilenced, c.tellsMembers = 1, 1')).toEqual([1, 1, 1, 2, 86_400_000, endsAt]);
    for (const field of ['writers', 'hasSilenced', 'tellsMembers', 'kind', 'slowMs', 'endsAt']) {
      expect(await store.client.hexists(meta, 'conduct')).toBe(1);
      await change(store, `c.${field} = 0`);
    }
    expect(await store.client.hexists(meta, 'conduct')).toBe(0);
  });
}
