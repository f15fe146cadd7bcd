// The end of a lease while its renewal is under way: what Redis says of that then changes nothing.
import { expect, test } from '@jest/globals';
import { Keyspace } from '../../src/redis/keys.ts';
import { Lease } from '../../src/store/node/lease.ts';
import { useScope } from '../support/scope.ts';

const scope = useScope();

interface Asked {
  readonly name: string;
  answer(reply: unknown): void;
}

/** A lease whose Redis answers when it is told to, and how often it was lost. */
function begin(): { lease: Lease; asked: Asked[]; lost: () => number } {
  const asked: Asked[] = [];
  const runUnfenced = ({ name }: { name: string }): Promise<unknown> =>
    new Promise((resolve) => asked.push({ name, answer: resolve }));
  let lost = 0;
  const lease = new Lease(new Keyspace('test'), 60_000);
  scope.add(() => lease.stop());
  const told = {
    suspended: () => undefined,
    resumed: () => undefined,
    lost: () => void lost++,
    onError: () => undefined,
  };
  lease.start({ own: { runUnfenced }, commands: { failingMs: 0 } } as never, told);
  return { lease, asked, lost: () => lost };
}

const turn = (): Promise<void> => new Promise(setImmediate);

test.each(['lost', 1e15])('a renewal that was asked for before the release, and is answered %s', async (answer) => {
  const { lease, asked, lost } = begin();
  const registered = lease.register();
  for (const step of [null, 1e12, null]) {
    asked.shift()?.answer(step);
    await turn();
  }
  await registered;
  lease.doubt();
  await turn();
  const released = lease.release(0);
  expect(asked.map(({ name }) => name)).toEqual(['renew-lease', 'renew-lease']);
  asked.shift()?.answer(answer);
  await turn();
  expect(asked.map(({ name }) => name)).toEqual(['renew-lease']);
  asked.shift()?.answer(1e12);
  await turn();
  expect(asked.map(({ name }) => name)).toEqual(['note-lease']);
  asked.shift()?.answer(null);
  await released;
  expect([lease.held, lost()]).toEqual([false, 0]);
});

test.each([0, 1, 2])('a registration of which %i steps were done before the release goes no further', async (done) => {
  const { lease, asked } = begin();
  const registered = lease.register();
  const refused = expect(registered).rejects.toThrow('was released');
  const answerNext = async (): Promise<string | undefined> => {
    const next = asked.shift();
    next?.answer(1e12);
    await turn();
    return next?.name;
  };
  for (let step = 0; step < done; step++) await answerNext();
  const released = lease.release(0);
  const step = ['adopt-form', 'register-node', 'note-lease'][done];
  expect([await answerNext(), await answerNext(), await answerNext()]).toEqual([step, 'renew-lease', 'note-lease']);
  await Promise.all([refused, released]);
  expect([asked.length, lease.held]).toEqual([0, false]);
});
