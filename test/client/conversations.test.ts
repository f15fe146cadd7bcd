// Rooms that people belong to on real nodes, by the library's objects: who belongs to them has them in its list, whether it is there or
// not; what one does the others are told; and after a loss all of it is as it is on the service.
import { expect, test } from '@jest/globals';
import type { RoomEntry } from '../../src/client/conversation/room-entry.ts';
import type { Signature } from '../../src/client/connection/signatures.ts';
import { connectClient, failureOf, type TestClient, type TestClientOptions } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { startLink } from '../support/faulty-link.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';
import { signatureSecret, signed } from '../support/signing.ts';

const scope = useScope();

const connect = (url: string, userName: string, more: Partial<TestClientOptions> = {}): Promise<TestClient> =>
  connectClient(scope, { urls: url, userName, offlineMessages: 'unread', ...more });

const shown = (list: readonly RoomEntry[]): unknown[] =>
  list.map(({ room, unread, role }) => [room.name, role, unread]);

test('who is made a member has the room in its list and what is unread of it, without being in it, until it is removed', async () => {
  const service = await startService(scope, { nodes: 2 });
  const [alice, bob] = await Promise.all([
    connect(service.node(0).url, 'alice'),
    connect(service.node(1).url, 'bob', { format: 'json' }),
  ]);
  await bob.conversations.load();
  const events: unknown[] = [];
  bob.conversations.on('invited', ({ room, by, attributes }) => events.push(['invited', room.name, by, attributes]));
  bob.conversations.on('kicked', ({ room, by }) => events.push(['kicked', room.name, by]));
  const room = await alice.conversations.create({ members: ['bob'], attributes: { title: 'Tea' } });
  await eventually(() => expect(events).toEqual([['invited', room.name, 'alice', { title: 'Tea' }]]));
  await eventually(() => expect(bob.conversations.list).toMatchObject([{ role: 'member', memberCount: 2 }]));

  await room.join();
  await room.send({ textMessage: 'one' }).done;
  await eventually(() => expect(shown(bob.conversations.list)).toEqual([[room.name, 'member', 1]]));
  expect(bob.conversations.list[0]?.lastMessage?.content).toEqual({ textMessage: 'one' });
  bob.room(room.name).read();
  await eventually(() => expect(shown(bob.conversations.list)).toEqual([[room.name, 'member', 0]]));

  const other = await alice.conversations.create({ members: ['bob'], name: 'den' });
  await eventually(() => expect(bob.conversations.list.map((entry) => entry.room.name)).toEqual(['den', room.name]));
  // Those of two people are one for good.
  const pair = await alice.conversations.create({ members: ['bob'], unique: true });
  const same = await bob.conversations.create({ members: ['alice'], unique: true });
  expect([pair === room, pair === other, same.name]).toEqual([false, false, pair.name]);

  await bob.room('den').join();
  await bob.room('den').members.load();
  await alice.room('den').members.remove('bob');
  await eventually(() => expect(events.at(-1)).toEqual(['kicked', 'den', 'alice']));
  await eventually(() => expect(bob.room('den').isJoined).toBe(false));
  expect(bob.conversations.list.map((entry) => entry.room.name)).not.toContain('den');
  const fresh = await connect(service.node(0).url, 'bob');
  const loaded = await fresh.conversations.load();
  expect(loaded.map((entry) => entry.room.name).sort()).toEqual([room.name, pair.name].sort());
});

test('attributes, roles and members are everywhere what they are on the service, over losses, too', async () => {
  const service = await startService(scope, { nodes: 2 });
  const link = await startLink(scope, service.node(1).port);
  const alice = await connect(service.node(0).url, 'alice');
  const bob = await connect(`ws://127.0.0.1:${link.port}/ws`, 'bob', { reconnect: { minDelayMs: 5, maxDelayMs: 50 } });
  const carol = await connect(service.node(0).url, 'carol');
  const ours = await alice.conversations.create({ members: ['bob'], attributes: { title: 'Tea' } });
  const theirs = bob.room(ours.name);
  await Promise.all([ours.join(), theirs.join()]);
  const told: unknown[] = [];
  theirs.on('attributes', ({ changes, by }) => told.push([changes, by]));
  theirs.on('members.added', ({ userNames, by }) => told.push([userNames, by]));
  theirs.on('role', ({ userName, role, by }) => told.push([userName, role, by]));
  await theirs.members.load();
  await eventually(() => expect(theirs.get('title')).toBe('Tea'));
  expect(await ours.fetch()).toBe(ours);
  const version = await ours.set('order.state', 'open').save();
  await ours.members.setRole('bob', 'admin');
  expect((await ours.members.add(['carol', 'nobody-of-that-name'])).done).toEqual(['carol']);
  await eventually(() =>
    expect(told).toEqual([
      [{ 'order.state': 'open' }, 'alice'],
      ['bob', 'admin', 'alice'],
      [['carol'], 'alice'],
    ]),
  );
  expect([theirs.role, theirs.members.get('bob')?.role, theirs.members.has('carol')]).toEqual(['admin', 'admin', true]);
  const late = theirs.set('order.state', 'late').save({ ifVersion: (version ?? 1) - 1 });
  expect((await failureOf(late)).code).toBe('versionConflict');
  await theirs.fetch();

  link.refuse(true);
  link.cut();
  await eventually(() => expect(bob.state).toBe('disconnected'));
  await ours.set('order.state', 'done').set('title', null).save();
  await carol.room(ours.name).members.quit();
  link.refuse(false);
  await eventually(() => expect(theirs.attributes).toEqual({ order: { state: 'done' } }));
  await eventually(() => expect([...theirs.members.keys()].sort()).toEqual(['alice', 'bob']));
  expect(theirs.attributes).toEqual((await theirs.info()).attributes);
});

test('who is silenced knows until when, and may write again when it is over; slow mode holds others back', async () => {
  const service = await startService(scope, { nodes: 2 });
  const alice = await connect(service.node(0).url, 'alice');
  const bob = await connect(service.node(1).url, 'bob');
  const ours = await alice.conversations.create({ members: ['bob'] });
  const theirs = bob.room(ours.name);
  await Promise.all([ours.join(), theirs.join()]);
  await theirs.info();
  expect((await failureOf(theirs.slowMode(0))).code).toBe('notAllowed');
  // Longer than a busy machine stands still: what is said meanwhile has to be refused.
  await ours.silence('bob', { until: Date.now() + 8_000 });
  await eventually(() => expect(theirs.silencedUntil).toBeGreaterThan(0));
  expect((await failureOf(theirs.send({ n: 1 }).done)).code).toBe('silenced');
  await eventually(() => expect(theirs.silencedUntil).toBe(undefined));
  expect(await theirs.send({ n: 2 }).done).toMatchObject({ status: 'sent' });
  await ours.silence('bob');
  await eventually(() => expect(theirs.silencedUntil).toBe(null));
  expect((await ours.silenced()).silenced).toEqual([{ userName: 'bob', until: null }]);
  await ours.unsilence('bob');
  await eventually(() => expect(theirs.silencedUntil).toBe(undefined));
  await ours.slowMode(300);
  await eventually(() => expect(theirs.slowModeMs).toBe(300));
  const sent = [theirs.send({ n: 3 }), theirs.send({ n: 4 })];
  const [third, fourth] = await Promise.all(sent.map(({ done }) => done));
  // Held back by the service, and repeated by the library.
  expect((fourth?.timestamp ?? 0) - (third?.timestamp ?? 0)).toBeGreaterThanOrEqual(300);
});

test('state, search, muting and the will of who vanishes', async () => {
  const service = await startService(scope, { nodes: 2 });
  const alice = await connect(service.node(0).url, 'alice');
  const bob = await connect(service.node(1).url, 'bob', { reconnect: false });
  const ours = await alice.conversations.create({ members: ['bob'] });
  const theirs = bob.room(ours.name);
  await Promise.all([ours.join(), theirs.join()]);
  const states: unknown[] = [];
  alice.user('bob').on('state', (changes) => states.push(changes));
  await bob.me?.setState({ mood: 'tea' });
  await eventually(() => expect(alice.user('bob').state).toEqual({ mood: 'tea' }));
  await theirs.mute();
  expect((await bob.conversations.load())[0]).toMatchObject({ muted: true });
  for (const type of ['place', 'photo', 'place']) await theirs.send({ type }).done;
  const found: unknown[] = [];
  for await (const { content } of ours.search({ type: 'place', author: 'bob' })) found.push(content);
  expect(found).toEqual([{ type: 'place' }, { type: 'place' }]);
  await eventually(() => expect(ours.lastMessage?.id).toBe(3));
  const heard: unknown[] = [];
  ours.on('message', ({ content }) => heard.push(content));
  await theirs.send({ bye: true }, { will: true }).done;
  bob.cut();
  await eventually(() => expect(heard).toEqual([{ bye: true }]));
});

test('where changes of members are signed, the factory signs all of them', async () => {
  const env = { PARLEY_SIGNATURE_SECRET: signatureSecret, PARLEY_SIGNATURES: 'members' };
  const service = await startService(scope, { nodes: 1, env });
  // The helper writes what a server of the operator's would.
  const sign = (text: string): Signature => signed(text)['signature'] as unknown as Signature;
  const conversationSignatureFactory: TestClientOptions['conversationSignatureFactory'] = (room, user, names, action) =>
    sign([action, user, ...(action === 'create' ? [] : [room]), ...names].join(':'));
  const [alice, bob] = await Promise.all([
    connect(service.node(0).url, 'alice', { conversationSignatureFactory }),
    connect(service.node(0).url, 'bob', { conversationSignatureFactory }),
  ]);
  await connect(service.node(0).url, 'zoe');
  const room = await alice.conversations.create({ members: ['zoe', 'bob'] });
  expect((await room.members.remove('bob')).done).toEqual(['bob']);
  expect((await room.members.add('bob')).done).toEqual(['bob']);
  await bob.room(room.name).members.quit();
  const unsigned = await connect(service.node(0).url, 'carol');
  expect((await failureOf(unsigned.conversations.create({ members: ['bob'] }))).code).toBe('badSignature');
});
