// Logs as outboxes of the webhook: a room, and what is given of it to whom.
import { expect } from '@jest/globals';
import { UnsentAllowance } from '../../src/store/webhook/unsent-allowance.ts';
import { WebhookStore, type Batch, type Outbox } from '../../src/store/webhook/webhook-store.ts';
import type { Scope } from '../support/disposal.ts';
import { room } from './room-actions.ts';
import { roomOptions, type OpenStore, type Store } from './store.ts';

export const lobby: Outbox = { roomName: room };

export type Opened = Store & { readonly outboxes: WebhookStore };

export const outboxesOf = (
  store: Store,
  changes: { leaseMs?: number; batchMax?: number; batchBytes?: number } = {},
): WebhookStore =>
  new WebhookStore(store.commands, store.keys, {
    leaseMs: 60_000,
    batchMax: 100,
    batchBytes: 1 << 18,
    historyMaxAgeMs: 0,
    ...changes,
  });

export async function takeOf(outbox: Outbox, outboxes: WebhookStore, node: string, sent = ''): Promise<Batch> {
  const taken = await outboxes.take(outbox, node, sent);
  if (typeof taken !== 'object') throw new Error(`nothing was given: ${taken}`);
  return taken;
}

export const take = (...of: [outboxes: WebhookStore, node: string, sent?: string]): Promise<Batch> =>
  takeOf(lobby, ...of);

export const seqsOf = ({ events }: Batch): number[] => events.map(({ seq }) => seq);

/** There have been webhooks since before the room was made. */
export async function startRoom(
  scope: Scope,
  open: OpenStore,
  historyMax = 1000,
  unsent = new UnsentAllowance(() => undefined),
): Promise<Opened> {
  const store = await open(scope, { unsent });
  const outboxes = outboxesOf(store);
  await outboxes.since();
  expect(await store.rooms.create(room, roomOptions('owner', { historyMax }))).toBe('ok');
  return { ...store, outboxes };
}
