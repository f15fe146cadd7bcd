// What waits in the outbox: bounded without a connection, in order where lanes turn out to be one, with whom it may concern told.
import { afterEach, expect, jest, test } from '@jest/globals';
import type { Link } from '../../src/client/connection/link.ts';
import { Outbox, type Ticket } from '../../src/client/message/outbox.ts';
import { localError, RequestError, type Outcome } from '../../src/client/request-error.ts';
import { defaultLimits } from '../../src/protocol/params/limits.ts';

/** The outbox asks nothing else of a link. */
const createLink = (): Link => ({ limits: defaultLimits }) as Link;
const link = createLink();

afterEach(() => {
  jest.restoreAllMocks();
});

function createBox(offlineMax?: number) {
  const box = new Outbox(offlineMax);
  const told: string[] = [];
  const attempts: { name: string; id: string; settle: (outcome: Outcome<string>) => void }[] = [];
  const held = new Set<string>();
  const put = (lane: string, name: string): Outcome<Ticket> =>
    box.put<string>(
      {
        lane,
        isReady: () => !held.has(name),
        send: (_, id, settle) => attempts.push({ name, id, settle }),
      },
      {
        attempted: () => told.push(`${name} attempted`),
        interrupted: () => told.push(`${name} interrupted`),
        settled: (outcome) => told.push(`${name} ${outcome.ok ? outcome.value : outcome.error.code}`),
      },
    );
  const take = (name: string) => {
    const [attempt] = attempts.splice(
      attempts.findIndex((each) => each.name === name),
      1,
    );
    if (attempt === undefined) throw new Error(`no attempt of ${name}`);
    return attempt;
  };
  const done = (name: string): void => take(name).settle({ ok: true, value: 'done' });
  return { box, told, attempts, held, put, take, done };
}

test('without a connection a set number waits in all lanes together; what is beyond is refused at once', () => {
  const { box, told, put, done } = createBox(2);
  expect([put('a', '1').ok, put('b', '2').ok]).toEqual([true, true]);
  expect(put('c', '3')).toMatchObject({ ok: false, error: { code: 'tooManyRequests', temporary: true } });
  box.connected(link);
  expect(told).toEqual(['1 attempted', '2 attempted']);
  expect(put('c', '4').ok).toBe(true);
  box.disconnected();
  expect(put('c', '5').ok).toBe(false);
  box.connected(link);
  for (const name of ['1', '2', '4']) done(name);
  expect(told.slice(-3)).toEqual(['1 done', '2 done', '4 done']);
  box.disconnected();
  expect(put('c', '6').ok).toBe(true);
});

test('who put it is told of each attempt, of what came between, and of the end, once', () => {
  const { box, told, put, take } = createBox();
  box.connected(link);
  const ticket = put('a', '1');
  const first = take('1');
  box.disconnected();
  box.connected(createLink());
  const second = take('1');
  expect(second.id).toBe(first.id);
  // Late, of the connection that was lost.
  first.settle({ ok: true, value: 'late' });
  second.settle({ ok: false, error: localError('notAllowed', 'no') });
  if (ticket.ok) ticket.value.cancel(localError('timeout', 'no'));
  expect(told).toEqual(['1 attempted', '1 interrupted', '1 attempted', '1 notAllowed']);
});

test('what is not ready keeps its lane waiting, and no other', () => {
  const { box, told, held, put, done } = createBox();
  box.connected(link);
  held.add('1');
  for (const name of ['1', '2']) put('a', name);
  put('b', '3');
  expect(told).toEqual(['3 attempted']);
  held.clear();
  box.advance();
  done('1');
  expect(told).toEqual(['3 attempted', '1 attempted', '1 done', '2 attempted']);
});

test('lanes that turn out to be one go on in the order in which all was put', () => {
  const { box, told, put, done } = createBox();
  for (const [lane, name] of [
    ['Hall', '1'],
    ['hall', '2'],
    ['Hall', '3'],
  ] as const) {
    put(lane, name);
  }
  box.rename('Hall', 'hall');
  box.connected(link);
  for (const name of ['1', '2', '3']) done(name);
  expect(told.filter((each) => each.endsWith('attempted'))).toEqual(['1 attempted', '2 attempted', '3 attempted']);
});

test('what is taken out of the queue, or is there when the client closes, ends with that error', () => {
  const { box, told, put, done } = createBox();
  box.connected(link);
  const [, second] = ['1', '2', '3', '4'].map((name) => put('a', name));
  if (second?.ok) second.value.cancel(localError('notAllowed', 'no'));
  done('1');
  box.closed(localError('unavailable', 'closed'));
  expect(told).toEqual(['1 attempted', '2 notAllowed', '1 done', '3 attempted', '3 unavailable', '4 unavailable']);
  expect(put('a', '5')).toMatchObject({ ok: false, error: { code: 'unavailable' } });
});

test('what is refused for longer than it may be repeated fails with that time; what is behind it goes', () => {
  const { box, told, put, take } = createBox();
  const refuse = (name: string, code: 'tooManyRequests' | 'unavailable', retryAfterMs: number): void => {
    const error = new RequestError(code, 'Refused.', { temporary: true, retryAfterMs });
    take(name).settle({ ok: false, error });
  };
  for (const name of ['1', '2', '3']) put('a', name);
  box.connected(link);
  refuse('1', 'tooManyRequests', 3_600_000);
  expect(told).toEqual(['1 attempted', '1 tooManyRequests', '2 attempted']);
  // What the service has had, perhaps, is waited for.
  refuse('2', 'unavailable', 3_600_000);
  box.disconnected();
  box.connected(link);
  expect(told.slice(3)).toEqual(['2 interrupted']);
  box.closed(localError('unavailable', 'closed'));
  expect(told.slice(4)).toEqual(['2 unavailable', '3 unavailable']);
});

/** From now on it shows so much more. */
function forward(clock: { now(): number }, byMs: number): void {
  jest.restoreAllMocks();
  const now = clock.now.bind(clock);
  jest.spyOn(clock, 'now').mockImplementation(() => now() + byMs);
}

test.each([
  ['the clock of the day has gone on', Date],
  ['the clock that nobody sets has gone on', performance],
])('after more than 270 s, by which %s, what may be stored is not posted again', (_clock, clock) => {
  const { box, told, put } = createBox();
  for (const name of ['1', '2']) put('a', name);
  box.connected(link);
  box.disconnected();
  forward(clock, 271_000);
  box.connected(createLink());
  // The one behind it was never sent.
  expect(told).toEqual(['1 attempted', '1 interrupted', '1 timeout', '2 attempted']);
});

test('before that it is, also where the clock of the day was set back', () => {
  const { box, told, attempts, put } = createBox();
  put('a', '1');
  box.connected(link);
  for (const [clock, byMs] of [
    [Date, 200_000],
    [performance, 200_000],
    [Date, -3_600_000],
  ] as const) {
    box.disconnected();
    forward(clock, byMs);
    box.connected(createLink());
  }
  attempts.at(-1)?.settle({ ok: true, value: 'done' });
  expect(told.filter((each) => each.endsWith('attempted'))).toHaveLength(4);
  expect(told.at(-1)).toBe('1 done');
});
