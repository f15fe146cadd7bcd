// What an append costs behind a check: what came, and not the text that the check has seen.
import { expect, test } from '@jest/globals';
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';
import { told, useHookedWorld } from './hooked-service.ts';

/** Readers, and sockets of each. */
const [READERS, SOCKETS] = [8, 5];
const world = useHookedWorld({
  env: { PARLEY_MESSAGE_BYTES: '60000', PARLEY_RATE_USER_PER_SECOND: '10', PARLEY_RATE_USER_BURST: '150' },
});

test('a long text grows piece by piece, by somebody who may not say it whole as often', async () => {
  const author = await world.login();
  const room = world.fresh('room');
  await author.call('roomCreate', room);
  await author.call('roomJoin', room);
  const readers = Array.from({ length: READERS }, () => world.fresh('reader'));
  const sockets = readers.flatMap((name) => Array.from({ length: SOCKETS }, () => world.login(name)));
  await Promise.all(sockets.map(async (reader) => (await reader).call('roomJoin', room)));
  // What telling all of it takes, ten times over, is more than the author has.
  const text = 'x'.repeat(50_000);
  await author.call('roomMessage', room, { textMessage: text });
  for (let i = 0; i < 10; i++) {
    const length = text.length + i + 1;
    expect(await author.call('roomMessageAppend', room, 1, 'y')).toMatchObject({ length });
  }
  const outcomes: unknown[] = [];
  for (let i = 0; i < 10; i++) {
    outcomes.push(
      ...(await Promise.all(author.callAll(['roomMessageUpdate', room, 1, { textMessage: `${i}${text}` }]))),
    );
  }
  expect(outcomes).toContainEqual({ error: expect.objectContaining({ code: 'tooManyRequests' }) });
});

test('hooks around it see what is appended, and where', async () => {
  const author = await world.login();
  const room = world.fresh('room');
  await author.call('roomCreate', room);
  await author.call('roomJoin', room);
  await author.call('roomMessage', room, { textMessage: 'one' });
  await author.call('roomMessageAppend', room, 1, ', two');
  // What is there already is no part of it.
  await author.call('roomMessageAppend', room, 1, ', two, three', { offset: 3, done: true });
  // Args that a hook replaces are behind the same text.
  await author.call('roomMessage', room, { textMessage: 'one' });
  expect(await author.call('roomMessageAppend', room, 2, ', later')).toMatchObject({ length: 11 });
  const seen = told(world.service.node(0), 'before.roomMessageAppend').map(({ args }): Value[] => {
    const { text, options } = Object(args) as { text: string; options: ValueMap };
    return [text, options];
  });
  expect(seen.slice(-3)).toEqual([
    [', two', { offset: 3 }],
    [', three', { offset: 8, done: true }],
    [', later', { offset: 3 }],
  ]);
  expect(await author.call('roomHistoryGet', room, 0, 2)).toMatchObject([
    { textMessage: 'one, sooner' },
    { textMessage: 'one, two, three', done: true },
  ]);
});
