// Rooms on real nodes: several make one at once, messages go out while links break and a node dies, devices of one user
// share what is read, and everybody knows who is there and who types.
import { expect, test } from '@jest/globals';
import type { Message } from '../../src/client/message/message.ts';
import type { Room } from '../../src/client/room/room.ts';
import { connectClient, type TestClient, type TestClientOptions } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { startLink } from '../support/faulty-link.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';

const scope = useScope();
const reconnect = { minDelayMs: 5, maxDelayMs: 50 };
const busy = { PARLEY_RATE_REQUESTS_PER_SECOND: '10000', PARLEY_RATE_BURST: '10000' };

const connect = (
  urls: string | readonly string[],
  userName: string,
  more: Partial<TestClientOptions> = {},
): Promise<TestClient> => connectClient(scope, { urls, userName, reconnect, offlineMessages: 'unread', ...more });

const wsOf = ({ port }: { readonly port: number }): string => `ws://127.0.0.1:${port}/ws`;

function hear(room: Room): Message[] {
  const heard: Message[] = [];
  room.on('message', (message) => heard.push(message));
  return heard;
}

const wordsOf = (messages: readonly Message[]): unknown[] => messages.map(({ content }) => content['text']);

test('whatever breaks, each message is stored once, in the order of the calls, and heard as the object that was sent', async () => {
  const service = await startService(scope, { nodes: 3, env: busy });
  const [first, second, third] = [service.node(0), service.node(1), service.node(2)];
  const link = await startLink(scope, first.port);
  // The last node of the phone is the one that dies.
  const phone = await connect([wsOf(link), third.url], 'alice');
  const laptop = await connect(second.url, 'alice', { format: 'json' });
  const bob = await connect(second.url, 'bob');
  const clients = [phone, laptop, bob];
  const rooms = await Promise.all(clients.map((client) => client.room('den').join({ create: true })));
  const [phoneRoom, laptopRoom, bobRoom] = rooms;
  if (phoneRoom === undefined || laptopRoom === undefined || bobRoom === undefined) throw new Error('three rooms');
  const heard = rooms.map(hear);
  const sent: Message[] = [];
  const sentElsewhere: Message[] = [];
  for (let n = 0; n < 120; n++) {
    sent.push(phoneRoom.send({ text: `phone ${n}` }));
    sentElsewhere.push(laptopRoom.send({ text: `laptop ${n}` }));
    if (n % 20 === 10) {
      await sent[n - 5]?.done;
      link.cut();
    }
    if (n === 70) {
      link.refuse(true);
      link.cut();
      await sentElsewhere[n]?.done;
      await eventually(() => expect(phone.state).toBe('connected'));
      link.refuse(false);
      await third.kill();
    }
  }
  await Promise.all([...sent, ...sentElsewhere].map(({ done }) => done));
  const last = await bobRoom.send({ text: 'last' }).done;
  expect(last.id).toBe(241);
  await eventually(() => expect(rooms.map(({ lastMessage }) => lastMessage?.id)).toEqual([241, 241, 241]));

  for (const messages of heard)
    expect(messages.map(({ id }) => id)).toEqual(Array.from({ length: 241 }, (_, i) => i + 1));
  expect(heard[0]?.filter((message) => sent.includes(message))).toEqual(sent);
  expect(heard[1]?.filter((message) => sentElsewhere.includes(message))).toEqual(sentElsewhere);
  const log: Message[] = [];
  for await (const message of bobRoom.history({ direction: 'forward' })) log.push(message);
  expect(wordsOf(log)).toEqual(wordsOf(heard[2] ?? []));
  expect(wordsOf(log.filter(({ id }) => sent.some((message) => message.id === id)))).toEqual(wordsOf(sent));
  const back: Message[] = [];
  for await (const message of phoneRoom.history({ from: 200, limit: 150 })) back.push(message);
  expect(back.map(({ id }) => id)).toEqual(Array.from({ length: 150 }, (_, i) => 199 - i));
  expect(clients.map(({ counters }) => counters.gaps)).toEqual([0, 0, 0]);
}, 90_000);

test('two devices that say the same at the same time each hear their own message as their own object', async () => {
  const service = await startService(scope, { nodes: 2, env: busy });
  const devices = await Promise.all(service.nodes.map(({ url }) => connect(url, 'alice')));
  const rooms = await Promise.all(devices.map((device) => device.room('den').join({ create: true })));
  const heard = rooms.map(hear);
  const sent = rooms.map((room) => Array.from({ length: 30 }, () => room.send({ text: 'ok' })));
  await Promise.all(sent.flat().map(({ done }) => done));
  await eventually(() => expect(heard.map(({ length }) => length)).toEqual([60, 60]));
  for (const [index, messages] of heard.entries()) {
    const own = sent[index] ?? [];
    expect(messages.map(({ id }) => id)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
    expect(messages.filter((message) => own.includes(message))).toEqual(own);
    expect(messages.every(({ isOwn, status }) => isOwn && status === 'sent')).toBe(true);
  }
  const ids = sent.flat().map(({ id }) => id);
  expect(new Set(ids).size).toBe(60);
});

test('what one device has read is read on the other, live and after it was away', async () => {
  const service = await startService(scope, { nodes: 2 });
  const [here, there] = [service.node(0).url, service.node(1).url];
  const link = await startLink(scope, service.node(0).port);
  const bob = await connect(here, 'bob');
  const bobRoom = await bob.room('den').join({ create: true });
  const phone = await connect(wsOf(link), 'alice');
  const laptop = await connect(there, 'alice');
  const rooms = await Promise.all([phone, laptop].map((device) => device.room('den').join()));
  const [phoneRoom, laptopRoom] = rooms;
  if (phoneRoom === undefined || laptopRoom === undefined) throw new Error('two rooms');
  const counts = (): unknown => rooms.map(({ unread, mentioned }) => [unread, mentioned]);
  for (const text of ['a', 'b']) await bobRoom.send({ text }).done;
  await bobRoom.send({ text: 'c' }, { mentions: ['alice'] }).done;
  await eventually(() =>
    expect(counts()).toEqual([
      [3, true],
      [3, true],
    ]),
  );
  laptopRoom.read(2);
  await eventually(() =>
    expect(counts()).toEqual([
      [1, true],
      [1, true],
    ]),
  );
  laptopRoom.read();
  await eventually(() =>
    expect(counts()).toEqual([
      [0, false],
      [0, false],
    ]),
  );

  const away = phone.next('disconnect');
  link.refuse(true);
  link.cut();
  await away;
  for (const text of ['d', 'e', 'f']) await bobRoom.send({ text }).done;
  await eventually(() => expect(laptopRoom.unread).toBe(3));
  laptopRoom.read(5);
  await eventually(() => expect(laptopRoom.unread).toBe(1));
  link.refuse(false);
  await eventually(() =>
    expect(counts()).toEqual([
      [1, false],
      [1, false],
    ]),
  );
  expect(phoneRoom.lastMessage).toMatchObject({ id: 6, content: { text: 'f' } });
  // What is said by oneself is read.
  await laptopRoom.send({ text: 'g' }).done;
  await eventually(() =>
    expect(counts()).toEqual([
      [0, false],
      [0, false],
    ]),
  );
});

test('who is in the room, and who types, is known on all nodes, after a loss too', async () => {
  const service = await startService(scope, { nodes: 2 });
  const [here, there] = [service.node(0).url, service.node(1).url];
  const link = await startLink(scope, service.node(0).port);
  const alice = await connect(wsOf(link), 'alice');
  const room = await alice.room('den').join({ create: true });
  const told: string[] = [];
  room.on('join', ({ user }) => told.push(`+${user.userName}`));
  room.on('leave', ({ user }) => told.push(`-${user.userName}`));
  room.on('typing', ({ userName, isTyping }) =>
    told.push(`${userName} ${isTyping ? 'types' : 'stops'}: ${[...room.typists].join()}`),
  );
  await eventually(() => expect([...room.users.keys()]).toEqual(['alice']));
  const bob = await connect(there, 'bob');
  const bobRoom = await bob.room('den').join();
  await eventually(() => expect([...room.users.keys()]).toEqual(['alice', 'bob']));
  // By what is told: it is so for a second only.
  const once = ['bob types: bob', 'bob stops: '];
  bobRoom.typing();
  await eventually(() => expect(told).toEqual(['+bob', ...once]));
  expect([...room.typists]).toEqual([]);
  bobRoom.typing();
  await eventually(() => expect(told.slice(3)).toContain('bob types: bob'));
  await bobRoom.send({ text: 'hello' }).done;
  await eventually(() => expect(told).toEqual(['+bob', ...once, ...once]));
  // Typing is nothing that stays.
  expect(await room.history().next()).toMatchObject({ value: { id: 1, content: { text: 'hello' } } });

  const away = alice.next('disconnect');
  link.refuse(true);
  link.cut();
  await away;
  const carol = await connect(here, 'carol');
  await carol.room('den').join();
  await bobRoom.leave();
  link.refuse(false);
  await eventually(() => expect([...room.users.keys()].toSorted()).toEqual(['alice', 'carol']));
  expect(told.slice(5).toSorted()).toEqual(['+carol', '-bob']);
});

test('a room that is deleted, or lost by its lists, is told on every device with a reason', async () => {
  const service = await startService(scope, { nodes: 2 });
  const bob = await connect(service.node(0).url, 'bob');
  const alice = await connect(service.node(1).url, 'alice');
  const removed: string[] = [];
  for (const name of ['den', 'attic']) {
    await bob.room(name).join({ create: true });
    const room = await alice.room(name).join();
    room.on('removed', ({ reason }) => removed.push(`${name} ${room.isJoined} ${reason !== ''}`));
  }
  await bob.request('roomDelete', { roomName: 'den' });
  await eventually(() => expect(removed).toEqual(['den false true']));
  await bob.request('roomAddToList', { roomName: 'attic', listName: 'blacklist', userNames: ['alice'] });
  await eventually(() => expect(removed).toEqual(['den false true', 'attic false true']));
  expect(alice.room('attic').send({ text: 'hello' }).status).toBe('sending');
  await eventually(() => expect(alice.room('attic')).toMatchObject({ isJoined: false, unread: 0 }));
});
