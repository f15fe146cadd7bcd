// One function runs the turn of an answer, whoever asked: what goes out before it, the answer, what begins after it.
import { expect, test } from '@jest/globals';
import { answer, Failed, ok, plain, retold, type AnyOutcome, type Turn } from '../../src/chat/outcome.ts';
import { fail, unavailable } from '../../src/protocol/errors/errors.ts';
import { StoredResult } from '../../src/protocol/wire/stored.ts';

/** What happens in the turn of an outcome, in order. */
function turnOf(outcome: (turn: Turn) => AnyOutcome, { mayAct = true, broken = '' } = {}) {
  const steps: unknown[] = [];
  const step = (name: string) => (): void => {
    steps.push(name);
    if (name === broken) throw new Error(name);
  };
  const told = answer(outcome({ before: step('before'), after: step('after') }), {
    mayAct,
    together: (work) => work(),
    tell: (value) => steps.push(plain(value)),
    failureOf: () => fail('internalError', ['e-1']),
    startAfresh: step('afresh'),
  });
  expect(steps).toContainEqual(plain(told));
  return steps;
}

test('an answer goes out between what its request caused for the caller and what begins with it', () => {
  expect(turnOf((turn) => ok(7, turn))).toEqual(['before', 7, 'after']);
  expect(turnOf(() => ok(null))).toEqual([null]);
  expect(turnOf(() => ok(new StoredResult([1])))).toEqual([[1]]);
});

test('a refusal has its turn too, and the caller is told the bare failure', () => {
  const refusal = fail('noRoom', ['lobby']);
  expect(turnOf((turn) => new Failed(refusal, turn))).toEqual(['before', refusal, 'after']);
  expect(turnOf(() => refusal)).toEqual([refusal]);
});

test('where nothing may be acknowledged the caller is told only that, and what waits for the answer goes on', () => {
  expect(turnOf((turn) => ok(7, turn), { mayAct: false })).toEqual([unavailable(), 'after']);
});

test('a defect before the answer is what the caller is told; one after it has the caller begin again', () => {
  const defect = fail('internalError', ['e-1']);
  expect(turnOf((turn) => ok(7, turn), { broken: 'before' })).toEqual(['before', defect, 'after']);
  expect(turnOf((turn) => ok(7, turn), { broken: 'after' })).toEqual(['before', 7, 'after', 'afresh']);
});

test('what is told may be changed, by a hook; what was done has its turn all the same', () => {
  const refusal = fail('notAllowed');
  expect(turnOf((turn) => retold(ok(7, turn), refusal))).toEqual(['before', refusal, 'after']);
  expect(turnOf((turn) => retold(new Failed(refusal, turn), 8))).toEqual(['before', 8, 'after']);
  expect(turnOf(() => retold(refusal, 8))).toEqual([8]);
});
