// What is typed about rooms that people belong to, and what is told of them.
import { describe, expect, test } from '@jest/globals';
import { tellOfChanges, timeWords } from '../../src/terminal/belonging/changes.ts';
import { readSearch, valueOf, wordsOf } from '../../src/terminal/belonging/reading.ts';
import { readLine } from '../../src/terminal/commands.ts';
import { wordsFor } from '../../src/terminal/words.ts';
import { Emitter, RequestError, type Client, type ClientEvents } from '../../src/client/index.ts';

describe('a typed line about a room', () => {
  test('names people, roles, times and values', () => {
    expect(readLine('/new "Tea at five" bob "ann lee"')).toEqual({
      kind: 'new',
      title: 'Tea at five',
      userNames: ['bob', 'ann lee'],
    });
    expect(readLine('/new Notes')).toEqual({ kind: 'new', title: 'Notes', userNames: [] });
    for (const kind of ['add', 'remove', 'unsilence'])
      expect(readLine(`/${kind} bob carol`)).toEqual({ kind, userNames: ['bob', 'carol'] });
    expect(readLine('/role bob admin')).toEqual({ kind: 'role', userName: 'bob', role: 'admin' });
    expect(readLine('/silence bob 10')).toEqual({ kind: 'silence', userName: 'bob', minutes: 10 });
    expect(readLine('/silence "ann lee"')).toEqual({ kind: 'silence', userName: 'ann lee', minutes: undefined });
    expect(readLine('/slow 30')).toEqual({ kind: 'slow', seconds: 30 });
    expect(readLine('/set title Tea at five')).toEqual({ kind: 'set', path: 'title', value: 'Tea at five' });
    expect(readLine('/set order.count 3')).toEqual({ kind: 'set', path: 'order.count', value: 3 });
    expect(readLine('/set title')).toEqual({ kind: 'set', path: 'title', value: undefined });
    expect(readLine('/status back at two')).toEqual({ kind: 'status', text: 'back at two' });
    expect(readLine('/status')).toEqual({ kind: 'status', text: undefined });
    expect(readLine('/search')).toEqual({ kind: 'search', wanted: {} });
    expect(readLine('/search by:"ann lee" type:-1')).toEqual({
      kind: 'search',
      wanted: { author: 'ann lee', type: -1 },
    });
  });

  test('that is none says how it is given', () => {
    const lines = [
      '/new',
      '/add',
      '/remove',
      '/role bob',
      '/role bob boss',
      '/role bob admin now',
      '/silence',
      '/silence bob soon',
      '/slow',
      '/slow -1',
      '/set',
    ];
    for (const line of lines) {
      const name = line.split(' ', 1)[0] ?? '';
      expect(readLine(line)).toMatchObject({ kind: 'mistake', sentence: expect.stringContaining(`so: ${name} `) });
    }
    expect(readLine('/mute it')).toMatchObject({ sentence: '/mute takes nothing behind it.' });
    expect(readLine('/search tea')).toMatchObject({ sentence: expect.stringMatching(/^What is tea to be\? by:USER/) });
    expect(readLine('/search since:soon')).toMatchObject({ sentence: expect.stringContaining('soon is no time') });
    expect(readLine('/search until:2026-13-01')).toMatchObject({ sentence: expect.stringContaining('is no time') });
  });

  test('has words apart by blanks or in quotes, and values as JSON or as they are', () => {
    expect(wordsOf('  a "b c"  d" ')).toEqual(['a', 'b c', 'd"']);
    expect(['true', '[1]', '{"a":', '"5"', 'tea'].map(valueOf)).toEqual([true, [1], '{"a":', '5', 'tea']);
  });

  test('has times of here: a day or a minute from its begin, or to its end', () => {
    const at = (...parts: [number, number, number, number?, number?]): number => new Date(...parts).getTime();
    expect(readSearch('since:2026-11-29 until:2026-11-29')).toEqual({
      since: at(2026, 10, 29),
      until: at(2026, 10, 30) - 1,
    });
    expect(readSearch('since:2026-11-29T13:05 until:2026-11-29T13:05')).toEqual({
      since: at(2026, 10, 29, 13, 5),
      until: at(2026, 10, 29, 13, 6) - 1,
    });
    const now = new Date();
    expect(readSearch('since:13:05')).toEqual({ since: at(now.getFullYear(), now.getMonth(), now.getDate(), 13, 5) });
  });
});

describe('a change of a room', () => {
  /** The service as far as this looks at it: it tells, and says who one is. */
  class Telling extends Emitter<ClientEvents> {
    readonly userName = 'ann';
  }

  function listen(): { readonly client: Telling; readonly told: string[] } {
    const [client, told] = [new Telling(() => undefined), [] as string[]];
    tellOfChanges({
      // It has what is looked at, and nothing else of the class.
      client: client as unknown as Client,
      tell: (sentence) => told.push(sentence),
      nameOf: (roomName) => (roomName === 'tea' ? '"Tea"' : roomName),
    });
    return { client, told };
  }

  test('is told with who did it to whom', () => {
    const { client, told } = listen();
    client.emit('roomMembersAdded', 'tea', ['carol', 'ann'], 'bob');
    client.emit('roomMembersAdded', 'tea', ['bob'], 'bob');
    client.emit('roomMembersAdded', 'tea', ['ann'], 'ann');
    client.emit('roomMembersRemoved', 'tea', ['carol'], 'ann');
    client.emit('roomMembersRemoved', 'tea', ['carol'], 'carol');
    // That is told as being kicked.
    client.emit('roomMembersRemoved', 'tea', ['ann'], 'bob');
    client.emit('roomRoleChanged', 'tea', 'ann', 'admin', 'bob');
    client.emit('roomRoleChanged', 'tea', 'bob', 'member', null);
    expect(told).toEqual([
      '"Tea": bob added carol.',
      '"Tea": bob belongs to it now.',
      '"Tea": you belong to it now.',
      '"Tea": you removed carol.',
      '"Tea": carol left it for good.',
      '"Tea": bob made you an admin.',
      '"Tea": the service made bob a member again.',
    ]);
  });

  test('of who may write is told with its time', () => {
    const { client, told } = listen();
    const until = new Date().setHours(23, 59, 0, 0);
    client.emit('roomSilenced', 'lobby', ['bob'], null, 'ann');
    client.emit('roomSilenced', 'lobby', ['ann'], until, 'bob');
    client.emit('roomUnsilenced', 'lobby', ['ann'], 'bob');
    client.emit('roomUnsilenced', 'lobby', ['bob'], 'ann');
    client.emit('roomSlowModeChanged', 'lobby', 10_000, 'bob');
    client.emit('roomSlowModeChanged', 'lobby', 0, 'bob');
    expect(told).toEqual([
      'lobby: you silenced bob for good.',
      'lobby: bob silenced you until 23:59.',
      'lobby: bob lets you write again.',
      'lobby: you let bob write again.',
      'lobby: bob set slow mode: 10 s from one message of somebody to the next.',
      'lobby: bob ended slow mode.',
    ]);
    expect(timeWords(new Date(2031, 0, 2, 3, 4).getTime())).toBe('2031-01-02 03:04');
  });

  test('of what it is, and of people, is told in few words', () => {
    const { client, told } = listen();
    client.emit('roomAttributesChanged', 'tea', { title: 'Tea', 'order.open': true, old: null }, 3, 'bob');
    client.emit(
      'roomAttributesChanged',
      'tea',
      Object.fromEntries('abcdefgh'.split('').map((key) => [key, 1])),
      4,
      null,
    );
    client.emit('roomMuteEcho', 'tea', true);
    client.emit('userStateChanged', 'bob', { status: 'back at two' });
    client.emit('userStateChanged', 'bob', { status: null });
    client.emit('userStateChanged', 'bob', { mood: 'fine' });
    client.emit('userStateChanged', 'ann', { status: 'mine' });
    expect(told).toEqual([
      '"Tea": bob set title to Tea, set order.open to true, took old away.',
      '"Tea": the service set a to 1, set b to 1, set c to 1, set d to 1, set e to 1, and 3 others.',
      '"Tea": no push any more, as another device of yours wants it.',
      'bob is: back at two',
      'bob has no status any more.',
    ]);
  });

  test('that is about oneself says what to do next, unless one did it', () => {
    const { client, told } = listen();
    client.emit('roomInvited', { roomName: 'u-1', by: 'bob', attributes: { title: '@bob' } });
    client.emit('roomInvited', { roomName: 'u-2', by: 'bob', attributes: {} });
    client.emit('roomInvited', { roomName: 'u-3', by: 'ann', attributes: {} });
    client.emit('roomKicked', { roomName: 'tea', by: 'bob' });
    client.emit('roomKicked', { roomName: 'tea', by: 'ann' });
    expect(told).toEqual([
      'bob added you to "@bob" (u-1): /join u-1 goes there.',
      'bob added you to u-2: /join u-2 goes there.',
      'bob removed you from "Tea".',
    ]);
  });
});

test('what was refused says why, and until when', () => {
  const error = (code: string, ...args: (string | number | null)[]): RequestError =>
    new RequestError(code, code, { args });
  const until = new Date(2031, 0, 2, 3, 4).getTime();
  expect(wordsFor(error('silenced', until), 'lobby')).toBe(
    'You may read in lobby, but not write until 2031-01-02 03:04:00.',
  );
  expect(wordsFor(error('silenced', null), 'lobby')).toContain('Its admins can change that.');
  expect(wordsFor(error('noMember', 'b\u001bob'), 'lobby')).toBe('b␛ob does not belong to lobby: look at /members.');
  expect(wordsFor(error('tooLarge', 9_000), 'lobby')).toBe('That is more than lobby can hold.');
});
