// PROTOCOL.md is enough: a client written from it alone talks, recovers and is refused as it says, on real nodes, and
// everything that arrives is what the AsyncAPI document describes.
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { filesUnder, importsOf } from '../ground/source-files.ts';
import { eventually } from '../support/eventually.ts';
import { openRaw } from '../support/raw-client.ts';
import type { RedisServer } from '../support/redis.ts';
import { useScope } from '../support/scope.ts';
import { startService, type Service } from '../support/service.ts';
import { Refused, Stranger, type Format } from './stranger.ts';

const scope = useScope();
let service: Service<RedisServer>;
beforeAll(async () => {
  service = await startService(scope, { nodes: 2, env: { PARLEY_DRAIN_MS: '2000' } });
});

let strangers: Stranger[] = [];
afterEach(() => {
  const violations = strangers.flatMap((stranger) => stranger.violations);
  strangers = [];
  expect(violations).toEqual([]);
});

async function arrive(format: Format, userName: string, node = 0): Promise<Stranger> {
  const stranger = new Stranger(scope, format);
  strangers.push(stranger);
  await stranger.connect(service.node(node).url);
  if (userName !== '') await stranger.request('login', { userName });
  return stranger;
}

const refusalOf = async (request: Promise<unknown>): Promise<readonly unknown[]> => {
  const error: unknown = await request.then(
    () => 'no refusal',
    (reason: unknown) => reason,
  );
  if (!(error instanceof Refused)) throw new Error('it was not refused', { cause: error });
  return [error.code, ...error.args];
};

const textsIn = (stranger: Stranger, roomName: string): unknown[] =>
  (stranger.said.get(roomName) ?? []).map(({ id, text }) => [id, text]);

test('the client knows nothing of the code', () => {
  const own = filesUnder('test/protocol', ['.ts']).filter(({ path }) =>
    /\/(stranger|asyncapi-document)\.ts$/.test(path),
  );
  const imported = own.flatMap(importsOf).map(({ to }) => to);
  expect(imported).toContain('ws');
  expect(imported.filter((to) => to.startsWith('src/'))).toEqual([]);
});

describe.each(['msgpack', 'json'] as const)('over %s', (format) => {
  const other = format === 'json' ? 'msgpack' : 'json';
  const named = (name: string): string => `${name}-${format}`;

  test('it says everything in one frame, and hears what it causes before each response', async () => {
    const ada = await arrive(format, '');
    const room = named('first');
    const responses = ada.batch([
      ['login', { userName: named('ada'), unknownOption: 1 }],
      ['roomCreate', room],
      ['roomJoin', room, null, 'beyond the declared params'],
      ['roomMessage', room, { text: 'one', author: 'somebody else' }],
      ['roomMessage', room, { text: 'two' }, { clientMessageId: 'c-2' }],
      ['roomMessage', room, { event: 'typing' }, { transient: true }],
      ['ping'],
    ]);
    const [authData, , joined, first, second, transient, time] = await Promise.all(responses);
    expect([joined, first, second, transient]).toEqual([1, 1, 2, null]);
    expect(ada.notices[0]).toEqual(['loginConfirmed', [named('ada'), authData]]);
    expect(authData).toMatchObject({ userName: named('ada'), protocol: 1, limits: { roomsPerSocket: 128 } });
    expect(time).toBeGreaterThanOrEqual((authData as { serverTime: number }).serverTime);
    // No order is promised between requests on different topics: `ping` may come anywhere.
    const heard = ada.heard.filter((what) => what !== 'ping');
    const before = ['2:loginConfirmed', 'login', 'roomCreate', '2:roomUserJoined', 'roomJoin'];
    expect(heard.slice(0, before.length)).toEqual(before);
    // Messages go beside one another: each is heard before its own response, and may be before that of an earlier one.
    const placesOf = (name: string): number[] => heard.flatMap((what, place) => (what === name ? [place] : []));
    const [told, answered] = [placesOf('2:roomMessage'), placesOf('roomMessage')];
    expect([told.length, answered.length, heard.length]).toEqual([3, 3, before.length + 6]);
    expect(told.every((place, i) => place < (answered[i] ?? 0))).toBe(true);
    const messages = ada.notices.flatMap(([name, params]) => (name === 'roomMessage' ? [params[1]] : []));
    expect(messages).toEqual([
      { text: 'one', id: 1, author: named('ada'), timestamp: expect.any(Number) },
      { text: 'two', id: 2, author: named('ada'), timestamp: expect.any(Number) },
      { event: 'typing', author: named('ada'), timestamp: expect.any(Number) },
    ]);
  });

  test('after a cut connection it gets on another node exactly what it missed, once', async () => {
    const room = named('recovery');
    const ada = await arrive(format, named('ada'), 0);
    const bob = await arrive(other, '', 1);
    const authData = await bob.request('login', { userName: named('bob') });
    const { resumeToken } = authData as { resumeToken: string };
    await ada.request('roomCreate', room);
    await Promise.all([ada.join(room), bob.join(room)]);
    const post = (text: string): Promise<unknown> => ada.request('roomMessage', room, { text });
    for (const text of ['a', 'b']) await post(text);
    await eventually(() => expect(textsIn(bob, room)).toHaveLength(2));

    await bob.cut();
    const blob = new Uint8Array([0, 255, 128]);
    await ada.request('roomMessage', room, { text: 'c', blob });
    for (const text of ['d', 'é🙂']) await post(text);
    await bob.connect(service.node(0).url);
    await bob.request('login', { resumeToken });
    const entries = await bob.join();
    expect(entries).toMatchObject([{ roomName: room, recovered: true, lastMessageId: 5 }]);
    await post('f');
    const texts = ['a', 'b', 'c', 'd', 'é🙂', 'f'];
    await eventually(() => expect(textsIn(bob, room)).toEqual(texts.map((text, index) => [index + 1, text])));
    expect(bob.said.get(room)?.[2]?.blob).toEqual(blob);
    expect(bob.said.get(room)).toEqual(ada.said.get(room));
  });

  test('a history is read to its end, and a position that cannot be is told', async () => {
    const room = named('history');
    const ada = await arrive(format, named('ada'));
    await ada.request('roomCreate', room);
    await ada.join(room);
    await Promise.all(ada.batch([1, 2, 3, 4, 5].map((text) => ['roomMessage', room, { text }])));
    const read: number[] = [];
    for (;;) {
      const page = (await ada.request('roomHistoryGet', room, read.at(-1) ?? 0, 2)) as { id: number }[];
      if (page.length === 0) break;
      read.push(...page.map(({ id }) => id).reverse());
    }
    expect(read).toEqual([1, 2, 3, 4, 5]);
    const ahead = { roomName: room, epoch: 'another', lastMessageId: 3 };
    const [entry] = (await ada.request('roomsJoin', [ahead])) as [{ recovered: boolean; messages: unknown[] }];
    expect(entry).toMatchObject({ recovered: false, messages: [], lastMessageId: 5 });
  });

  test('a post whose response was lost is repeated through another node, and is one message', async () => {
    const room = named('repeat');
    const ada = await arrive(format, named('ada'));
    await ada.request('roomCreate', room);
    await ada.join(room);
    const post = ['roomMessage', room, { text: 'once' }, { clientMessageId: 'c-7' }] as const;
    const lost = ada.batch([post]).map((response) => response.catch(() => 'lost'));
    await ada.cut();
    await Promise.all(lost);
    await ada.connect(service.node(1).url);
    await ada.request('login', { userName: named('ada') });
    await ada.join();
    expect(await ada.request(...post)).toBe(1);
    expect(await ada.request(...post)).toBe(1);
    await eventually(() => expect(textsIn(ada, room)).toEqual([[1, 'once']]));
    expect(await ada.request('roomRecentHistory', room)).toHaveLength(1);
  });

  test('it is refused with the codes and args of the document', async () => {
    const room = named('refusals');
    const ada = await arrive(format, '');
    expect(await refusalOf(ada.request('ping'))).toEqual(['noLogin']);
    expect(await refusalOf(ada.request('unheardOf'))).toEqual(['noLogin']);
    await ada.request('login', { userName: named('ada') });
    expect(await refusalOf(ada.request('login', { userName: named('ada') }))).toEqual(['notAllowed']);
    expect(await refusalOf(ada.request('unheardOf'))).toEqual(['noCommand', 'unheardOf']);
    expect(await refusalOf(ada.request('roomMessage', room))).toEqual(['wrongArgumentsCount', 2, 1]);
    expect(await refusalOf(ada.request('roomMessage', room, [1]))).toEqual(['badArgument', 1, [1]]);
    expect(await refusalOf(ada.request('roomMessage', room, {}))).toEqual(['noRoom', room]);
    expect(await refusalOf(ada.request('roomJoin', 'no:such:name'))).toEqual(['noRoom', 'no:such:name']);
    expect(await refusalOf(ada.request('roomCreate', 'no:such:name'))).toEqual(['invalidName', 'no:such:name']);
    await ada.request('roomCreate', room);
    expect(await refusalOf(ada.request('roomCreate', room))).toEqual(['roomExists', room]);
    expect(await refusalOf(ada.request('roomMessage', room, {}))).toEqual(['notJoined', room]);
    expect(await ada.request('roomGetOwner', room)).toBe(named('ada'));
    const bob = await arrive(other, named('bob'), 1);
    expect(await refusalOf(bob.request('roomGetOwner', room))).toEqual(['notJoined', room]);
    expect(await refusalOf(bob.request('roomDelete', room))).toEqual(['notAllowed']);
    await bob.join(room);
    await ada.request('roomDelete', room);
    await eventually(() =>
      expect(bob.notices.at(-1)).toEqual(['inboxPosition', [{ epoch: expect.any(String), seq: 1 }]]),
    );
    expect(bob.notices.at(-2)).toEqual(['roomAccessRemoved', [room]]);
  });

  test('its connection ends with the close codes of the document', async () => {
    const malformed = await arrive(format, named('eve'));
    const answered = malformed.batch([['ping']]);
    malformed.send([[0, -1, 'ping', []]]);
    await Promise.all(answered);
    expect(await malformed.ended).toEqual([4500, expect.stringMatching(/^protocolError: id /)]);

    const nobody = await arrive(format, '');
    expect(await refusalOf(nobody.request('login', {}))).toEqual(['noLogin']);
    expect(nobody.heard).toEqual(['2:loginRejected', '!login']);
    expect(await nobody.ended).toEqual([4501, 'loginRejected']);

    const loud = await arrive(format, named('eve'));
    loud.send([[0, 1, 'systemMessage', ['x'.repeat(70_000)]]]);
    expect((await loud.ended)[0]).toBe(1009);

    const done = await arrive(format, named('eve'));
    expect(await done.request('disconnect')).toBeNull();
    expect((await done.ended)[0]).toBe(1000);
  });
});

test('the handshake speaks the first known subprotocol, or is refused', async () => {
  const { url } = service.node(0);
  const [both, none, unknown] = await Promise.all([
    openRaw(scope, url, { subprotocol: ['parley.v1.json', 'parley.v1.msgpack'] }),
    openRaw(scope, url),
    openRaw(scope, url, { subprotocol: 'chat.v9' }),
  ]);
  expect([both.subprotocol, none.subprotocol]).toEqual(['parley.v1.json', '']);
  expect(unknown.upgradeError).toBe(400);
  expect((await openRaw(scope, url, { headers: { origin: 'https://elsewhere.example' } })).upgradeError).toBe(403);
  expect((await openRaw(scope, url.replace('/ws', '/other'))).upgradeError).toBe(404);
});

test('a notification of a client is executed and never answered', async () => {
  const ada = await arrive('msgpack', 'ada');
  ada.send([
    [2, 'roomCreate', ['by-notification']],
    [2, 'unheardOf', []],
  ]);
  await eventually(async () => expect(await ada.request('roomGetOwner', 'by-notification')).toBe('ada'));
  expect(ada.heard.filter((heard) => !heard.endsWith('roomGetOwner'))).toEqual(['2:loginConfirmed', 'login']);
});

test('a node that leaves says so, and the other one has all that was missed', async () => {
  const ada = await arrive('json', 'ada', 0);
  const bob = await arrive('msgpack', 'bob', 1);
  await ada.request('roomCreate', 'leaving');
  await Promise.all([ada.join('leaving'), bob.join('leaving')]);
  const exit = service.node(1).terminate();
  expect(await bob.ended).toEqual([4000, 'goAway']);
  expect(bob.notices.at(-1)).toEqual(['goAway', [expect.any(Number)]]);
  await ada.request('roomMessage', 'leaving', { text: 'meanwhile' });
  await bob.connect(service.node(0).url);
  await bob.request('login', { userName: 'bob' });
  await bob.join();
  expect(textsIn(bob, 'leaving')).toEqual([[1, 'meanwhile']]);
  expect((await exit).code).toBe(0);
});
