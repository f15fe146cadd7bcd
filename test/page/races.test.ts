// The hooks while much happens at once: no message between two that are shown is missing, none that could not be sent is lost from
// sight, and who comes while a room is being left is in it. In a real browser, around a client that does what the test says.
import { beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { startBrowser } from '../support/browser.ts';
import { useScope } from '../support/scope.ts';
import type { Probe } from './browser/hooks-probe.tsx';
import { openProbe, probeScript } from './probe.ts';

declare const probe: Probe;

const scope = useScope();
let browser: Browser;
let script: string;
let page: Page;
beforeAll(async () => {
  [browser, script] = await Promise.all([startBrowser(scope), probeScript()]);
});
beforeEach(async () => {
  page = await openProbe(scope, browser, script);
});

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `${from + index}`);

test('more than the window holds may come while its first page is read', async () => {
  const texts = await page.evaluate(async () => {
    const { room, mount, settled } = probe;
    await room.join();
    await mount('few');
    room.emit('reset', {});
    for (let each = 1; each <= 25; each++) room.say(`${each}`);
    await settled();
    room.say('26');
    await settled();
    return probe.texts();
  });
  expect(texts).toEqual(numbers(17, 26));
});

test('what comes while older messages are read makes no hole in the middle', async () => {
  const seen = await page.evaluate(async () => {
    const { room, mount, settled, list, texts } = probe;
    for (let each = 1; each <= 30; each++) room.say(`${each}`);
    await room.join();
    await mount('few');
    list().loadOlder();
    await settled();
    list().loadOlder();
    for (let each = 31; each <= 37; each++) room.say(`${each}`);
    await settled();
    const back = [texts(), list().hasNewer];
    while (list().hasNewer) {
      list().loadNewer();
      await settled();
    }
    return [back, texts()];
  });
  expect(seen).toEqual([[numbers(16, 25), true], numbers(28, 37)]);
});

test('one that could not be sent stays in sight while one reads back; one that is sent comes in its place', async () => {
  const seen = await page.evaluate(async () => {
    const { room, mount, settled, list, texts } = probe;
    for (let each = 1; each <= 30; each++) room.say(`${each}`);
    await room.join();
    await mount('few');
    const failed = list().send({ textMessage: 'failed' });
    Object.assign(failed, { status: 'failed' });
    room.emit('update', failed);
    const late = list().send({ textMessage: '31' });
    for (let each = 0; each < 3; each++) {
      list().loadOlder();
      await settled();
    }
    const back = texts().slice(-2);
    room.log.push(Object.assign(late as never, { id: 31, timestamp: 1, status: 'sent' }));
    room.emit('update', late);
    room.emit('message', late);
    await settled();
    const sent = texts();
    while (list().hasNewer) {
      list().loadNewer();
      await settled();
    }
    return { back, behind: sent.slice(-1), isSentShown: sent.includes('31'), end: texts() };
  });
  expect(seen.back).toEqual(['failed', '31']);
  expect([seen.behind, seen.isSentShown]).toEqual([['failed'], false]);
  expect(seen.end).toEqual([...numbers(23, 31), 'failed']);
});

test('a room that is being left is joined again by who comes to it meanwhile', async () => {
  const seen = await page.evaluate(async () => {
    const { room, mount, unmount, settled } = probe;
    let answer = (): void => undefined;
    const leave = room.leave.bind(room);
    room.leave = async () => {
      await new Promise<void>((resolve) => (answer = resolve));
      return leave();
    };
    await mount('room', 'first');
    await unmount('first');
    await mount('room', 'second');
    const joins = room.joins;
    answer();
    await settled();
    return joins;
  });
  expect(seen).toBe(2);
});
