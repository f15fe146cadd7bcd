// A Redis that comes back as it was, while nodes follow a room of which it has lost changes: everybody is told to read again, in another
// life of the log, nothing of what was lost is counted on, and the client library ends with what is read.
import { expect, test } from '@jest/globals';
import type { Message } from '../../src/client/message/message.ts';
import { connectClient, type TestClient } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis } from '../support/redis.ts';
import { loginRpc } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';

const scope = useScope();
const room = 'lobby';

async function read(client: TestClient): Promise<Message[]> {
  const messages: Message[] = [];
  for await (const message of client.room(room).history({ direction: 'forward' })) messages.push(message);
  return messages;
}

const stateOf = ({ id, version, content, reactions, recalled }: Message): unknown => ({
  id,
  version,
  recalled,
  text: content['textMessage'],
  reactions: Object.fromEntries(reactions),
});

test('changes that a failover has lost are told by a reset of another epoch, and numbers go on from what is left', async () => {
  const redis = await startRedis(scope);
  const service = await startService(scope, { redis, nodes: 2, env: { PARLEY_NODE_LEASE_MS: '3000' } });
  const [one, other] = [service.node(0).url, service.node(1).url];
  const alice = await loginRpc(scope, one, 'alice');
  const bob = await loginRpc(scope, other, 'bob');
  await alice.call('roomCreate', room);
  for (const user of [alice, bob]) await user.call('roomJoin', room);
  const clients = await Promise.all(
    [one, other].map((urls, i) => connectClient(scope, { urls, userName: `client${i}` })),
  );
  for (const client of clients) await client.join(room);
  for (const textMessage of ['a', 'b', 'c']) await alice.call('roomMessage', room, { textMessage });
  await alice.call('roomMessageUpdate', room, 1, { textMessage: 'a kept' });
  await bob.call('roomMessageReact', room, 2, 'kept');
  await redis.client().save();

  // Of more than one version, so that what is left looks older than what was told.
  for (const textMessage of ['lost', 'lost too']) await alice.call('roomMessageUpdate', room, 1, { textMessage });
  await bob.call('roomMessageReact', room, 2, 'lost');
  await alice.call('roomMessageRecall', room, 3);
  for (const client of clients) {
    await client.next('roomMessageChanged', (_, { change }) => change === 6);
    expect((await read(client)).map(({ version, recalled }) => [version, recalled])).toEqual([
      [4, false],
      [1, false],
      [2, true],
    ]);
  }
  const before = clients.map((client) => client.position(room));
  expect(before).toMatchObject([{ lastChange: 6 }, { lastChange: 6 }]);
  await redis.kill();
  await redis.restart();

  const resets = await Promise.all([alice.next('roomReset'), bob.next('roomReset')]);
  const [[, epoch]] = resets as [unknown[], unknown[]];
  expect(epoch).not.toBe(before[0]?.epoch);
  expect(resets).toEqual([
    [room, epoch, 3],
    [room, epoch, 3],
  ]);
  for (const client of clients) {
    await client.next('roomReset', (_, life) => life === epoch);
    await eventually(() => expect(client.position(room)).toMatchObject({ epoch, lastMessageId: 3, lastChange: 2 }));
  }
  const left = [
    { id: 1, version: 2, recalled: false, text: 'a kept', reactions: {} },
    { id: 2, version: 1, recalled: false, text: 'b', reactions: { kept: 1 } },
    { id: 3, version: 1, recalled: false, text: 'c', reactions: {} },
  ];
  const shown = await Promise.all(clients.map(read));
  for (const messages of shown) expect(messages.map(stateOf)).toEqual(left);

  // Positions from before are of another life, whatever the numbers say.
  for (const url of [one, other]) {
    const late = await loginRpc(scope, url, 'late');
    for (const lastChange of [0, 2, 6]) {
      const place = { roomName: room, epoch: before[0]?.epoch ?? '', lastMessageId: 3, lastChange };
      const [entry] = (await late.call('roomsJoin', [place])) as [unknown];
      expect(entry).toMatchObject({ epoch, lastChange: 2, recovered: false, changesRecovered: false });
      expect(entry).toMatchObject({ messages: [], changes: [] });
    }
    const here = { roomName: room, epoch: String(epoch), lastMessageId: 3, lastChange: 2 };
    const [entry] = (await late.call('roomsJoin', [here])) as [unknown];
    expect(entry).toMatchObject({ recovered: true, changesRecovered: true, changes: [] });
  }

  // The numbers and versions that were lost are given again, to other changes.
  await alice.call('roomMessageUpdate', room, 1, { textMessage: 'again' });
  await bob.call('roomMessageReact', room, 3, 'again');
  for (const [i, client] of clients.entries()) {
    await eventually(() => expect(client.position(room)).toMatchObject({ epoch, lastChange: 4 }));
    expect(shown[i]?.map(stateOf)).toEqual([
      { ...left[0], version: 3, text: 'again' },
      left[1],
      { ...left[2], reactions: { again: 1 } },
    ]);
    expect(client.counters).toEqual({ duplicates: 0, gaps: 0 });
  }
  const heard = bob.heard('roomMessageChanged').map(([, change]) => Object(change).change);
  expect(heard).toEqual([1, 2, 3, 4, 5, 6, 3, 4]);
});
