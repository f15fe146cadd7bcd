// What users show of how they are: read when somebody looks, kept by what is told, and read again after a loss.
import { expect, test } from '@jest/globals';
import { failureOf } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { entry, inRoom, ownName, settle } from './in-room.ts';

const scope = useScope();

test('a look reads it once; what is told meanwhile, and later, is in place before its event', async () => {
  const { service, client } = await inRoom(scope);
  const bob = client.user('bob');
  const told: unknown[] = [];
  bob.on('update', () => told.push(['update', bob.state]));
  bob.on('state', (changes) => told.push([changes, bob.state]));
  expect([bob.state, bob.state]).toEqual([{}, {}]);
  const reading = await service.next('userStateGet');
  expect(reading.params).toEqual(['bob']);
  await settle({ client, service }, [['userStateChanged', 'bob', { 'at.place': 'home' }]]);
  reading.answer({ state: { mood: 'tea' } });
  const all = { mood: 'tea', at: { place: 'home' } };
  await eventually(() => expect(bob.state).toEqual(all));
  await settle({ client, service }, [['userStateChanged', 'bob', { mood: null }]]);
  const early = { at: { place: 'home' } };
  expect(told).toEqual([
    ['update', early],
    [{ 'at.place': 'home' }, early],
    ['update', all],
    ['update', early],
    [{ mood: null }, early],
  ]);
  expect([bob.state === bob.state, service.waiting]).toEqual([true, []]);
});

test('after a loss it is read again for who listens, and for the others when they look', async () => {
  const { service, client } = await inRoom(scope);
  const [bob, carol] = [client.user('bob'), client.user('carol')];
  const changes: unknown[] = [];
  bob.on('state', (news) => changes.push(news));
  (await service.next('userStateGet')).answer({ state: { mood: 'tea' } });
  void carol.state;
  (await service.next('userStateGet')).answer({ state: { mood: 'rum' } });
  await eventually(() => expect(carol.state).toEqual({ mood: 'rum' }));
  service.cut();
  const again = await service.next('userStateGet');
  expect(again.params).toEqual(['bob']);
  again.answer({ state: { mood: 'milk' } });
  await eventually(() => expect(changes).toEqual([{ mood: 'milk' }]));
  expect(service.waiting.map(({ method }) => method)).toEqual(['roomsJoin']);
  expect(carol.state).toEqual({ mood: 'rum' });
  (await service.next('userStateGet')).answer({ state: {} });
  await eventually(() => expect(carol.state).toEqual({}));
});

test("one's own is set by path; another's is not", async () => {
  const { service, client } = await inRoom(scope);
  const { me } = client;
  expect([me, client.user(ownName).userName]).toEqual([client.user(ownName), ownName]);
  const setting = me?.setState({ mood: 'tea', since: new Date(0), 'at.place': null });
  const set = await service.next('userStateSet');
  expect(set.params).toEqual([{ mood: 'tea', since: '1970-01-01T00:00:00.000Z', 'at.place': null }]);
  set.answer({ state: { mood: 'tea', other: 1 } });
  await setting;
  // What the answer says need not be read.
  expect([me?.state, service.waiting]).toEqual([{ mood: 'tea', other: 1 }, []]);
  expect((await failureOf(client.user('bob').setState({ mood: 'rum' }))).code).toBe('notAllowed');
  const unknown = failureOf(client.user('nobody').loadState());
  (await service.next('userStateGet')).refuse('noUser');
  expect((await unknown).code).toBe('noUser');
});

test('after a loss the states of many are read a few at a time', async () => {
  const { service, client } = await inRoom(scope);
  const users = Array.from({ length: 6 }, (_, i) => client.user(`user-${i}`));
  for (const user of users) {
    user.on('state', () => undefined);
    (await service.next('userStateGet')).answer({ state: {} });
  }
  service.cut();
  (await service.next('roomsJoin')).answer([entry(0)]);
  const asked = (): number => service.waiting.filter(({ method }) => method === 'userStateGet').length;
  const names: unknown[] = [];
  while (names.length < users.length) {
    await eventually(() => expect(asked()).toBe(Math.min(2, users.length - names.length)));
    const reading = await service.next('userStateGet');
    names.push(reading.params[0]);
    reading.answer({ state: { mood: 'tea' } });
  }
  expect(new Set(names)).toEqual(new Set(users.map(({ userName }) => userName)));
  await eventually(() => expect(users.map(({ state }) => state)).toEqual(users.map(() => ({ mood: 'tea' }))));
});

test('what another device has set is not undone by an answer that does not know of it', async () => {
  const { service, client } = await inRoom(scope);
  const { me } = client;
  const setting = me?.setState({ mood: 'tea' });
  const set = await service.next('userStateSet');
  await settle({ client, service }, [['userStateChanged', ownName, { mood: 'tea', place: 'home' }]]);
  set.answer({ state: { mood: 'tea' } });
  (await service.next('userStateGet')).answer({ state: { mood: 'tea', place: 'home' } });
  await setting;
  await eventually(() => expect(me?.state).toEqual({ mood: 'tea', place: 'home' }));
});
