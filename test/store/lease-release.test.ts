// The end of a lease while its renewal is under way: what Redis says of that then changes nothing.
import { expect, test } from '@jest/globals';
import { Keyspace } from '../../src/redis/keys.ts';
import { Lease } from '../../src/store/node/lease.ts';
import { useScope } from '../support/scope.ts';

const scope = useScope();

test.each(['lost', 1e15])('a renewal that was asked for before the release, and is answered %s', async (answer) => {
  const asked: { name: string; answer(reply: unknown): void }[] = [];
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
  const turn = (): Promise<void> => new Promise(setImmediate);
  const registered = lease.register();
  asked.shift()?.answer(1e12);
  await turn();
  asked.shift()?.answer(null);
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
  expect([lease.held, lost]).toEqual([false, 0]);
});
