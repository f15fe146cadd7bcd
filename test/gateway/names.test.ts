// Names on a real service, by either rule: where they are made, where they are only named, how they come back, and what is
// given back of one that is far too long.
import { beforeAll, describe, expect, test } from '@jest/globals';
import { connectClient, createTestClient } from '../support/client.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { connectRpc, loginRpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { apiEnv, serverApi } from '../support/server-api.ts';
import { startNode, type ServiceNode } from '../support/service.ts';

const scope = useScope();
let redis: RedisServer;
let visible: ServiceNode;
let profile: ServiceNode;
beforeAll(async () => {
  redis = await startRedis(scope);
  visible = await startNode(scope, { redis, prefix: 'visible', env: apiEnv });
  profile = await startNode(scope, {
    redis,
    prefix: 'profile',
    env: { ...apiEnv, PARLEY_NAMES: 'username', PARLEY_ALLOW_ANONYMOUS: 'on' },
  });
});

/** What cannot be made, and nothing can be told of. */
const unseen = ['a\u200bb', 'a\u2028b', 'a\uffffb', ' a', 'a\u3000', '\u3164'];

describe('by default, what cannot be seen is no name', () => {
  test('of a user, in a login, a list, or the server API', async () => {
    const alice = await loginRpc(scope, visible.url, 'alice');
    await alice.call('roomCreate', 'lists');
    const api = serverApi(visible, 'json');
    for (const name of unseen) {
      const rpc = await connectRpc(scope, visible.url);
      expect(await rpc.refusal('login', { userName: name })).toMatchObject({ code: 'invalidName', args: [name] });
      expect(await alice.refusal('roomAddToList', 'lists', 'whitelist', ['bob', name])).toMatchObject({
        code: 'invalidName',
        args: [name],
        message: expect.stringMatching(/: it (?:holds characters that cannot be seen|begins or ends with a space)\.$/),
      });
      expect(await alice.refusal('directAddToList', 'blacklist', [name])).toMatchObject({ code: 'invalidName' });
      expect(await alice.refusal('directMessage', name, {})).toMatchObject({ code: 'noUser', args: [name] });
      expect(await api.refusal('addUser', [name])).toMatchObject({ code: 'invalidName', args: [name] });
    }
    expect(await alice.call('roomGetAccessList', 'lists', 'whitelist')).toEqual([]);
  });

  test('of a room or a group', async () => {
    const alice = await loginRpc(scope, visible.url, 'alice', { credentials: { userName: 'alice', enableSync: true } });
    const api = serverApi(visible, 'json');
    await alice.call('roomCreate', 'groups');
    for (const name of unseen) {
      expect(await alice.refusal('roomCreate', name)).toMatchObject({ code: 'invalidName', args: [name] });
      expect(await alice.refusal('roomJoin', name)).toMatchObject({ code: 'noRoom', args: [name] });
      expect(await alice.refusal('roomJoin', 'groups', { group: name })).toMatchObject({ code: 'invalidName' });
      expect(await api.refusal('addRoom', [name])).toMatchObject({ code: 'invalidName' });
    }
    expect(await alice.call('roomCreate', 'two words 👩‍👩‍👧')).toBeNull();
  });

  test('and what was made before is seen, and deleted, by the service alone', async () => {
    const alice = await loginRpc(scope, visible.url, 'alice');
    const api = serverApi(visible, 'msgpack');
    // As an earlier version would have left it: by the keys of a room that was made now.
    await alice.call('roomCreate', 'ab');
    const client = redis.client();
    const old = 'a\u200bb';
    await client.rename('visible:{room:ab}:meta', `visible:{room:${old}}:meta`);
    expect(await alice.refusal('roomJoin', old)).toMatchObject({ code: 'noRoom' });
    expect(await alice.refusal('roomDelete', old)).toMatchObject({ code: 'noRoom' });
    expect(await api.call('hasRoom', [old])).toBe(true);
    expect(await api.call('roomGet', [old])).toMatchObject({ roomName: old, owner: 'alice' });
    expect(await api.call('deleteRoom', [old])).toBeNull();
    expect(await api.call('hasRoom', [old])).toBe(false);
    expect(await api.refusal('addRoom', [old])).toMatchObject({ code: 'invalidName' });
  });
});

describe.each(['msgpack', 'json'] as const)('a name that is far too long, over %s', (format) => {
  const names = ['x'.repeat(20_000), `a${'\u0315'.repeat(9000)}${'\u0334'.repeat(9000)}`];
  let alice: User;
  beforeAll(async () => {
    alice = await loginRpc(scope, visible.url, `alice-${format}`, { format });
    await alice.call('roomCreate', `long-${format}`);
  });

  test('does not exist, is not made, and comes back cut', async () => {
    for (const name of names) {
      const args = [expect.stringMatching(/^.{127}…$/su)];
      expect(await alice.refusal('roomJoin', name)).toMatchObject({ code: 'noRoom', args });
      expect(await alice.refusal('roomCreate', name)).toMatchObject({ code: 'invalidName', args });
      expect(await alice.refusal('directMessage', name, {})).toMatchObject({ code: 'noUser', args });
      expect(await alice.refusal('roomGetAccessList', `long-${format}`, name)).toMatchObject({ code: 'noList', args });
      expect(await alice.refusal('roomAddToList', `long-${format}`, 'whitelist', [name])).toMatchObject({
        code: 'invalidName',
        args,
      });
      expect(await alice.refusal(name)).toMatchObject({ code: 'noCommand' });
      expect(await alice.call('roomsJoin', [{ roomName: name }, { roomName: `long-${format}` }])).toMatchObject([
        { roomName: args[0], error: { code: 'noRoom', args } },
        { roomName: `long-${format}`, njoined: 1 },
      ]);
      const rpc = await connectRpc(scope, visible.url, { format });
      expect(await rpc.refusal('login', { userName: name })).toMatchObject({ code: 'invalidName', args });
    }
  });

  test('also within its limit, where it only needs to be composed', async () => {
    const name = 'ᾂ'.repeat(42);
    await alice.call('roomCreate', `${name.slice(0, 40)}${format[0]}`.normalize('NFD'));
    expect(await alice.call('roomJoin', `${name.slice(0, 40)}${format[0]}`)).toBe(1);
  });
});

describe('with PARLEY_NAMES=username, names are those of RFC 8265', () => {
  test('they come back in their one form, of users, rooms and groups', async () => {
    const alice = await loginRpc(scope, profile.url, 'Ａlice');
    expect(alice.authData).toMatchObject({ userName: 'alice', limits: { names: 'username' } });
    expect(await alice.call('roomCreate', 'Lobby')).toBeNull();
    expect(await alice.refusal('roomCreate', 'LOBBY')).toMatchObject({ code: 'roomExists', args: ['lobby'] });
    expect(await alice.call('roomsJoin', [{ roomName: 'LoBBy' }])).toMatchObject([{ roomName: 'lobby', njoined: 1 }]);
    expect(await alice.call('roomAddToList', 'lobby', 'whitelist', ['BOB'])).toBeNull();
    expect(await alice.call('roomGetAccessList', 'lobby', 'whitelist')).toEqual(['bob']);
    const synced = await loginRpc(scope, profile.url, '', { credentials: { userName: 'ALICE', enableSync: true } });
    await synced.call('roomJoin', 'LOBBY', { group: 'Work' });
    expect(await synced.call('sessionGet')).toMatchObject({ work: { lobby: { name: 'lobby', group: 'work' } } });
    const again = { resumeToken: synced.authData.resumeToken };
    expect((await loginRpc(scope, profile.url, '', { credentials: again })).authData.userName).toBe('alice');
  });

  test('what the profile refuses is refused, in words', async () => {
    const alice = await loginRpc(scope, profile.url, 'alice');
    for (const [name, words] of [
      ['foo bar', 'it may be made of letters and digits only'],
      ['henry\u2163', 'it may be made of letters and digits only'],
      ['aא', 'it mixes directions of writing'],
    ]) {
      expect(await alice.refusal('roomCreate', name ?? '')).toMatchObject({
        code: 'invalidName',
        message: expect.stringContaining(`: ${words}.`),
      });
    }
    const rpc = await connectRpc(scope, profile.url);
    const { userName } = await rpc.login({ anonymous: true });
    expect(userName).toBe(userName.toLowerCase());
  });

  test('the client library finds its rooms by any spelling, also those named before it knew the rule', async () => {
    const owner = await loginRpc(scope, profile.url, 'owner');
    await owner.call('roomCreate', 'hall');
    await owner.call('roomJoin', 'hall');
    const client = await connectClient(scope, { urls: profile.url, userName: 'Zoe' });
    expect(client.userName).toBe('zoe');
    const joined = await client.join('HALL');
    expect(joined).toMatchObject({ lastMessageId: 0 });
    expect(await client.post('Hall', { text: 'hello' })).toBe(1);
    expect(await client.next('roomMessage')).toMatchObject(['hall', { text: 'hello', author: 'zoe' }]);
    expect(client.position('hALL')).toMatchObject({ lastMessageId: 1 });
    await client.leave('HALL');
    expect(client.position('hall')).toBeUndefined();

    const early = createTestClient(scope, { urls: profile.url, userName: 'Early' });
    const joining = [early.join('HALL'), early.join('hall')];
    const posting = [early.post('Hall', { n: 1 }), early.post('hall', { n: 2 })];
    await early.connect();
    expect(await Promise.all(joining)).toMatchObject([{ epoch: expect.any(String) }, { epoch: expect.any(String) }]);
    expect((await Promise.all(posting)).toSorted((one, another) => one - another)).toEqual([2, 3]);
    expect(early.position('hall')).toMatchObject({ lastMessageId: expect.any(Number) });
  });

  test('a service by the default rule says nothing of it', async () => {
    const { authData } = await loginRpc(scope, visible.url, 'bob');
    expect(authData.limits).not.toHaveProperty('names');
  });
});
