/** Builds what sends to the operator's webhook; nothing where there is none. */
import { outboxLeaseMs, type RedisSide } from './build-storage.ts';
import type { Shared } from './shared.ts';
import { Relay } from '../chat/webhook/relay.ts';
import { RoomScan } from '../chat/webhook/room-scan.ts';
import { Webhooks } from '../chat/webhook/webhooks.ts';
import { Endpoint } from '../endpoint/endpoint.ts';
import { signingKey } from '../endpoint/signature.ts';
import { roomInMeta } from '../redis/keys/key-patterns.ts';
import { Directory } from '../store/admin/directory.ts';
import type { WebhookStore } from '../store/webhook/webhook-store.ts';

/** Answers say whether a batch was taken; what else they say is read for nothing. */
const ANSWER_BYTES = 65_536;

export function buildWebhooks(
  { config, keys, counters, errors, pulse: { wake } }: Shared,
  { commands, lease }: Pick<RedisSide, 'commands' | 'lease'>,
  { outboxes }: { readonly outboxes: WebhookStore },
): Webhooks | undefined {
  const { url, secret, types, allowPrivate, timeoutMs, concurrency } = config.webhook;
  if (url === undefined || secret === undefined) return undefined;
  const endpoint = new Endpoint({ url, allowPrivate, timeoutMs, maxResponseBytes: ANSWER_BYTES, concurrency });
  const onError = (error: unknown): void => errors.putOff('webhook', error, 'sending to the webhook is put off');
  const common = { outboxes, instance: lease, counters, types, wake, onError };
  const relay = new Relay({
    ...common,
    endpoint,
    key: signingKey(secret),
    concurrency,
    leaseMs: outboxLeaseMs(config),
    takenMs: timeoutMs,
    onFailure: (what, told) => errors.warn(`webhook ${String(told['reason'])}`, told, what),
  });
  const scan = new RoomScan({ ...common, relay, directory: new Directory(commands, keys) });
  const webhooks = new Webhooks({ ...common, relay, scan });
  // Whatever adds to the log of a room.
  commands.onAdded = (key) => {
    const roomName = roomInMeta(key, keys.prefix);
    if (roomName !== undefined) webhooks.note(roomName);
  };
  return webhooks;
}
