// Which node sends a log, and when another one looks at it again.
import { beforeEach, expect, jest, test } from '@jest/globals';
import { Relay } from '../../src/chat/webhook/relay.ts';
import type { Batch } from '../../src/store/webhook/webhook-store.ts';
import { useScope } from '../support/scope.ts';

const [LEASE_MS, ELSEWHERE_MS] = [20_000, 1000];
const scope = useScope();
/** What the store says to who takes, in turn; then that nothing is left. */
let says: ('busy' | Batch)[];
let taken: number;
let relay: Relay;
/** Of a clock of its own. */
let now: number;

beforeEach(() => {
  now = 1000;
  const clock = jest.spyOn(performance, 'now').mockImplementation(() => now);
  scope.add(() => clock.mockRestore());
  says = [];
  taken = 0;
  relay = new Relay({
    outboxes: {
      take: () => {
        taken += 1;
        return Promise.resolve(says.shift() ?? 'idle');
      },
      putOff: () => Promise.resolve(0),
      endedLives: () => Promise.resolve([]),
      endLife: () => Promise.resolve(),
    },
    endpoint: { post: () => Promise.reject(new Error('nothing is to be sent')), close: () => undefined },
    instance: { nodeId: 'here' },
    counters: { webhookEvents: 0, webhookGaps: 0, webhookTaken: 0, webhookFailed: 0, webhookDropped: 0 },
    key: new Uint8Array(32),
    types: ['message'],
    concurrency: 4,
    leaseMs: LEASE_MS,
    takenMs: 1000,
    onFailure: () => undefined,
    wake: () => undefined,
    onError: (error) => {
      throw error;
    },
  });
  scope.add(() => relay.close());
});

/** What is due is begun, and ends. */
async function turn(): Promise<void> {
  relay.run();
  for (let i = 0; i < 3; i++) await new Promise(setImmediate);
}

test('what comes while another node sends a log is looked at again soon, for that node may have come to its end', async () => {
  says = ['busy', 'busy'];
  relay.note('room');
  await turn();
  expect(taken).toBe(1);
  // What was there then is the other node's to send.
  await turn();
  expect(taken).toBe(1);
  relay.note('room');
  await turn();
  expect(taken).toBe(1);
  now += ELSEWHERE_MS;
  await turn();
  expect(taken).toBe(2);
  now += ELSEWHERE_MS / 2;
  relay.note('room');
  await turn();
  expect(taken).toBe(2);
  now += ELSEWHERE_MS / 2;
  await turn();
  expect(taken).toBe(3);
  expect(relay.size).toBe(0);
});

test('what came while the store was asked counts as come behind it', async () => {
  says = ['busy'];
  relay.note('room');
  relay.run();
  relay.note('room');
  await turn();
  now += ELSEWHERE_MS;
  await turn();
  expect(taken).toBe(2);
  expect(relay.size).toBe(0);
});

test('a log that another node sends is looked at when its lease is over, for that node may have died', async () => {
  says = ['busy'];
  relay.note('room');
  await turn();
  now += LEASE_MS / 2;
  await turn();
  expect(taken).toBe(1);
  now += LEASE_MS / 2;
  await turn();
  expect(taken).toBe(2);
});
