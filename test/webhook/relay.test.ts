// Which node sends a log, and when another one looks at it again.
import { beforeEach, expect, jest, test } from '@jest/globals';
import { Relay, type WebhookCounters } from '../../src/chat/webhook/relay.ts';
import { EndpointError, type EndpointAnswer } from '../../src/endpoint/endpoint.ts';
import type { Batch } from '../../src/store/webhook/webhook-store.ts';
import { useScope } from '../support/scope.ts';

const [LEASE_MS, ELSEWHERE_MS] = [20_000, 1000];
const scope = useScope();
/** What the store says to who takes, in turn; then that nothing is left. */
let says: ('busy' | Batch)[];
/** As what the receiver's answer to a batch comes. */
let answers: () => Promise<EndpointAnswer>;
let counters: WebhookCounters;
let taken: number;
let relay: Relay;
/** Of a clock of its own. */
let now: number;

beforeEach(() => {
  now = 1000;
  const clock = jest.spyOn(performance, 'now').mockImplementation(() => now);
  scope.add(() => clock.mockRestore());
  says = [];
  answers = () => Promise.reject(new Error('nothing is to be sent'));
  counters = { webhookEvents: 0, webhookGaps: 0, webhookTaken: 0, webhookFailed: 0, webhookDropped: 0 };
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
    endpoint: { post: () => answers(), close: () => undefined },
    instance: { nodeId: 'here' },
    counters,
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

const batch: Batch = {
  token: 'token',
  events: [],
  gaps: [[1, 2]],
  life: 'life',
  seq: 0,
  toSeq: 2,
  failures: 0,
  replays: 0,
  former: undefined,
  made: undefined,
  mark: '',
};

test('an answer asks to be left alone for a while, however much it says besides, or does not come to say', async () => {
  for (const reason of ['tooLarge', 'timeout', 'unreachable'] as const) {
    const begun = { status: 503, headers: { 'retry-after': '60' } };
    answers = () => Promise.reject(new EndpointError(reason, 'not whole', begun));
    says = [batch];
    relay.hasten('room');
    await turn();
    expect([reason, relay.breaker.leftMs(now)]).toEqual([reason, 60_000]);
    now += 60_000;
  }
  expect(counters).toMatchObject({ webhookTaken: 0, webhookFailed: 3 });
});

test('an answer that begins as one of what was taken is that, also where the rest is too much or does not come', async () => {
  for (const reason of ['tooLarge', 'timeout', 'unreachable', 'aborted'] as const) {
    answers = () => Promise.reject(new EndpointError(reason, 'not whole', { status: 202, headers: {} }));
    says = [batch];
    relay.note('room');
    await turn();
    expect(relay.size).toBe(0);
  }
  expect(counters).toMatchObject({ webhookTaken: 4, webhookFailed: 0, webhookGaps: 4 });
});
