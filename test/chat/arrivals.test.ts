// Who is asked by a ping, and what its answer says: of one socket, of several of one user, and where marking fails.
import { expect, test } from '@jest/globals';
import { Arrivals, type Hearer } from '../../src/chat/direct/arrivals.ts';

function stage(): {
  arrivals: Arrivals;
  open: (socketId: string) => Hearer & { pings: number };
  marked: string[];
  retried: (() => Promise<void>)[];
  fail: (isFailing: boolean) => void;
} {
  const sockets: (Hearer & { pings: number })[] = [];
  const [marked, retried]: [string[], (() => Promise<void>)[]] = [[], []];
  let isFailing = false;
  const arrivals = new Arrivals({
    receipts: {
      come: (by, author, { first, last }) => {
        if (isFailing) return Promise.reject(new Error('no answer'));
        marked.push(`${by.exceptSocket ?? ''}: ${author} ${first}-${last}`);
        return Promise.resolve(last);
      },
    },
    repairs: { retry: (work) => retried.push(work) },
    socketsOf: () => sockets,
  });
  const open = (socketId: string): Hearer & { pings: number } => {
    const socket = { socketId, userName: 'bob', open: true, pings: 0, ping: (): void => void socket.pings++ };
    sockets.push(socket);
    return socket;
  };
  return { arrivals, open, marked, retried, fail: (failing) => (isFailing = failing) };
}

const heard = (author: string, id: number): { author: string; first: number; last: number } => ({
  author,
  first: id,
  last: id,
});

test('one ping is under way, and what was sent behind it goes with the next one', () => {
  const { arrivals, open, marked } = stage();
  const socket = open('s1');
  arrivals.answered(socket);
  for (const [author, id] of [
    ['ann', 1],
    ['ann', 2],
    ['eve', 1],
    ['ann', 4],
  ] as const)
    arrivals.told(socket, heard(author, id));
  expect(socket.pings).toBe(1);
  arrivals.answered(socket);
  expect([socket.pings, marked]).toEqual([2, ['s1: ann 1-1']]);
  arrivals.answered(socket);
  expect(marked.slice(1).toSorted()).toEqual(['s1: ann 2-4', 's1: eve 1-1']);
  arrivals.answered(socket);
  expect([socket.pings, marked.length]).toEqual([2, 3]);
});

test('the first socket of a user to answer speaks for the others, as far as it has heard', () => {
  const { arrivals, open, marked } = stage();
  const [near, far] = [open('s1'), open('s2')];
  for (const socket of [near, far]) arrivals.told(socket, heard('ann', 1));
  arrivals.told(far, heard('ann', 2));
  arrivals.answered(near);
  arrivals.answered(far);
  arrivals.answered(far);
  expect(marked).toEqual(['s1: ann 1-1', 's2: ann 2-2']);
});

test('a mark that fails is tried again, and nobody is asked who has gone', async () => {
  const { arrivals, open, marked, retried, fail } = stage();
  const socket = open('s1');
  arrivals.told(socket, heard('ann', 1));
  fail(true);
  arrivals.answered(socket);
  await Promise.resolve();
  await Promise.resolve();
  expect(retried).toHaveLength(1);
  fail(false);
  await retried[0]?.();
  expect(marked).toEqual(['s1: ann 1-1']);
  arrivals.told({ ...socket, open: false }, heard('ann', 2));
  expect(socket.pings).toBe(1);
});
