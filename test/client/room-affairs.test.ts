// What a room is besides its messages, as its object has it: read when somebody looks, in place before it is told, put in order by
// versions, and read again after a loss. The service is scripted.
import { expect, jest, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { failureOf } from '../support/client.ts';
import { useScope } from '../support/scope.ts';
import { described } from './belonging.ts';
import { authData } from './fake-service.ts';
import { entry, inRoom, ownName, settle, type Notification } from './in-room.ts';

const scope = useScope();

const changed = (version: number, changes: object, by: string | null = 'bob'): Notification => [
  'roomAttributesChanged',
  'lobby',
  // Made of literals here.
  changes as never,
  version,
  by,
];

test('nothing is asked for until somebody looks; a look has the room read, once', async () => {
  const { service, client, room } = await inRoom(scope);
  expect([room.muted, room.role, room.kind, room.slowModeMs, room.meta]).toEqual([
    false,
    undefined,
    undefined,
    undefined,
    {},
  ]);
  await settle({ client, service });
  expect(service.waiting).toEqual([]);
  const updates: unknown[] = [];
  room.on('update', (change) => updates.push([change, room.get('title'), room.role]));
  expect([room.attributes, room.get('title'), room.silencedUntil]).toEqual([{}, undefined, undefined]);
  (await service.next('roomInfo')).answer(
    described({ role: 'admin', muted: true, slowModeMs: 500, silencedUntil: null }),
  );
  await eventually(() => expect(room.attributes).toEqual({ title: 'Tea' }));
  expect(updates).toEqual([
    [
      { changed: ['kind', 'role', 'muted', 'slowModeMs', 'members', 'silencedUntil', 'attributes', 'meta'] },
      'Tea',
      'admin',
    ],
  ]);
  expect([room.kind, room.muted, room.slowModeMs, room.silencedUntil]).toEqual(['normal', true, 500, null]);
  expect([room.meta, room.attributes === room.attributes, room.members.count]).toEqual([room.attributes, true, 3]);
  expect(service.waiting).toEqual([]);
});

test('a reading that was asked for, and fails for the moment, says so, and is made good: who looks later has it', async () => {
  const { service, room } = await inRoom(scope);
  for (const read of [() => room.info(), () => room.fetch()]) {
    const failed = failureOf(read());
    (await service.next('roomInfo')).refuse('unavailable', 1);
    expect((await failed).code).toBe('unavailable');
    const title = `Tea ${String(read)}`;
    (await service.next('roomInfo')).answer(described({ attributes: { title } }));
    await eventually(() => expect(room.attributes).toEqual({ title }));
  }
  expect(service.waiting).toEqual([]);
});

test('a change is in place before it is told; one that is known already is not told again', async () => {
  const { service, client, room } = await inRoom(scope);
  const told: unknown[] = [];
  room.on('attributes', ({ changes, version, by }) => told.push([changes, version, by, { ...room.attributes }]));
  (await service.next('roomInfo')).answer(described());
  await settle({ client, service });
  await settle({ client, service }, [
    changed(2, { 'order.state': 'open' }),
    changed(2, { 'order.state': 'open' }),
    changed(3, { title: null }, null),
  ]);
  expect(told).toEqual([
    [{ 'order.state': 'open' }, 2, 'bob', { title: 'Tea', order: { state: 'open' } }],
    [{ title: null }, 3, null, { order: { state: 'open' } }],
  ]);
});

test('a reading that is older than what was told since does not undo it, and what is missing between them is read', async () => {
  const { service, client, room } = await inRoom(scope);
  room.on('attributes', () => undefined);
  const reading = await service.next('roomInfo');
  // Behind the room as it was read, and told before that is answered.
  await settle({ client, service }, [changed(2, { title: 'Milk' }), changed(3, { more: 1 })]);
  reading.answer(described());
  await settle({ client, service });
  expect(room.attributes).toEqual({ title: 'Milk', more: 1 });
  expect(service.waiting).toEqual([]);
  // One was lost: nobody promises them beyond a loss of the service's.
  await settle({ client, service }, [changed(5, { title: 'Rum' })]);
  expect(room.attributes).toEqual({ title: 'Rum', more: 1 });
  (await service.next('roomInfo')).answer(described({ attributes: { title: 'Rum', found: true }, version: 5 }));
  await eventually(() => expect(room.attributes).toEqual({ title: 'Rum', found: true }));
});

test('what is set is shown at once, and saved alone; refused, it stays to be saved or dropped', async () => {
  const { service, client, room } = await inRoom(scope);
  const fetching = room.fetch();
  (await service.next('roomInfo')).answer(described());
  await fetching;
  room.set('order.state', 'open').set('order.at', new Date(0)).set('title', null);
  const shown = { order: { state: 'open', at: '1970-01-01T00:00:00.000Z' } };
  expect([room.attributes, room.get('order.state'), room.get('title')]).toEqual([shown, 'open', undefined]);
  const refused = failureOf(room.save({ ifVersion: 1 }));
  const first = await service.next('roomAttributesSet');
  const changes = { 'order.state': 'open', 'order.at': '1970-01-01T00:00:00.000Z', title: null };
  expect(first.params).toEqual(['lobby', changes, { ifVersion: 1 }]);
  first.refuse('versionConflict');
  expect((await refused).code).toBe('versionConflict');
  expect(room.attributes).toEqual(shown);

  const told: unknown[] = [];
  room.on('attributes', (news) => told.push(news));
  const saving = room.save();
  const second = await service.next('roomAttributesSet');
  expect(second.params).toEqual(['lobby', changes]);
  room.set('later', true);
  second.send([changed(2, changes, ownName)]);
  second.answer({ version: 2 });
  expect(await saving).toBe(2);
  expect(told).toEqual([{ changes, version: 2, by: ownName }]);
  expect(room.attributes).toEqual({ ...shown, later: true });

  // `fetch` drops what is left, and an empty save asks for nothing.
  const again = room.fetch();
  (await service.next('roomInfo')).answer(described({ attributes: shown, version: 2 }));
  await again;
  expect([room.attributes, await room.save()]).toEqual([shown, 2]);
  expect(() => room.set('f', () => undefined)).toThrow('function');
  expect(() => room.set('a..b', 1)).toThrow('empty part');
  expect(room.get('a')).toBeUndefined();
  await settle({ client, service });
  expect(service.waiting).toEqual([]);
});

test('of two saves in one turn each change is sent once', async () => {
  const { service, room } = await inRoom(scope);
  const first = room.set('a', 1).save();
  const second = room.set('b', 2).save();
  const third = failureOf(room.save({ ifVersion: 1 }));
  const asked = await service.next('roomAttributesSet');
  expect(asked.params).toEqual(['lobby', { a: 1 }]);
  room.set('c', 3);
  asked.answer({ version: 1 });
  const other = await service.next('roomAttributesSet');
  expect(other.params).toEqual(['lobby', { b: 2, c: 3 }]);
  other.refuse('unavailable');
  expect([await first, (await failureOf(second)).code]).toEqual([1, 'unavailable']);
  const last = await service.next('roomAttributesSet');
  expect(last.params).toEqual(['lobby', { b: 2, c: 3 }, { ifVersion: 1 }]);
  last.refuse('versionConflict');
  expect((await third).code).toBe('versionConflict');
});

test('after a loss what was looked at is read again, and what has changed is told', async () => {
  const { service, client, room } = await inRoom(scope);
  const told: unknown[] = [];
  room.on('attributes', ({ changes, by }) => told.push([changes, by]));
  (await service.next('roomInfo')).answer(described());
  service.cut();
  (await service.next('roomsJoin')).answer([entry(5)]);
  (await service.next('roomInfo')).answer(
    described({ attributes: { title: 'Rum', glass: true }, version: 7, muted: true, role: 'admin' }),
  );
  await eventually(() => expect(told).toEqual([[{ title: 'Rum', glass: true }, undefined]]));
  expect([room.muted, room.role]).toEqual([true, 'admin']);
  // Versions of a log that the service has lost count from where it is now.
  service.cut();
  (await service.next('roomsJoin')).answer([entry(5)]);
  (await service.next('roomInfo')).answer(described({ attributes: {}, version: 0 }));
  await eventually(() => expect(told.at(-1)).toEqual([{ title: null, glass: null }, undefined]));
  await settle({ client, service }, [changed(1, { title: 'Tea' })]);
  expect(room.attributes).toEqual({ title: 'Tea' });
});

test('its own silence is known from notices, from the room and from what is refused, and ends by itself', async () => {
  const { service, client, room } = await inRoom(scope);
  const told: string[] = [];
  for (const event of ['silenced', 'unsilenced'] as const) {
    room.on(event, ({ userNames, by }) =>
      told.push(`${event} ${userNames.join()} by ${String(by)}: ${String(room.silencedUntil)}`),
    );
  }
  (await service.next('roomInfo')).answer(described());
  const { serverTime } = authData() as { serverTime: number };
  // A second of the service's, whose clock shows another time.
  const until = serverTime + 60_000;
  await settle({ client, service }, [
    ['roomSilenced', 'lobby', ['mallory'], null, 'bob'],
    ['roomSilenced', 'lobby', [ownName, 'carol'], until, 'bob'],
    ['roomUnsilenced', 'lobby', [ownName], null],
    ['roomSilenced', 'lobby', [ownName], null, null],
    ['roomSilenced', 'lobby', [ownName], until, 'bob'],
  ]);
  expect(told).toEqual([
    'silenced mallory by bob: undefined',
    `silenced ${ownName},carol by bob: ${until}`,
    `unsilenced ${ownName} by null: undefined`,
    `silenced ${ownName} by null: null`,
    `silenced ${ownName} by bob: ${until}`,
  ]);
  await settle({ client, service }, [['roomUnsilenced', 'lobby', [ownName], 'bob']]);
  const refused = failureOf(room.send({ n: 1 }).done);
  (await service.next('roomMessage')).refuse('silenced', undefined, { args: [serverTime + 300_000] });
  expect((await refused).code).toBe('silenced');
  expect(room.silencedUntil).toBe(serverTime + 300_000);
  const ended = new Promise((resolve) => room.on('update', resolve));
  await settle({ client, service }, [['roomSilenced', 'lobby', [ownName], serverTime + 1_500, 'bob']]);
  await ended;
  await eventually(() => expect(room.silencedUntil).toBe(undefined));
});

test('a silence lasts as long as it does, also where somebody sets the clock of the machine', async () => {
  const { service, client, room } = await inRoom(scope);
  expect(room.silencedUntil).toBe(undefined);
  (await service.next('roomInfo')).answer(described());
  const { serverTime } = authData() as { serverTime: number };
  const until = serverTime + 60_000;
  const now = Date.now.bind(Date);
  const clock = jest.spyOn(Date, 'now');
  try {
    clock.mockImplementation(() => now() + 3_600_000);
    await settle({ client, service }, [['roomSilenced', 'lobby', [ownName], until, 'bob']]);
    expect(room.silencedUntil).toBe(until);
    // Back again: what is over stays so.
    clock.mockImplementation(() => now() - 3_600_000);
    expect(room.silencedUntil).toBe(until);
    await settle({ client, service }, [['roomSilenced', 'lobby', [ownName], serverTime - 1_000, 'bob']]);
    expect(room.silencedUntil).toBe(undefined);
  } finally {
    clock.mockRestore();
  }
});

test('muting, slow mode, roles and silence are asked for by name', async () => {
  const { service, client, room } = await inRoom(scope);
  const told: unknown[] = [];
  room.on('muted', ({ muted }) => told.push(['muted', muted, room.muted]));
  room.on('update', (change) => told.push(change));
  const mute = room.mute();
  const muting = await service.next('roomMute');
  expect(muting.params).toEqual(['lobby']);
  muting.answer(null);
  await mute;
  expect([room.muted, told]).toEqual([true, [{ changed: ['muted'] }]]);
  await settle({ client, service }, [['roomMuteEcho', 'lobby', false]]);
  expect(told.slice(1)).toEqual([{ changed: ['muted'] }, ['muted', false, false]]);
  const asked: [() => Promise<unknown>, string, unknown[]][] = [
    [() => room.unmute(), 'roomUnmute', ['lobby']],
    [() => room.slowMode(500), 'roomSlowModeSet', ['lobby', 500]],
    [() => room.silence('bob'), 'roomSilence', ['lobby', ['bob']]],
    [
      () => room.silence(['bob', 'carol'], { until: new Date(9) }),
      'roomSilence',
      ['lobby', ['bob', 'carol'], { until: 9 }],
    ],
    [() => room.unsilence('bob'), 'roomUnsilence', ['lobby', ['bob']]],
    [() => room.members.setRole('bob', 'admin'), 'roomRoleSet', ['lobby', 'bob', 'admin']],
    [() => room.members.join(), 'roomMemberJoin', ['lobby']],
    [() => room.members.quit(), 'roomMemberQuit', ['lobby']],
  ];
  for (const [ask, name, params] of asked) {
    const answered = ask();
    const request = await service.next(name);
    expect([name, request.params]).toEqual([name, params]);
    request.answer(null);
    expect(await answered).toBe(undefined);
  }
  const silenced = room.silenced({ limit: 1 });
  const page = { silenced: [{ userName: 'bob', until: null }], cursor: 'bob' };
  (await service.next('roomSilencedGet')).answer(page);
  expect(await silenced).toEqual(page);
});

test('a room that may not be looked at, or is gone, is no failure of the client; what was known of it goes', async () => {
  const { service, client, room } = await inRoom(scope);
  const errors = jest.fn();
  client.on('error', errors);
  room.on('attributes', () => undefined);
  (await service.next('roomInfo')).answer(described());
  await eventually(() => expect(room.get('title')).toBe('Tea'));
  const updates: unknown[] = [];
  room.on('update', (change) => updates.push(change));
  await settle({ client, service }, [['roomAccessRemoved', 'lobby']]);
  expect(JSON.stringify(updates)).toContain('"attributes"');
  expect([room.isJoined, room.attributes, room.role]).toEqual([false, {}, undefined]);
  const stranger = client.room('den');
  expect(stranger.attributes).toEqual({});
  (await service.next('roomInfo')).refuse('notJoined');
  await settle({ client, service });
  expect(errors).not.toHaveBeenCalled();
  expect(
    (await Promise.all([failureOf(stranger.info()), service.next('roomInfo').then((get) => get.refuse('noRoom'))]))[0]
      .code,
  ).toBe('noRoom');
});
