// Which node sends a log, and when another one looks at it again.
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { WebhookCounters } from '../../src/chat/webhook/batch-sender.ts';
import { Relay } from '../../src/chat/webhook/relay.ts';
import type { TopicEvent } from '../../src/log/event.ts';
import { notificationFrame } from '../../src/protocol/wire/frame.ts';
import { concat } from '../../src/protocol/wire/pack.ts';
import { EndpointError, type EndpointAnswer } from '../../src/endpoint/endpoint.ts';
import type { Batch } from '../../src/store/webhook/webhook-store.ts';
import { useScope } from '../support/scope.ts';

const [LEASE_MS, ELSEWHERE_MS] = [20_000, 1000];
const scope = useScope();
/** What the store says to who takes, in turn; then that nothing is left. */
let says: ('busy' | Batch | Error)[];
/** As what the receiver's answer to a batch comes. */
let answers: (text: string) => Promise<EndpointAnswer>;
/** The endpoint is closed. */
let ended: () => void;
/** Rooms whose batches were sent, in turn. */
let posted: unknown[];
let counters: WebhookCounters;
let taken: number;
/** Tokens of batches that the store was told to be taken. */
let told: string[];
/** Of batches that were given back to it. */
let givenBack: string[];
/** How many events at most the next ones are to have. */
let mosts: (number | undefined)[];
let errors: unknown[];
let failures: unknown[];
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
  [told, givenBack, posted, mosts] = [[], [], [], []];
  [errors, failures] = [[], []];
  ended = () => undefined;
  relay = new Relay({
    outboxes: {
      take: (_, __, sent) => {
        taken += 1;
        const said = says.shift() ?? 'idle';
        if (said instanceof Error) return Promise.reject(said);
        if (sent !== undefined && sent !== '') told.push(sent);
        return Promise.resolve(said);
      },
      putOff: (_, token, why) => {
        mosts.push(why?.most);
        return Promise.resolve(givenBack.push(token) && 0);
      },
      endedLives: () => Promise.resolve([]),
      endLife: () => Promise.resolve(),
    },
    endpoint: {
      post: (body) => {
        const text = String(body);
        posted.push(Object(JSON.parse(text)).roomName);
        return answers(text);
      },
      close: () => ended(),
    },
    instance: { nodeId: 'here' },
    counters,
    key: new Uint8Array(32),
    types: ['message'],
    concurrency: 4,
    leaseMs: LEASE_MS,
    takenMs: 1000,
    onFailure: (what, more) => void failures.push([what, more]),
    wake: () => undefined,
    onError: (error) => void errors.push(error),
  });
  scope.add(() => relay.stop());
});

/** What is due is begun, and ends. */
async function turn(): Promise<void> {
  relay.run();
  for (let i = 0; i < 3; i++) await new Promise(setImmediate);
}

afterEach(() => expect(errors).toEqual([]));

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

const AGAIN_MS = 1000;
const OK: EndpointAnswer = { status: 200, headers: {}, body: Buffer.of() };

test('what its receiver has taken is not sent again where Redis cannot be told at once, nor is that forgotten', async () => {
  const away = new Error('Redis is away');
  let sent = 0;
  answers = () => {
    sent++;
    return Promise.resolve(OK);
  };
  says = [batch, away];
  relay.note('room');
  await turn();
  says = [away];
  now += AGAIN_MS;
  await turn();
  // Whatever else may not be sent: the address is to be left alone, this node ends.
  relay.breaker.failed('another', now, false, 60_000);
  const closed = relay.close(60_000);
  expect([sent, told]).toEqual([1, []]);
  now += AGAIN_MS;
  await turn();
  await closed;
  expect([sent, told, taken]).toEqual([1, ['token'], 4]);
  expect(errors.splice(0)).toEqual([away, away]);
});

test('an event that cannot be read is told as a gap, with those around it, and does not stop its log', async () => {
  const place = { epoch: 'epoch', timestamp: 1, nonce: 1, prev: 0, subject: '' };
  const said = notificationFrame('roomMessage', ['room', { textMessage: 'hello' }]);
  // A map with the key `__proto__`.
  const unreadable = concat([said.subarray(0, -13), Uint8Array.of(0xa9), Buffer.from('__proto__'), Uint8Array.of(1)]);
  const events = [said, unreadable, said].map((frame, at): TopicEvent => {
    return { ...place, kind: 'message', seq: at + 1, id: at + 1, frame };
  });
  const bodies: unknown[] = [];
  answers = (text) => {
    bodies.push(JSON.parse(text));
    return Promise.resolve(OK);
  };
  says = [{ ...batch, gaps: [], events, toSeq: 3 }];
  relay.note('room');
  await turn();
  expect([relay.size, told, errors]).toEqual([0, ['token'], []]);
  expect(bodies).toMatchObject([
    { events: [{ name: 'roomMessage', seq: 1 }, { type: 'gap', seq: 2, data: { from: 2, to: 2 } }, { seq: 3 }] },
  ]);
  expect(counters).toMatchObject({ webhookEvents: 2, webhookGaps: 1 });
  expect(failures).toMatchObject([[expect.any(String), { room: 'room', seq: 2 }]]);
});

test('who was asked may answer while a node ends, which begins nothing more', async () => {
  let answer: (answer: EndpointAnswer) => void = () => undefined;
  answers = () => new Promise((resolve) => (answer = resolve));
  says = [batch, { ...batch, token: 'next' }];
  relay.note('room');
  await turn();
  relay.note('late');
  const closed = relay.close(60_000);
  await turn();
  expect([counters.webhookTaken, givenBack]).toEqual([0, []]);
  answer(OK);
  await closed;
  expect([counters.webhookTaken, told, givenBack, taken]).toEqual([1, ['token'], ['next'], 2]);
});

test('who does not answer while a node ends is asked no longer than for its grace', async () => {
  answers = () =>
    new Promise((_, reject) => {
      ended = () => reject(new EndpointError('aborted', 'the request was ended'));
    });
  says = [batch];
  relay.note('room');
  await turn();
  await relay.close(10);
  expect([counters.webhookTaken, told, givenBack]).toEqual([0, [], ['token']]);
});

test('what waits for an endpoint that is away is not looked through, however much that is', async () => {
  for (let i = 0; i < 100; i++) relay.note(`room ${i}`);
  relay.breaker.failed('another', now, false, 60_000);
  const looked = jest.spyOn(relay.breaker, 'leftMs');
  await turn();
  expect([taken, relay.size]).toEqual([0, 100]);
  expect(looked.mock.calls.length).toBeLessThan(10);
});

const answerWith = (status: number): void => {
  answers = () => Promise.resolve({ ...OK, status });
};
const batches = (count: number): Batch[] => Array.from({ length: count }, () => batch);
const rooms = ['one', 'two', 'three'];

test('what rooms have refused holds back no other room; that nobody answers for several does', async () => {
  for (const status of [400, 404, 413, 500]) {
    answerWith(status);
    says = batches(3);
    for (const room of rooms) relay.note(room);
    await turn();
    expect([status, relay.breaker.state]).toEqual([status, 'closed']);
    posted = [];
    says = batches(4);
    relay.note('other');
    await turn();
    expect([posted.length, new Set(posted)]).toEqual([rooms.length + 1, new Set([...rooms, 'other'])]);
  }
  answerWith(502);
  says = batches(3);
  for (const room of rooms) relay.note(room);
  await turn();
  expect(relay.breaker.state).toBe('open');
  // A refusal is an answer, too: somebody is there.
  answerWith(400);
  says = batches(1);
  now += relay.breaker.leftMs(now);
  await turn();
  expect(relay.breaker.state).toBe('closed');
});

test('a batch that is too large for its receiver is given back to be cut in half, and one event that is to wait', async () => {
  const frame = notificationFrame('roomMessage', ['room', { textMessage: 'hello' }]);
  const place = { epoch: 'epoch', timestamp: 1, nonce: 1, prev: 0, subject: '' };
  const event: TopicEvent = { ...place, kind: 'message', seq: 1, id: 1, frame };
  const of = (count: number): Batch => ({ ...batch, gaps: [], events: Array<TopicEvent>(count).fill(event) });
  answerWith(413);
  says = [of(5), of(3), of(1)];
  relay.note('room');
  for (let i = 0; i < 3; i++) await turn();
  expect(mosts).toEqual([3, 2, undefined]);
  expect([relay.breaker.state, counters.webhookFailed, told]).toEqual(['closed', 3, []]);
});

/** An endpoint that is away, of which each of the rooms has been a try. */
async function away(): Promise<void> {
  answerWith(503);
  says = batches(20);
  for (const room of rooms) relay.note(room);
  await turn();
  for (let i = 0; i < rooms.length; i++) {
    now += relay.breaker.leftMs(now);
    await turn();
  }
  expect([relay.breaker.state, posted.length]).toEqual(['open', 6]);
  posted = [];
}

test('while the endpoint is away what has failed is tried behind what has not, and in turn', async () => {
  await away();
  relay.note('fresh');
  now += relay.breaker.leftMs(now);
  await turn();
  expect(posted).toEqual(['fresh']);
  for (let i = 0; i < 4; i++) {
    now += relay.breaker.leftMs(now);
    await turn();
  }
  expect([posted.length, new Set(posted)]).toEqual([rooms.length + 2, new Set(['fresh', ...rooms])]);
});

test('what the service asks for is tried at once while the endpoint is away, and once', async () => {
  await away();
  relay.hasten('asked');
  for (let i = 0; i < 3; i++) await turn();
  expect(posted).toEqual(['asked']);
  answerWith(200);
  relay.hasten('asked');
  await turn();
  expect([posted, relay.breaker.state]).toEqual([['asked', 'asked', ...posted.slice(2)], 'closed']);
  relay.breaker.switchOff();
  posted = [];
  relay.hasten('asked');
  await turn();
  expect(posted).toEqual([]);
});
