// The React hooks in a real browser, around a client that does what the test says: who renders and who does not, what they are
// given, and that a room is joined once however many components use it.
import { describe, expect, test } from '@jest/globals';
import { useScope } from '../support/scope.ts';
import type { Probe } from './browser/hooks-probe.tsx';
import { openProbe, probeScript, useProbe } from './probe.ts';

declare const probe: Probe;

const scope = useScope();
const probed = useProbe(scope);

describe('renders', () => {
  test('only who shows what has changed', async () => {
    const all = await probed.page.evaluate(async () => {
      await probe.room.join();
      for (const name of [
        'client',
        'connection',
        'contacts',
        'direct',
        'directMessages',
        'messages',
        'typing',
      ] as const)
        await probe.mount(name);
      for (const name of ['unread', 'allUnread', 'users', 'room'] as const) await probe.mount(name);
      const { client, room, direct, during } = probe;
      return {
        message: await during(() => room.say('one')),
        another: await during(() => room.say('two')),
        directMessage: await during(() => direct.say('psst')),
        nothing: await during(() => ['update', 'typing', 'join', 'status'].forEach((event) => room.emit(event, {}))),
        typing: await during(() => {
          room.typists.add('bob');
          room.emit('typing', { userName: 'bob', isTyping: true });
        }),
        unread: await during(() => {
          room.unread = 1;
          client.emit('unread', room);
        }),
        unreadElsewhere: await during(() => {
          direct.unread = 1;
          client.emit('unread', direct);
        }),
        entered: await during(() => room.enter(new probe.ScriptedUser('bob'))),
        contact: await during(() => client.contacts.add('carol')),
        readMark: await during(() => {
          direct.lastReadId = 1;
          direct.emit('status', {});
        }),
        lost: await during(() => client.become('disconnected', 'disconnect', { code: 1006, reason: 'gone' })),
      };
    });
    expect(all).toEqual({
      message: { messages: 1, 'row one': 1 },
      another: { messages: 1, 'row two': 1 },
      directMessage: { directMessages: 1 },
      nothing: {},
      typing: { typing: 1 },
      unread: { unread: 1, allUnread: 1 },
      unreadElsewhere: { allUnread: 1 },
      entered: { users: 1 },
      contact: { contacts: 1 },
      readMark: { direct: 1 },
      lost: { connection: 1 },
    });
  });

  test('one row where one message has changed, and one list for many that come at once', async () => {
    const counts = await probed.page.evaluate(async () => {
      await probe.room.join();
      await probe.mount('messages');
      const burst = await probe.during(() => {
        for (const text of ['a', 'b', 'c', 'd']) probe.room.say(text);
      });
      const sent = probe.room.say('mine', { isOwn: true, status: 'sent' });
      await probe.settled();
      const read = await probe.during(() => {
        sent.status = 'read';
        probe.room.emit('update', sent);
      });
      return { burst, read };
    });
    expect(counts).toEqual({
      burst: { messages: 1, 'row a': 1, 'row b': 1, 'row c': 1, 'row d': 1 },
      read: { messages: 1, 'row mine': 1 },
    });
  });

  test('show the same in all components of one commit', async () => {
    const commits = await probed.page.evaluate(async () => {
      await probe.room.join();
      await probe.mount('halves');
      for (let each = 0; each < 20; each++) {
        probe.room.say(`${each}`);
        if (each % 3 === 0) await probe.settled();
      }
      await probe.settled();
      return probe.commits;
    });
    expect(commits.length).toBeGreaterThan(5);
    expect(commits.filter(([left, right]) => left !== right)).toEqual([]);
    expect(commits.at(-1)).toEqual([20, 20]);
  });
});

describe('a room', () => {
  test('is joined once for all components, and left with the last of them', async () => {
    const seen = await probed.page.evaluate(async () => {
      const { room, mount, unmount } = probe;
      const steps: number[][] = [];
      const note = (): unknown => steps.push([room.joins, room.leaves]);
      await mount('room', 'first');
      note();
      await mount('room', 'second');
      await unmount('first');
      note();
      await unmount('second');
      note();
      await mount('room', 'third');
      note();
      return steps;
    });
    expect(seen).toEqual([
      [1, 0],
      [1, 0],
      [1, 1],
      [2, 1],
    ]);
  });

  test('that was joined before, or is to stay, is not left', async () => {
    const leaves = await probed.page.evaluate(async () => {
      const { room, mount, unmount } = probe;
      await mount('staying');
      await unmount('staying');
      await mount('room');
      await unmount('room');
      return [room.joins, room.leaves, room.isJoined];
    });
    expect(leaves).toEqual([1, 0, true]);
  });

  test('that is refused says why, and is asked for again', async () => {
    const seen = await probed.page.evaluate(async () => {
      const { room, got, mount, settled } = probe;
      const state = (): { error?: { code?: string }; isJoined: boolean; join(): void } => got['room'] as never;
      room.joinRefusal = Object.assign(new Error('no'), { code: 'notAllowed' });
      await mount('room');
      const refused = [state().error?.code, state().isJoined];
      room.joinRefusal = undefined;
      state().join();
      await settled();
      const joined = [state().error?.code, state().isJoined];
      room.isJoined = false;
      room.emit('removed', { code: 'notAllowed', reason: 'Taken away.' });
      await settled();
      return [refused, joined, [state().error?.code, state().isJoined]];
    });
    expect(seen).toEqual([
      ['notAllowed', false],
      [undefined, true],
      ['notAllowed', false],
    ]);
  });

  test('in strict mode is joined once and not left', async () => {
    const page = await openProbe(scope, probed.browser, await probeScript('development'));
    const seen = await page.evaluate(async () => {
      await probe.mount('room', 'room', true);
      await probe.mount('messages', 'messages', true);
      probe.room.say('once');
      await probe.settled();
      return [probe.room.joins, probe.room.leaves, probe.texts()];
    });
    expect(seen).toEqual([1, 0, ['once']]);
  });
});

describe('messages', () => {
  test('are read when the room is joined, older ones by pages, within the limit', async () => {
    const seen = await probed.page.evaluate(async () => {
      const { room, mount, settled, list, texts } = probe;
      for (let each = 1; each <= 30; each++) room.say(`${each}`);
      await mount('few');
      const before = [list().isLoading, room.asked.length];
      await room.join();
      await settled();
      const look = (): unknown[] => [texts()[0], texts().at(-1), texts().length, list().hasOlder, list().hasNewer];
      const steps = [look()];
      list().loadOlder();
      list().loadOlder();
      await settled();
      steps.push(look());
      list().loadOlder();
      await settled();
      steps.push(look());
      room.say('31');
      await settled();
      steps.push(look());
      list().loadNewer();
      await settled();
      steps.push(look());
      list().loadLatest();
      await settled();
      steps.push(look());
      room.say('32');
      await settled();
      steps.push(look());
      return { before, steps, asked: room.asked };
    });
    expect(seen.before).toEqual([true, 0]);
    expect(seen.steps).toEqual([
      ['26', '30', 5, true, false],
      ['21', '30', 10, true, false],
      ['16', '25', 10, true, true],
      ['16', '25', 10, true, true],
      ['21', '30', 10, true, true],
      ['27', '31', 5, true, false],
      ['27', '32', 6, true, false],
    ]);
    expect(seen.asked.map(({ direction, from }) => [direction, from])).toEqual([
      ['backward', undefined],
      ['backward', 26],
      ['backward', 21],
      ['forward', 25],
      ['backward', undefined],
    ]);
  });

  test('that come while a page is read are there once, in order', async () => {
    const texts = await probed.page.evaluate(async () => {
      const { room, mount, settled } = probe;
      room.say('one');
      await mount('messages');
      void room.join();
      room.say('two');
      await settled();
      room.emit('message', room.log[1]);
      room.say('three');
      await settled();
      return probe.texts();
    });
    expect(texts).toEqual(['one', 'two', 'three']);
  });

  test('that are sent are there at once and stay the same row; one that fails can be taken out', async () => {
    const seen = await probed.page.evaluate(async () => {
      const { room, mount, settled, list, texts } = probe;
      await room.join();
      await mount('messages');
      const sent = list().send({ textMessage: 'mine' });
      await settled();
      const key = list().messages[0]?.key;
      const steps = [[texts(), list().messages[0]?.status]];
      room.say('theirs');
      await settled();
      steps.push([texts(), list().messages[1]?.status]);
      Object.assign(sent, { id: 2, status: 'sent' });
      room.emit('update', sent);
      room.emit('message', sent);
      await settled();
      steps.push([texts(), list().messages[1]?.status]);
      const isSameRow = list().messages[1]?.key === key;
      const failed = list().send({ textMessage: 'lost' });
      Object.assign(failed, { status: 'failed' });
      room.emit('update', failed);
      await settled();
      steps.push([texts(), list().messages[2]?.status]);
      list().discard(failed);
      await settled();
      steps.push([texts(), 'none']);
      return { steps, isSameRow };
    });
    expect(seen).toEqual({
      steps: [
        [['mine'], 'sending'],
        [['theirs', 'mine'], 'sending'],
        [['theirs', 'mine'], 'sent'],
        [['theirs', 'mine', 'lost'], 'failed'],
        [['theirs', 'mine'], 'none'],
      ],
      isSameRow: true,
    });
  });

  test('are read anew after a reset, and when an error is over', async () => {
    const seen = await probed.page.evaluate(async () => {
      const { room, mount, settled, list, texts } = probe;
      room.say('old');
      await room.join();
      await mount('messages');
      room.log = [];
      room.say('new');
      room.refusal = Object.assign(new Error('later'), { code: 'unavailable' });
      room.emit('reset', { epoch: 'b', lastMessageId: 1 });
      await settled();
      const failed = [texts(), list().error?.code, list().isLoading];
      room.refusal = undefined;
      list().loadLatest();
      await settled();
      return [failed, [texts(), list().error?.code, list().isLoading]];
    });
    expect(seen).toEqual([
      [[], 'unavailable', false],
      [['new'], undefined, false],
    ]);
  });

  test('are read anew when a room that was left is joined again', async () => {
    const seen = await probed.page.evaluate(async () => {
      const { room, mount, settled, texts } = probe;
      await room.join();
      await mount('messages');
      room.say('before');
      await room.leave();
      room.log.push(new probe.ScriptedMessage({ textMessage: 'meanwhile' }, { id: 2, author: 'bob' }));
      await settled();
      const away = texts();
      await room.join();
      room.say('after');
      await settled();
      return [away, texts()];
    });
    expect(seen).toEqual([['before'], ['before', 'meanwhile', 'after']]);
  });

  test('that are never stored, and changes of messages that are not shown, are left out', async () => {
    const texts = await probed.page.evaluate(async () => {
      const { room, mount, settled, ScriptedMessage } = probe;
      await room.join();
      await mount('messages');
      room.emit('message', new ScriptedMessage({ textMessage: 'passing' }));
      room.emit('update', new ScriptedMessage({ textMessage: 'long ago' }, { id: 1, isOwn: true, status: 'read' }));
      await settled();
      return probe.texts();
    });
    expect(texts).toEqual([]);
  });
});

test('the connection tells of attempts, and takes a retry that comes too late for none', async () => {
  const seen = await probed.page.evaluate(async () => {
    const { client, got, mount, settled } = probe;
    await mount('connection');
    const now = (): Record<string, unknown> & { retry(): void; pause(): void; resume(): void } =>
      got['connection'] as never;
    const look = (): unknown[] => [now()['state'], now()['attempt'], typeof now()['retryAt'], now()['reason']];
    const steps = [look()];
    client.become('disconnected', 'disconnect', { code: 1006, reason: 'gone' });
    client.become('disconnected', 'schedule', 0, 1000);
    await settled();
    steps.push(look());
    now().retry();
    client.become('disconnected', 'retry', 0);
    await settled();
    steps.push(look());
    client.become('connected', 'reconnect', {});
    await settled();
    steps.push(look());
    now().pause();
    await settled();
    steps.push(look());
    now().resume();
    await settled();
    steps.push(look());
    return steps;
  });
  expect(seen).toEqual([
    ['connected', undefined, 'undefined', undefined],
    ['disconnected', 0, 'number', 'gone'],
    ['disconnected', 0, 'undefined', 'gone'],
    ['connected', undefined, 'undefined', undefined],
    ['offline', undefined, 'undefined', undefined],
    ['connected', undefined, 'undefined', undefined],
  ]);
});
