// Who is asked by a ping, and what its answer says: of one socket, of several of one user, and where marking fails.
import { expect, test } from '@jest/globals';
import { Arrivals, type Hearer } from '../../src/chat/direct/arrivals.ts';

type Socket = Hearer & { pings: number; turn: number };

function stage(heartbeatMs = 60_000): {
  arrivals: Arrivals;
  open: (socketId: string) => Socket;
  answer: (socket: Socket) => void;
  marked: string[];
  retried: (() => Promise<void>)[];
  fail: (isFailing: boolean) => void;
} {
  const sockets: Socket[] = [];
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
    heartbeatMs,
    socketsOf: () => sockets,
  });
  const open = (socketId: string): Socket => {
    const socket = {
      socketId,
      userName: 'bob',
      open: true,
      pings: 0,
      turn: 0,
      ping: (turn: number): void => {
        socket.pings++;
        socket.turn = turn;
      },
    };
    sockets.push(socket);
    return socket;
  };
  const answer = (socket: Socket): void => arrivals.answered(socket, socket.turn);
  return { arrivals, open, answer, marked, retried, fail: (failing) => (isFailing = failing) };
}

const heard = (author: string, id: number): { author: string; first: number; last: number } => ({
  author,
  first: id,
  last: id,
});

test('one ping is under way, and what was sent behind it goes with the next one', () => {
  const { arrivals, open, answer, marked } = stage();
  const socket = open('s1');
  answer(socket);
  for (const [author, id] of [
    ['ann', 1],
    ['ann', 2],
    ['eve', 1],
    ['ann', 3],
  ] as const)
    arrivals.told(socket, heard(author, id));
  expect(socket.pings).toBe(1);
  answer(socket);
  expect([socket.pings, marked]).toEqual([2, ['s1: ann 1-1']]);
  answer(socket);
  expect(marked.slice(1).toSorted()).toEqual(['s1: ann 2-3', 's1: eve 1-1']);
  answer(socket);
  expect([socket.pings, marked.length]).toEqual([2, 3]);
});

test('the first socket of a user to answer speaks for the others, as far as it has heard', () => {
  const { arrivals, open, answer, marked } = stage();
  const [near, far] = [open('s1'), open('s2')];
  for (const socket of [near, far]) arrivals.told(socket, heard('ann', 1));
  arrivals.told(far, heard('ann', 2));
  answer(near);
  answer(far);
  answer(far);
  expect(marked).toEqual(['s1: ann 1-1', 's2: ann 2-2']);
});

test('a mark that fails is tried again, and nobody is asked who has gone', async () => {
  const { arrivals, open, answer, marked, retried, fail } = stage();
  const socket = open('s1');
  arrivals.told(socket, heard('ann', 1));
  fail(true);
  answer(socket);
  await Promise.resolve();
  await Promise.resolve();
  expect(retried).toHaveLength(1);
  fail(false);
  await retried[0]?.();
  expect(marked).toEqual(['s1: ann 1-1']);
  arrivals.told({ ...socket, open: false }, heard('ann', 2));
  expect(socket.pings).toBe(1);
});

test('what lies between two that were told was not: each counts by itself, and what touches is one', async () => {
  const { arrivals, open, answer, marked } = stage();
  const socket = open('s1');
  arrivals.told(socket, { author: 'eve', first: 1, last: 1 });
  arrivals.told(socket, { author: 'ann', first: 1, last: 100 });
  arrivals.told(socket, heard('ann', 250));
  arrivals.told(socket, heard('ann', 252));
  arrivals.told(socket, heard('ann', 251));
  answer(socket);
  marked.length = 0;
  answer(socket);
  await new Promise((resolve) => setImmediate(resolve));
  expect(marked).toEqual(['s1: ann 1-100', 's1: ann 250-252']);
});

test('who answers first does not take from another one what only that one was told', () => {
  const { arrivals, open, answer, marked } = stage();
  const [near, far] = [open('s1'), open('s2')];
  arrivals.told(far, { author: 'ann', first: 1, last: 4 });
  arrivals.told(near, heard('ann', 5));
  answer(near);
  answer(far);
  expect(marked).toEqual(['s1: ann 5-5', 's2: ann 1-4']);
});

test('ranges of an author are bounded: of more the newest are left to be found otherwise', async () => {
  const { arrivals, open, answer, marked } = stage();
  const socket = open('s1');
  arrivals.told(socket, heard('eve', 1));
  for (let id = 1; id <= 400; id += 2) arrivals.told(socket, heard('ann', id));
  answer(socket);
  marked.length = 0;
  answer(socket);
  await new Promise((resolve) => setImmediate(resolve));
  expect([marked.length, marked[0], marked.at(-1)]).toEqual([64, 's1: ann 1-1', 's1: ann 127-127']);
});

test('an answer counts for its own ping only, and a ping that nobody has answered is followed by another', () => {
  const { arrivals, open, answer, marked } = stage(0);
  const socket = open('s1');
  arrivals.told(socket, heard('ann', 1));
  const { turn } = socket;
  for (const other of [turn - 1, turn + 1, NaN]) arrivals.answered(socket, other);
  expect(marked).toEqual([]);
  arrivals.told(socket, heard('ann', 2));
  expect(socket.pings).toBe(2);
  arrivals.answered(socket, turn);
  expect(marked).toEqual([]);
  answer(socket);
  expect(marked).toEqual(['s1: ann 1-2']);
});
