// The windows of a conversation: which are there, and until when.
import { expect, test } from '@jest/globals';
import type { Message } from '../../src/client/index.ts';
import { MessageWindows } from '../../src/client/react/message/message-windows.ts';
import type { TalkSource } from '../../src/client/react/sources.ts';
import { ScriptedClient } from './browser/scripted-client.ts';

const state = (windows: MessageWindows, component: object): unknown[] =>
  (windows.of(component)?.snapshots.get().messages ?? []).map(({ content }) => content['textMessage']);

test('what is sent before anybody looks is shown to who looks then, unless it is discarded', async () => {
  const client = new ScriptedClient();
  const windows = new MessageWindows(client.direct('bob') as unknown as TalkSource<Message>, client);
  const [early, unwanted] = ['early', 'unwanted'].map((textMessage) => windows.send({ textMessage }));
  Object.assign(unwanted as object, { status: 'failed' });
  windows.discard(unwanted as Message);
  const component = {};
  const stop = windows.look(10, component, () => undefined);
  expect(state(windows, component)).toEqual(['early']);
  Object.assign(early as object, { status: 'failed' });
  stop();
  await Promise.resolve();
  windows.look(20, component, () => undefined);
  expect(state(windows, component)).toEqual(['early']);
});

test('a window is there while a component looks at it, and goes with the last one or becomes that of another limit', async () => {
  const client = new ScriptedClient();
  // It has what a window looks at, and nothing else of the class.
  const windows = new MessageWindows(client.direct('bob') as unknown as TalkSource<Message>, client);
  const [one, two] = [{}, {}];
  const look = (limit: number, component: object): (() => void) => windows.look(limit, component, () => undefined);
  const there = (...limits: readonly number[]): boolean[] => limits.map((limit) => windows.at(limit, {}) !== undefined);
  let stop = look(1, one);
  const first = windows.of(one);
  for (let limit = 2; limit <= 20; limit++) {
    stop();
    stop = look(limit, one);
  }
  expect(windows.of(one)).toBe(first);
  expect(there(1, 19, 20)).toEqual([false, false, true]);
  const stopTwo = look(20, two);
  expect(windows.of(two)).toBe(first);
  stop();
  stop = look(30, one);
  expect(windows.of(one)).not.toBe(first);
  expect(there(20, 30)).toEqual([true, true]);
  stop();
  stopTwo();
  // Until the end of the step somebody may come back.
  expect(there(20, 30)).toEqual([true, true]);
  await Promise.resolve();
  expect(there(20, 30)).toEqual([false, false]);
  expect([windows.of(one), windows.of(two)]).toEqual([undefined, undefined]);
  expect(client.direct('bob').hears('message')).toBe(false);
});
