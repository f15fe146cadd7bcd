// The bot of the examples as a program: it is asked by somebody on another node, who sees its answer grow.
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { answerTo, questionIn } from '../../config/examples/bot/answers.mjs';
import type { Room } from '../../src/client/index.ts';
import { root } from '../ground/source-files.ts';
import { connectClient } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { startProcess } from '../support/owned-process.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';

const scope = useScope();

test('it answers who speaks to it, word by word, as a reply, and one after the other', async () => {
  const service = await startService(scope, { nodes: 2 });
  const lines: string[] = [];
  const bot = await startProcess(
    process.execPath,
    [join(root, 'config/examples/bot/bot.mjs'), '--url', service.node(0).url, '--room', 'lobby', '--name', 'robin'],
    { onLine: (line) => lines.push(line) },
  );
  scope.add(async () => {
    await bot.kill();
  });
  await eventually(() => expect(lines).toEqual(['robin answers in lobby']));
  const ann = await connectClient(scope, { urls: service.node(1).url, userName: 'ann' });
  await ann.join('lobby');
  const room = ann.room('lobby');
  const first = await room.send({ textMessage: '@robin count to 4' }).done;
  const second = await room.send({ textMessage: '/ask who is here?' }).done;
  await room.send({ textMessage: '@robins are birds' }).done;
  const texts = async (): Promise<unknown[][]> => {
    const said: unknown[][] = [];
    for await (const { author, content } of room.history({ direction: 'forward' }))
      if (author === 'robin') said.push([content['textMessage'], content['replyTo'], content['done']]);
    return said;
  };
  await eventually(async () =>
    expect(await texts()).toEqual([
      [expect.stringMatching(/^Hello! I am robin, a small program\./), undefined, true],
      ['1, 2, 3, 4. Done!', first.id, true],
      ['Here are ann and me.', second.id, true],
    ]),
  );
  const growths = (): unknown[] =>
    ann.seen('roomMessageChanged').flatMap(([, change]) => (change.kind === 'append' ? [change.text] : []));
  await eventually(() => expect(growths().length).toBeGreaterThan(5));
  bot.signal('SIGTERM');
  expect(await bot.exited).toEqual({ code: 0, signal: null });
});

test('it knows when it is spoken to, and has an answer to whatever it is asked', async () => {
  const asked = (textMessage: string) => questionIn({ content: { textMessage } }, 'bot');
  expect([asked('@bot, who?'), asked('@BOT: hi'), asked('/ask why'), asked('@bot')]).toEqual(['who?', 'hi', 'why', '']);
  for (const text of ['hello', 'a @bot', '@bottle', '@bot_2 hi', '/asking']) expect(asked(text)).toBeUndefined();
  const room = { users: new Map([['ann', {}]]), history: async function* () {} } as unknown as Room; // what it looks at
  const answer = (question: string) => answerTo(question, { room, name: 'bot', author: 'ann' });
  expect(await answer('count to 1000000')).toMatch(/^1, 2, .*30 … and that is far enough\.$/);
  for (const sides of ['roll', 'roll 0d0', 'roll 99999d99999']) expect(await answer(sides)).toMatch(/^The d.* show/);
  expect(await answer('x'.repeat(100_000))).toMatch(/^“x{200}…” is more than I know, ann/);
  for (const question of ['', 'what was said?', 'tell us a tale', 'what time is it?'])
    expect(await answer(question)).not.toBe('');
});
