// In which order one connection sees things: what a request causes for its caller before the response, requests on one
// room as they were sent, live messages right behind a join and none behind a leave.
import { beforeAll, describe, expect, test } from '@jest/globals';
import { isMap, type Value, type ValueMap } from '../../src/protocol/params/values.ts';
import type { RedisServer } from '../support/redis.ts';
import { loginRpc, type Call, type Entry, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService, type Service } from '../support/service.ts';

const rounds = 25;

const scope = useScope();
let service: Service<RedisServer>;
beforeAll(async () => {
  // Order is to be shown at speed, not at the rate of a patient client.
  service = await startService(scope, { nodes: 2, env: { PARLEY_RATE_BURST: '100000' } });
});

const nameOf = (entry: Entry): string => ('name' in entry ? entry.name : entry.method);
const idOf = (message: Value | undefined): Value | undefined => (isMap(message) ? message['id'] : undefined);

/** The entries that `roomsJoin` gives. */
async function joinAll(user: User, ...roomNames: string[]): Promise<ValueMap[]> {
  const result = await user.call(
    'roomsJoin',
    roomNames.map((roomName) => ({ roomName })),
  );
  return Array.isArray(result) ? result.filter(isMap) : [];
}

/** What came in for a call: its response and everything before it since the call before. */
async function heardBy(user: User, ...call: Call): Promise<string[]> {
  const from = user.received.length;
  await Promise.all(user.callAll(call));
  const seen = user.received.slice(from);
  return seen.slice(0, seen.findIndex((entry) => 'method' in entry) + 1).map(nameOf);
}

/** Ids of the live messages of a room in what came in from one place on. */
function liveIds(received: readonly Entry[], roomName: string): (Value | undefined)[] {
  return received.flatMap((entry) =>
    'name' in entry && entry.name === 'roomMessage' && entry.params[0] === roomName ? [idOf(entry.params[1])] : [],
  );
}

describe.each(['msgpack', 'json'] as const)('over %s', (format) => {
  const login = (userName: string, node: number): Promise<User> =>
    loginRpc(scope, service.node(node).url, userName, { format });

  test('what a request causes for its caller comes before the response', async () => {
    const alice = await login('alice', 0);
    for (let round = 0; round < rounds; round++) {
      const roomName = `own-${format}-${round}`;
      await alice.call('roomCreate', roomName);
      expect(await heardBy(alice, 'roomJoin', roomName)).toEqual(['roomUserJoined', 'roomJoin']);
      expect(await heardBy(alice, 'roomMessage', roomName, {})).toEqual(['roomMessage', 'roomMessage']);
      const transient = { transient: true };
      expect(await heardBy(alice, 'roomMessage', roomName, {}, transient)).toEqual(['roomMessage', 'roomMessage']);
      expect(await heardBy(alice, 'roomLeave', roomName)).toEqual(['roomLeave']);
      expect(await heardBy(alice, 'roomsJoin', [{ roomName }])).toEqual(['roomUserJoined', 'roomsJoin']);
      expect(await heardBy(alice, 'roomDelete', roomName)).toEqual([
        'roomAccessRemoved',
        'inboxPosition',
        'roomDelete',
      ]);
    }
    expect(alice.heard('roomAccessRemoved')).toHaveLength(rounds);
  });

  test('an owner who is not joined hears of the deletion before the response if another socket is', async () => {
    const [alice, other] = [await login('alba', 0), await login('alba', 1)];
    for (let round = 0; round < rounds; round++) {
      const roomName = `sibling-${format}-${round}`;
      await alice.call('roomCreate', roomName);
      await other.call('roomJoin', roomName);
      await alice.next('roomJoinedEcho');
      expect(await heardBy(alice, 'roomDelete', roomName)).toEqual([
        'roomAccessRemoved',
        'inboxPosition',
        'roomDelete',
      ]);
      expect(await other.next('roomAccessRemoved')).toEqual([roomName]);
    }
  });

  test('requests on one room take effect as they were sent, whatever else is under way', async () => {
    const alice = await login('alice', 0);
    const watcher = await login('watcher', 1);
    for (let round = 0; round < rounds; round++) {
      const [roomName, second] = [`pipe-${format}-${round}`, `pipe-two-${format}-${round}`];
      const settled = alice.callAll(
        ['roomMessage', roomName, {}],
        ['roomCreate', roomName],
        ['roomMessage', roomName, {}],
        ['roomJoin', roomName],
        ['roomCreate', second],
        ['roomMessage', roomName, { n: 1 }],
        ['roomJoin', second],
        ['roomMessage', roomName, { n: 2 }],
        ['roomRecentHistory', roomName],
        ['roomMessage', second, { n: 1 }],
        ['roomLeave', roomName],
        ['roomMessage', roomName, { n: 3 }],
        ['roomsJoin', [{ roomName }, { roomName: second }]],
        ['roomMessage', roomName, { n: 3 }],
        ['roomMessage', second, { n: 2 }],
      );
      const outcomes = await Promise.all(settled);
      expect(outcomes).toMatchObject([
        { error: { code: 'noRoom' } },
        { result: null },
        { error: { code: 'notJoined' } },
        { result: 1 },
        { result: null },
        { result: 1 },
        { result: 1 },
        { result: 2 },
        { result: [{ n: 2 }, { n: 1 }] },
        { result: 1 },
        { result: 0 },
        { error: { code: 'notJoined' } },
        { result: [{ lastMessageId: 2 }, { lastMessageId: 1 }] },
        { result: 3 },
        { result: 2 },
      ]);
      for (const name of [roomName, second]) {
        expect(await watcher.refusal('roomRecentHistory', name)).toMatchObject({ code: 'notJoined' });
        await watcher.call('roomJoin', name);
        const history = await watcher.call('roomRecentHistory', name);
        expect(history).toMatchObject(name === roomName ? [{ n: 3 }, { n: 2 }, { n: 1 }] : [{ n: 2 }, { n: 1 }]);
      }
      expect(liveIds(alice.received, roomName)).toEqual([1, 2, 3]);
    }
  });

  test('messages and changes of them take effect as they were sent, in a room that was made just before, too', async () => {
    const [alice, bob] = [await login('alice', 0), await login('bob', 1)];
    for (let round = 0; round < rounds; round++) {
      const [roomName, peer] = [`changing-${format}-${round}`, `peer-${format}-${round}`];
      await login(peer, 1);
      const settled = alice.callAll(
        ['conversationCreate', { roomName, members: ['bob'] }],
        ['roomJoin', roomName],
        ['roomMessageUpdate', roomName, 1, { textMessage: 'none' }],
        ['roomMessage', roomName, { textMessage: 'a' }],
        ['roomMessageAppend', roomName, 1, 'b'],
        ['roomMessage', roomName, { textMessage: 'c' }],
        ['roomMessageRecall', roomName, 2],
        ['directMessageUpdate', peer, 1, { textMessage: 'none' }],
        ['directMessage', peer, { textMessage: 'a' }],
        ['directMessageAppend', peer, 1, 'b'],
        ['directMessage', peer, { textMessage: 'c' }],
        ['directMessageRecall', peer, 2],
      );
      expect(await Promise.all(settled)).toMatchObject([
        { result: { created: true } },
        { result: 1 },
        { error: { code: 'noMessage' } },
        { result: 1 },
        { result: { length: 2 } },
        { result: 2 },
        { result: { version: 2 } },
        { error: { code: 'noMessage' } },
        { result: { id: 1 } },
        { result: { length: 2 } },
        { result: { id: 2 } },
        { result: { version: 2 } },
      ]);
      const told = alice.received.filter((entry) => 'name' in entry && entry.params[0] === roomName).map(nameOf);
      const [message, changed] = ['roomMessage', 'roomMessageChanged'];
      expect(told).toEqual(['roomUserJoined', message, changed, message, changed]);
    }
    expect(bob.heard('roomInvited')).toHaveLength(rounds);
  });

  test('what the own user is and allows takes effect as it was sent', async () => {
    const name = `own-${format}`;
    const [own] = [await login(name, 0), await login('bob', 1)];
    for (let round = 0; round < rounds; round++) {
      const settled = own.callAll(
        ['userStateSet', { round }],
        ['userStateGet', name],
        ['directAddToList', 'blacklist', ['bob']],
        ['contactAdd', 'bob'],
        ['directRemoveFromList', 'blacklist', ['bob']],
        ['contactAdd', 'bob'],
        ['contactRemove', 'bob'],
      );
      expect(await Promise.all(settled)).toMatchObject([
        { result: { state: { round } } },
        { result: { state: { round } } },
        { result: null },
        { error: { code: 'notAllowed' } },
        { result: null },
        { result: { userName: 'bob' } },
        { result: null },
      ]);
    }
  });

  test('live messages begin right behind a join and end with the leave, while others talk', async () => {
    const roomName = `talk-${format}`;
    const talker = await login('talker', 1);
    await talker.call('roomCreate', roomName);
    await talker.call('roomJoin', roomName);
    let talking = true;
    scope.add(() => {
      talking = false;
    });
    const talk = (async () => {
      while (talking) await Promise.all(talker.callAll(...Array<Call>(4).fill(['roomMessage', roomName, {}])));
    })();
    const visits: { visitor: User; joinedAt: number }[] = [];
    for (let round = 0; round < rounds; round++) {
      const visitor = await login('visitor', 0);
      const [joined] = await joinAll(visitor, roomName);
      const joinedAt = Number(joined?.['lastMessageId']);
      await visitor.next('roomMessage');
      await visitor.next('roomMessage');
      await visitor.call('roomLeave', roomName);
      visits.push({ visitor, joinedAt });
    }
    talking = false;
    await talk;
    for (const { visitor, joinedAt } of visits) {
      const names = visitor.received.map(nameOf);
      expect(names.indexOf('roomsJoin')).toBeLessThan(names.indexOf('roomMessage'));
      // By now the talk is over on this node too: whatever could come has come.
      await joinAll(visitor, roomName);
      const left = visitor.received.findIndex((entry) => 'method' in entry && entry.method === 'roomLeave');
      const seen = liveIds(visitor.received.slice(0, left), roomName);
      expect(seen.length).toBeGreaterThanOrEqual(2);
      expect(seen).toEqual(seen.map((_, i) => joinedAt + 1 + i));
      expect(liveIds(visitor.received.slice(left), roomName)).toEqual([]);
    }
  });
});

test('changes take effect as they were sent where the node of their socket does not hear the room yet', async () => {
  const [near, far] = [
    await loginRpc(scope, service.node(0).url, 'writer'),
    await loginRpc(scope, service.node(1).url, 'writer'),
  ];
  for (let round = 0; round < 5; round++) {
    const roomName = `changed-${round}`;
    await near.call('roomCreate', roomName);
    await near.call('roomJoin', roomName);
    await near.call('roomMessage', roomName, { textMessage: '' });
    await near.call('roomMessage', roomName, { textMessage: '' });
    const outcomes = await Promise.all([
      ...far.callAll(
        ...['one', 'two', 'three'].map((text): Call => ['roomMessageUpdate', roomName, 1, { textMessage: text }]),
        ...['Hel', 'lo ', 'wor', 'ld'].map((text): Call => ['roomMessageAppend', roomName, 2, text]),
      ),
      ...far.callAll(['roomMessageUpdate', roomName, 1, { textMessage: 'four' }]),
    ]);
    expect(outcomes.filter((outcome) => 'error' in outcome)).toEqual([]);
    const history = await near.call('roomRecentHistory', roomName);
    expect(history).toMatchObject([{ textMessage: 'Hello world' }, { textMessage: 'four' }]);
  }
});
