// Who hears what: order, once and twice, patterns, contexts, and listeners that throw.
import { expect, jest, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { createClient } from '../../src/client/client.ts';
import { Emitter } from '../../src/client/emitter.ts';

interface Events {
  message: [text: string];
  '$.connected': [];
  '$.online.join': [user: string];
  '$.online': [];
  error: [error: unknown];
}

test('listeners are called in their order; the same one twice, twice; and emit says whether anybody listened', () => {
  const emitter = new Emitter<Events>();
  const heard: string[] = [];
  const first = (text: string): number => heard.push(`first ${text}`);
  expect(emitter.emit('message', 'a')).toBe(false);
  expect(emitter.on('message', first)).toBe(emitter);
  emitter.on('message', (text) => heard.push(`second ${text}`)).on('message', first);
  expect(emitter.emit('message', 'b')).toBe(true);
  expect(heard.splice(0)).toEqual(['first b', 'second b', 'first b']);
  emitter.off('message', first).emit('message', 'c');
  expect(heard.splice(0)).toEqual(['second c', 'first c']);
  emitter.off('message');
  expect([emitter.emit('message', 'd'), heard]).toEqual([false, []]);
});

test('once counts for each registration; off finds by listener, context and once', () => {
  const emitter = new Emitter<Events>();
  const heard: unknown[] = [];
  const listener = function (this: unknown, text: string): void {
    heard.push([this, text]);
  };
  const [one, two] = [{ name: 'one' }, { name: 'two' }];
  emitter.once('message', listener, one).once('message', listener, one).on('message', listener, two);
  emitter.off('message', listener, one);
  emitter.off('message', listener, undefined, false);
  emitter.emit('message', 'a');
  emitter.emit('message', 'b');
  expect(heard).toEqual([[one, 'a']]);
});

test('who is added during an event hears only later ones; who is removed, nothing more', () => {
  const emitter = new Emitter<Events>();
  const heard: string[] = [];
  const last = (): number => heard.push('last');
  emitter.on('message', (text) => {
    emitter.off('message', last).on('message', () => heard.push('late'));
    if (text === 'again') emitter.emit('message', 'nested');
  });
  emitter.on('message', last);
  emitter.emit('message', 'a');
  expect(heard).toEqual([]);
  emitter.emit('message', 'b');
  expect(heard).toEqual(['late']);
});

test('patterns: * is one segment, ** any number, and neither the names of others', () => {
  const emitter = new Emitter<Events>();
  const heard: { [pattern: string]: string[] } = {};
  const patterns = ['*', '$.*', '$.online.*', '$.**', '**', '**.join', '$.**.join'] as const;
  for (const pattern of patterns) {
    heard[pattern] = [];
    emitter.on(pattern, (...args) => heard[pattern]?.push(current + args.join('')));
  }
  let current = '';
  for (const name of ['message', '$.connected', '$.online.join', '$.online'] as const) {
    current = name;
    if (name === 'message' || name === '$.online.join') emitter.emit(name, '!');
    else emitter.emit(name);
  }
  expect(heard).toEqual({
    '*': ['message!'],
    '$.*': ['$.connected', '$.online'],
    '$.online.*': ['$.online.join!'],
    '$.**': ['$.connected', '$.online.join!', '$.online'],
    '**': ['message!', '$.connected', '$.online.join!', '$.online'],
    '**.join': ['$.online.join!'],
    '$.**.join': ['$.online.join!'],
  });
  emitter.off('**').off('*');
  expect([emitter.emit('message', 'a'), emitter.hears('message'), emitter.hears('$.online')]).toEqual([
    false,
    false,
    true,
  ]);
});

test('onAny hears every event with its name, and nothing is told of listening itself', () => {
  const emitter = new Emitter<Events>();
  const heard: unknown[] = [];
  const hear = (...all: readonly unknown[]): number => heard.push(all);
  emitter.onAny(hear).on('message', () => undefined);
  emitter.emit('message', 'a');
  emitter.emit('$.online.join', 'bob');
  emitter.offAny(hear).emit('message', 'b');
  expect(heard).toEqual([
    ['message', 'a'],
    ['$.online.join', 'bob'],
  ]);
});

test('a listener that throws or rejects stops nobody: it is told as error, then to the owner, then to the console', async () => {
  const told: unknown[] = [];
  const emitter = new Emitter<Events>((error, event) => told.push([event, error]));
  const heard: string[] = [];
  emitter.on('message', () => {
    throw new Error('thrown');
  });
  emitter.on('message', () => Promise.reject(new Error('rejected')));
  emitter.on('message', (text) => heard.push(text));
  emitter.emit('message', 'a');
  await Promise.resolve();
  expect([heard, told.splice(0)]).toEqual([
    ['a'],
    [
      ['message', new Error('thrown')],
      ['message', new Error('rejected')],
    ],
  ]);
  const errors: unknown[] = [];
  emitter.on('error', (error) => errors.push(error));
  emitter.emit('message', 'b');
  await Promise.resolve();
  expect([errors, told]).toEqual([[new Error('thrown'), new Error('rejected')], []]);

  const output = jest.spyOn(console, 'error').mockImplementation(() => undefined);
  const lonely = new Emitter<Events>();
  lonely.on('error', () => {
    throw new Error('sorry');
  });
  lonely.emit('error', 'anything');
  expect(output.mock.calls).toEqual([['A listener of error failed:', new Error('sorry')]]);
  output.mockRestore();
});

test('who listens to everything hears errors, and does not keep them from the owner and the console', () => {
  const output = jest.spyOn(console, 'error').mockImplementation(() => undefined);
  const client = createClient({ urls: 'ws://127.0.0.1:1/ws', credentials: {}, WebSocket });
  const room = client.room('lobby');
  const heard: unknown[] = [];
  for (const emitter of [client, room]) {
    emitter.onAny((event, error) => heard.push([event, error]));
    emitter.on('*', (error) => heard.push(['*', error]));
  }
  const sorry = new Error('sorry');
  room.on('removed', () => {
    throw sorry;
  });
  const removed = { reason: 'gone' };
  const everything = [
    ['removed', removed],
    ['*', removed],
    ['error', sorry],
    ['*', sorry],
  ];
  room.emit('removed', removed);
  expect(heard.splice(0)).toEqual([...everything, ['error', sorry], ['*', sorry]]);
  expect(output.mock.calls.splice(0)).toEqual([[sorry]]);
  const errors: unknown[] = [];
  client.once('error', (error) => errors.push(error));
  room.emit('removed', removed);
  room.once('error', (error) => errors.push(error));
  room.emit('removed', removed);
  expect([errors, output.mock.calls]).toEqual([[sorry, sorry], []]);
  output.mockRestore();
});

test('what is no function is refused where it is given', () => {
  const emitter = new Emitter<Events>();
  // As somebody who writes JavaScript may do.
  const wrong = undefined as unknown as () => void;
  expect(() => emitter.on('message', wrong)).toThrow(TypeError);
});
