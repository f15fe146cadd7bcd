// The React hooks where messages change, in a real browser: who renders by a change, and what is shown once more where some were missed.
import { expect, test } from '@jest/globals';
import { startBrowser } from '../support/browser.ts';
import { useScope } from '../support/scope.ts';
import type { Probe } from './browser/hooks-probe.tsx';
import { openProbe, probeScript } from './probe.ts';

declare const probe: Probe;

const scope = useScope();

test('a change renders the list and the row of its message, and a component of that message alone where it is its own', async () => {
  const [browser, script] = await Promise.all([startBrowser(scope), probeScript()]);
  const page = await openProbe(scope, browser, script);
  const seen = await page.evaluate(async () => {
    const { room, one, during, list } = probe;
    const said = ['a', 'b', 'c'].map((text) => room.say(text));
    await room.join();
    await probe.mount('messages');
    await probe.mount('one');
    const [a, b, c] = said;
    if (a === undefined || b === undefined || c === undefined) throw new Error('three messages');
    const before = list().messages.map((view) => view);
    const tell = (id: number | undefined): boolean => room.emit('update', { changed: ['message'], id });
    const counts = {
      reaction: await during(() => {
        b.reactions.set('+', 2);
        tell(b.id);
      }),
      recall: await during(() => {
        [c.recalled, c.content] = [true, {}];
        tell(c.id);
      }),
      nothing: await during(() => tell(99)),
      own: await during(() => {
        [one.version, one.content] = [2, { textMessage: 'two' }];
        one.emit('update');
      }),
      ownAgain: await during(() => one.emit('update')),
    };
    const after = list().messages;
    const kept = after.map((view, index) => [view === before[index], view.key === before[index]?.key]);
    return { counts, kept, reactions: after[1]?.reactions, recalled: after[2]?.recalled };
  });
  expect(seen).toEqual({
    counts: {
      reaction: { messages: 1, 'row b': 1 },
      recall: { messages: 1, 'row undefined': 1 },
      nothing: {},
      own: { one: 1 },
      ownAgain: {},
    },
    kept: [
      [true, true],
      [false, true],
      [false, true],
    ],
    reactions: [{ key: '+', count: 2, isOwn: false }],
    recalled: true,
  });
});

test('where changes were missed what is shown is read again in its place, and stays meanwhile', async () => {
  const [browser, script] = await Promise.all([startBrowser(scope), probeScript()]);
  const page = await openProbe(scope, browser, script);
  const seen = await page.evaluate(async () => {
    const { room, settled, list, texts } = probe;
    for (let n = 1; n <= 30; n++) room.say(`${n}`);
    await room.join();
    await probe.mount('few');
    // Moved back from what is live.
    list().loadOlder();
    await settled();
    list().loadOlder();
    await settled();
    const before = [texts(), list().hasNewer];
    room.asked.length = 0;
    room.emit('reset', { epoch: 'a', lastMessageId: 30, reason: 'changes' });
    const during = texts();
    await settled();
    return { before, during, after: [texts(), list().hasNewer], asked: room.asked };
  });
  const [first] = seen.before as [string[]];
  expect(first).toHaveLength(10);
  expect(seen.after).toEqual(seen.before);
  expect(seen.during).toEqual(first);
  expect(seen.asked).toEqual([{ direction: 'forward', limit: 10, from: Number(first[0]) - 1 }]);
});
