// Plugins: what they add to objects, and how middleware lets through, changes, delays and refuses, in order.
import { expect, test } from '@jest/globals';
import type { Plugin, Middleware, Next } from '../../src/client/plugin/plugin.ts';
import { Plugins } from '../../src/client/plugin/plugins.ts';
import { RequestError } from '../../src/client/request-error.ts';
import { eventually } from '../support/eventually.ts';

const told: unknown[] = [];

function pluginsOf(...common: Plugin[]): Plugins {
  told.length = 0;
  const plugins = new Plugins((error) => told.push(error), { stepMs: 100, waitingMax: 3 });
  for (const plugin of common) plugins.register(plugin);
  return plugins;
}

/** Adds a word to a text. */
const adds =
  (word: string): Middleware =>
  (text, next) =>
    next(undefined, `${String(text)} ${word}`);

/** What became of what was received, in order. */
function receiver(plugins: Plugins, object = {}): { receive: (text: string, event?: string) => void; heard: string[] } {
  const heard: string[] = [];
  return {
    heard,
    receive: (text, event = 'message') => plugins.receive(object, event, text, (passed) => heard.push(passed)),
  };
}

function sending(plugins: Plugins, object: object, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    plugins.send(object, 'message', text, (outcome) => (outcome.ok ? resolve(outcome.value) : reject(outcome.error)));
  });
}

test('middleware is asked in order of registration, within a plugin the exact key first, then all', () => {
  const first = { name: 'a', middleware: { receive: { '*': adds('a*'), message: adds('a'), other: adds('no') } } };
  const plugins = pluginsOf(first, { name: 'b', middleware: { receive: { message: adds('b') } } });
  const room = {};
  plugins.add(room, 'Room', { name: 'c', middleware: { receive: { '*': adds('c*') } } });
  const [own, other] = [receiver(plugins, room), receiver(plugins)];
  own.receive('1');
  own.receive('2', 'typing');
  other.receive('3');
  other.receive('4', 'constructor');
  // In the same turn, as nothing waits.
  expect(own.heard).toEqual(['1 a a* b c*', '2 a* c*']);
  expect(other.heard).toEqual(['3 a a* b', '4 a*']);
});

test('what is refused is dropped when received and an error when sent, and nothing else stops', async () => {
  const cause = new Error('rude');
  const refuses: Middleware = (text, next) => next(text === 'damn' ? cause : undefined);
  const plugins = pluginsOf({
    name: 'polite',
    middleware: { send: { message: refuses }, receive: { message: refuses } },
  });
  const { receive, heard } = receiver(plugins);
  for (const text of ['one', 'damn', 'two']) receive(text);
  expect(heard).toEqual(['one', 'two']);
  expect(told).toEqual([]);
  const room = {};
  const sent = ['one', 'damn', 'two'].map((text) => sending(plugins, room, text));
  const [, error] = await Promise.allSettled(sent);
  expect(await sent[2]).toBe('two');
  expect(error).toMatchObject({ reason: { code: 'notAllowed', message: 'The plugin polite: rude', cause } });
  expect((error as PromiseRejectedResult).reason).toBeInstanceOf(RequestError);
});

test('a delayed event keeps its place, also where the one behind it needs nobody; other objects do not wait', async () => {
  const nexts: Next[] = [];
  const plugins = pluginsOf({ name: 'slow', middleware: { receive: { message: (_, next) => nexts.push(next) } } });
  const [room, other] = [receiver(plugins), receiver(plugins)];
  room.receive('1');
  room.receive('2', 'typing');
  room.receive('3');
  other.receive('4', 'typing');
  expect([room.heard, other.heard]).toEqual([[], ['4']]);
  nexts[0]?.(undefined, 'first');
  expect(room.heard).toEqual(['first', '2']);
  // It counts once.
  nexts[0]?.(undefined, 'again');
  expect(nexts).toHaveLength(2);
  nexts[1]?.();
  expect(room.heard).toEqual(['first', '2', '3']);
});

test('middleware that throws, rejects or never answers is told, and the next event goes on', async () => {
  const fails: Middleware = async (text, next) => {
    if (text === 'throws') throw new Error('no');
    if (text === 'rejects') await Promise.reject(new Error('not now'));
    if (text !== 'hangs') next();
  };
  const plugins = pluginsOf({ name: 'bad', middleware: { send: { message: fails }, receive: { message: fails } } });
  const { receive, heard } = receiver(plugins);
  for (const text of ['throws', 'rejects', 'hangs', 'fine']) receive(text);
  const room = {};
  const sent = ['throws', 'hangs', 'fine'].map((text) => sending(plugins, room, text));
  expect(await sent[2]).toBe('fine');
  await expect(sent[0]).rejects.toMatchObject({ code: 'internalError', message: 'The plugin bad: no' });
  await expect(sent[1]).rejects.toMatchObject({ code: 'timeout', temporary: true });
  await eventually(() => expect(heard).toEqual(['fine']));
  expect(told.map((error) => (error as RequestError).code)).toEqual(['internalError', 'internalError', 'timeout']);
});

test('what waits is bounded: the one in front is given up, and told', async () => {
  const plugins = pluginsOf({
    name: 'stuck',
    middleware: { receive: { message: (text, next) => (text === '0' ? undefined : next()) } },
  });
  const { receive, heard } = receiver(plugins);
  for (let i = 0; i <= 4; i++) receive(`${i}`);
  expect(heard).toEqual(['1', '2', '3', '4']);
  expect(told).toEqual([expect.objectContaining({ code: 'timeout' })]);
});

test('an object that sends while something goes through comes after it', () => {
  const plugins = pluginsOf({ name: 'a', middleware: { receive: { message: (_, next) => next() } } });
  const heard: string[] = [];
  const room = {};
  plugins.receive(room, 'message', '1', (text) => {
    plugins.receive(room, 'message', '2', (inner) => heard.push(inner));
    heard.push(text);
  });
  expect(heard).toEqual(['1', '2']);
});

test('a closed client passes nothing on: sends are refused, events dropped', async () => {
  const nexts: Next[] = [];
  const wait: Middleware = (_, next) => nexts.push(next);
  const plugins = pluginsOf({ name: 'slow', middleware: { send: { '*': wait }, receive: { '*': wait } } });
  const { receive, heard } = receiver(plugins);
  receive('late');
  const sent = sending(plugins, {}, 'late');
  plugins.closed(new RequestError('unavailable', 'closed', {}));
  for (const next of nexts) next();
  await expect(sent).rejects.toMatchObject({ code: 'unavailable' });
  expect(heard).toEqual([]);
  expect(told).toEqual([]);
});

test('a client that is closed waits for no plugin, and asks none for what still waited', async () => {
  const asked: unknown[] = [];
  const silent: Middleware = (text) => asked.push(text);
  const plugins = pluginsOf({ name: 'silent', middleware: { send: { '*': silent }, receive: { '*': silent } } });
  const { receive, heard } = receiver(plugins);
  const object = {};
  const sent = ['first', 'second'].map((text) => sending(plugins, object, text));
  receive('in');
  plugins.closed(new RequestError('unavailable', 'closed', {}));
  for (const each of sent) await expect(each).rejects.toMatchObject({ code: 'unavailable' });
  expect([asked, heard, told]).toEqual([['first', 'in'], [], []]);
});

test('who is told of the end and throws keeps it from nobody else', () => {
  const plugins = pluginsOf({ name: 'silent', middleware: { send: { '*': () => undefined } } });
  const ended: string[] = [];
  for (const object of [{}, {}]) {
    for (const text of ['first', 'second']) {
      plugins.send(object, 'message', text, () => {
        ended.push(text);
        throw new Error(`not ${text}`);
      });
    }
  }
  plugins.closed(new RequestError('unavailable', 'closed', {}));
  expect([ended, told.length]).toEqual([['first', 'second', 'first', 'second'], 4]);
});

test('extends puts an instance under the name, made for the object, before the plugin is told of it', () => {
  class Counter {
    readonly room: object;
    constructor(room: object) {
      this.room = room;
    }
  }
  const created: unknown[] = [];
  const plugin: Plugin = {
    name: 'counter',
    extends: { Room: Counter },
    onRoomCreate: (room: object) => created.push(Reflect.get(room, 'counter')),
    onUserCreate: (user: object) => created.push(user),
  };
  const plugins = pluginsOf(plugin);
  const [room, user] = [{}, {}];
  plugins.extend(room, 'Room');
  plugins.extend(user, 'User');
  expect(room).toEqual({ counter: expect.any(Counter) });
  expect(Reflect.get(room, 'counter')).toMatchObject({ room });
  expect(created).toEqual([Reflect.get(room, 'counter'), user]);
  expect(user).toEqual({});
});

test('a plugin that fails for an object is told, and the object goes without it; by hand it is thrown', () => {
  class Broken {
    constructor() {
      throw new Error('no');
    }
  }
  class Fine {}
  const broken = { name: 'broken', extends: { Room: Broken } };
  const plugins = pluginsOf(broken, { name: 'fine', extends: { Room: Fine } });
  const room = {};
  plugins.extend(room, 'Room');
  expect(room).toEqual({ fine: new Fine() });
  expect(told).toEqual([new Error('The plugin broken: no')]);
  expect(() => plugins.add(room, 'Room', { ...broken, name: 'other' })).toThrow('no');
  expect(() => plugins.add(room, 'Room', { name: 'fine' })).toThrow(TypeError);
  expect(() => plugins.add({ typing: 1 }, 'Room', { name: 'typing', extends: { Room: Fine } })).toThrow(TypeError);
});

test('what is no plugin is refused at once', () => {
  const wrong: unknown[] = [
    undefined,
    {},
    { name: '' },
    { name: 'a', extends: { Chat: Date } },
    { name: 'a', extends: { Room: {} } },
    { name: 'a', onRoomCreate: true },
    { name: 'a', middleware: { send: { message: 'drop' } } },
  ];
  for (const plugin of wrong) expect(() => pluginsOf(plugin as Plugin)).toThrow(TypeError);
  expect(() => pluginsOf({ name: 'a' }, { name: 'a' })).toThrow(TypeError);
});
