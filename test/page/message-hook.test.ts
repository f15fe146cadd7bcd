// `useMessages` across outages and with other limits, in a real browser, around a client that does what the test says: what is shown,
// and how often the history is read for it.
import { describe, expect, test } from '@jest/globals';
import { useScope } from '../support/scope.ts';
import type { MessagesState } from '../../src/client/react/index.ts';
import type { Probe } from './browser/hooks-probe.tsx';
import { useProbe } from './probe.ts';

declare const probe: Probe;

const scope = useScope();
const probed = useProbe(scope);

describe('what could not be read', () => {
  test.each(['connect', 'reconnect'])('is read after `%s`, in a conversation too', async (event) => {
    const seen = await probed.page.evaluate(async (happens) => {
      const { client, direct, got, mount, settled } = probe;
      const look = (): unknown[] => {
        const { messages, hasOlder, error } = got['directMessages'] as MessagesState;
        return [messages.map(({ id }) => id), hasOlder, error?.code, direct.asked.length];
      };
      for (let each = 1; each <= 60; each++) direct.say(`${each}`);
      direct.refusal = Object.assign(new Error('Not connected.'), { code: 'unavailable' });
      await mount('directMessages');
      const steps = [look()];
      direct.say('61');
      await settled();
      steps.push(look());
      direct.refusal = undefined;
      client.become('connected', happens, {});
      await settled();
      steps.push(look());
      client.become('connected', 'reconnect', {});
      await settled();
      steps.push(look());
      return steps;
    }, event);
    const latest = Array.from({ length: 50 }, (_, index) => index + 12);
    expect(seen).toEqual([
      [[], false, 'unavailable', 1],
      [[61], false, 'unavailable', 1],
      [latest, true, undefined, 2],
      [latest, true, undefined, 2],
    ]);
  });

  test('is read when older ones than what came since are asked for', async () => {
    const seen = await probed.page.evaluate(async () => {
      const { direct, got, mount, settled } = probe;
      direct.say('one');
      direct.refusal = Object.assign(new Error('later'), { code: 'tooManyRequests' });
      await mount('directMessages');
      direct.refusal = undefined;
      direct.say('two');
      await settled();
      (got['directMessages'] as MessagesState).loadOlder();
      await settled();
      const { messages, hasOlder, error } = got['directMessages'] as MessagesState;
      return [messages.map(({ id }) => id), hasOlder, error];
    });
    expect(seen).toEqual([[1, 2], false, undefined]);
  });

  test('further back is read again in its place', async () => {
    const seen = await probed.page.evaluate(async () => {
      const { client, room, list, mount, settled, texts } = probe;
      for (let each = 1; each <= 30; each++) room.say(`${each}`);
      await room.join();
      await mount('few');
      room.refusal = Object.assign(new Error('Not connected.'), { code: 'unavailable' });
      list().loadOlder();
      await settled();
      const failed = [texts().length, list().error?.code];
      room.refusal = undefined;
      client.become('connected', 'reconnect', {});
      await settled();
      return [failed, [texts().length, list().error?.code], room.asked.map(({ from }) => from)];
    });
    expect(seen).toEqual([
      [5, 'unavailable'],
      [10, undefined],
      [undefined, 26, 26],
    ]);
  });

  test('was never told where a conversation was empty before the loss', async () => {
    const shown = await probed.page.evaluate(async () => {
      const { client, direct, got, mount, settled, ScriptedMessage } = probe;
      await mount('directMessages');
      direct.log.push(new ScriptedMessage({ textMessage: 'hi' }, { id: 1, author: 'bob' }));
      client.become('connected', 'reconnect', {});
      await settled();
      return (got['directMessages'] as MessagesState).messages.map(({ id }) => id);
    });
    expect(shown).toEqual([1]);
  });
});

describe('another limit', () => {
  test('reads nothing again, keeps the place, and shows no less in between', async () => {
    const seen = await probed.page.evaluate(async () => {
      const { room, become, list, during, mount, settled, texts } = probe;
      for (let each = 1; each <= 60; each++) room.say(`${each}`);
      await room.join();
      await mount('sized');
      const look = (): unknown[] => [texts()[0], texts().at(-1), texts().length, list().hasOlder, list().hasNewer];
      const steps = [look()];
      for (let limit = 21; limit <= 40; limit++) {
        become.limit(limit);
        await settled();
      }
      steps.push([...look(), room.asked.length]);
      list().loadOlder();
      await settled();
      list().loadOlder();
      await settled();
      steps.push([...look(), room.asked.length]);
      const { messages } = await during(() => become.limit(10));
      steps.push([...look(), room.asked.length, (messages ?? 0) <= 2]);
      room.say('61');
      become.limit(5);
      await settled();
      steps.push(look());
      list().loadLatest();
      await settled();
      room.say('62');
      await settled();
      steps.push(look());
      return steps;
    });
    expect(seen).toEqual([
      ['51', '60', 10, true, false],
      ['51', '60', 10, true, false, 1],
      ['11', '50', 40, true, true, 3],
      ['11', '20', 10, true, true, 3, true],
      ['11', '15', 5, true, true],
      ['60', '62', 3, true, false],
    ]);
  });

  test('of one of two that share a window begins with what both showed', async () => {
    const seen = await probed.page.evaluate(async () => {
      const { room, become, mount, unmount, settled, texts } = probe;
      for (let each = 1; each <= 60; each++) room.say(`${each}`);
      await room.join();
      await mount('sized', 'first');
      const stays = become.limit;
      await mount('sized', 'second');
      become.limit(5);
      await settled();
      const steps = [[...texts(), room.asked.length]];
      room.say('61');
      await settled();
      steps.push([...texts()]);
      await unmount('second');
      stays(8);
      await settled();
      steps.push([texts().length, texts().at(-1), room.asked.length]);
      return steps;
    });
    expect(seen).toEqual([
      ['56', '57', '58', '59', '60', 1],
      ['57', '58', '59', '60', '61'],
      [8, '61', 1],
    ]);
  });

  test('while a page is being read', async () => {
    const seen = await probed.page.evaluate(async () => {
      const { room, become, list, mount, settled, texts } = probe;
      for (let each = 1; each <= 60; each++) room.say(`${each}`);
      await room.join();
      await mount('sized');
      list().loadOlder();
      become.limit(12);
      await settled();
      const back = [texts()[0], texts().at(-1), list().hasOlder, list().hasNewer];
      return [back, room.asked.length];
    });
    expect(seen).toEqual([['41', '52', true, true], 2]);
  });
});

describe('when nobody looks any more', () => {
  test('nothing is heard or kept, and the next look begins anew', async () => {
    const seen = await probed.page.evaluate(async () => {
      const { client, direct, room, mount, unmount, settled, texts } = probe;
      room.say('one');
      await room.join();
      const heard: boolean[] = [];
      await mount('messages');
      await mount('directMessages');
      heard.push(room.hears('message'));
      await unmount('messages');
      await unmount('directMessages');
      heard.push(room.hears('message'));
      client.become('connected', 'reconnect', {});
      await settled();
      room.say('two');
      await mount('messages');
      return { heard, texts: texts(), reads: [room.asked.length, direct.asked.length] };
    });
    expect(seen).toEqual({ heard: [true, false], texts: ['one', 'two'], reads: [2, 1] });
  });

  test('what is sent while the window is moved back is at its end, and stays there when it fails', async () => {
    const seen = await probed.page.evaluate(async () => {
      const { room, list, mount, settled, texts } = probe;
      for (let each = 1; each <= 60; each++) room.say(`${each}`);
      await room.join();
      await mount('few');
      const look = async (): Promise<unknown[]> => {
        await settled();
        return [texts().slice(-2), list().hasNewer, list().messages.at(-1)?.status];
      };
      list().loadOlder();
      await settled();
      list().loadOlder();
      const steps = [await look()];
      const lost = list().send({ textMessage: 'lost' });
      steps.push(await look());
      Object.assign(lost, { status: 'failed' });
      room.emit('update', lost);
      // Of others, and of what is stored, it is still not there.
      room.say('61');
      steps.push(await look());
      list().loadLatest();
      steps.push(await look());
      return steps;
    });
    expect(seen).toEqual([
      [expect.any(Array), true, 'none'],
      [[expect.any(String), 'lost'], true, 'sending'],
      [[expect.any(String), 'lost'], true, 'failed'],
      [['61', 'lost'], false, 'failed'],
    ]);
  });

  test('what could not be sent is kept until it is taken out', async () => {
    const seen = await probed.page.evaluate(async () => {
      const { room, list, mount, unmount, settled, texts } = probe;
      await room.join();
      await mount('messages');
      await mount('few');
      const sent = ['first', 'second', 'third'].map((textMessage) => list().send({ textMessage }));
      await settled();
      const steps = [texts()];
      await unmount('messages');
      await unmount('few');
      const [first, second] = sent;
      if (first === undefined || second === undefined) throw new Error('three messages');
      Object.assign(first, { status: 'failed' });
      Object.assign(second, { status: 'sent', id: 1 });
      room.log.push(second as never);
      await mount('messages');
      steps.push(texts());
      list().discard(first);
      await settled();
      steps.push(texts());
      await unmount('messages');
      await mount('few');
      steps.push(texts());
      return steps;
    });
    expect(seen).toEqual([
      ['first', 'second', 'third'],
      ['second', 'first', 'third'],
      ['second', 'third'],
      ['second', 'third'],
    ]);
  });
});
