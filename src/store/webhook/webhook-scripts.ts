/** The scripts of webhooks: each one step on the slot of a log. The Lua files say why. */
import { readEvent, type TopicEvent } from '../../log/event.ts';
import { bytes, list, listOf, nothing, number, optional, text, yes, type Reply } from '../../redis/reply.ts';
import { scriptsBeside } from '../../redis/script.ts';
import { LOG } from '../key-names.ts';

const script = scriptsBeside(import.meta.url);

/** What lib/webhook/outbox.lua wants. */
const OUTBOX = ['meta', 'history', 'latest', 'events', 'webhook'] as const;

/** Of what is no event any of it is left out: an operator's, or of another version. */
const readable = (reply: Reply | undefined): TopicEvent[] => list(reply).flatMap((one) => readEvent(bytes(one)) ?? []);

const numbers = listOf(number);

function readMade(reply: Reply | undefined): { createdAt: number; owner: string } {
  const [createdAt, owner] = list(reply);
  return { createdAt: number(createdAt), owner: text(owner) };
}

export const takeEvents = script('take-events', {
  keys: [...OUTBOX, 'webhookEnded'],
  args: ['isEnded', 'isOwn', 'node', 'sent', 'token', 'leaseMs', 'since', 'countMax', 'bytesMax', 'maxAgeMs'],
  whenFull: true,
  refuses: ['ended', 'busy', 'gone', 'idle'],
  gives: {
    waitMs: number,
    events: optional(readable),
    gaps: optional(listOf(numbers)),
    life: optional(text),
    seq: optional(number),
    toSeq: optional(number),
    failures: optional(number),
    replays: optional(number),
    former: optional(number),
    made: optional(readMade),
    mark: optional(bytes),
  },
});

export const putOffEvents = script('put-off-events', {
  keys: ['webhook'],
  args: ['token', 'isFailure', 'waitMs', 'most'],
  whenFull: true,
  refuses: ['lost'],
  gives: number,
});

export const replayEvents = script('replay-events', {
  keys: OUTBOX,
  args: ['by', 'from', 'since'],
  refuses: ['noRoom'],
  gives: { seq: number, lastSeq: number, epoch: text },
});

export const readOutbox = script('read-outbox', {
  keys: OUTBOX,
  refuses: ['noRoom'],
  gives: { seq: number, lastSeq: number, epoch: text, failures: number, waitMs: number, node: text },
});

// Three keys for each room.
export const lookAtOutboxes = script('look-at-outboxes', {
  keys: [],
  restKeys: true,
  args: ['since'],
  gives: listOf(yes),
});

export const noteEvents = script('note-events', {
  keys: LOG,
  args: ['epoch'],
  rest: true,
  writes: true,
  gives: nothing,
});

export const beginWebhooks = script('begin-webhooks', { keys: ['meta'], gives: number });

export const claimScan = script('claim-scan', { keys: ['meta'], args: ['node', 'leaseMs'], gives: yes });

export const endLife = script('end-life', {
  keys: [...OUTBOX, 'webhookEnded'],
  args: ['life'],
  whenFull: true,
  gives: nothing,
});
