// Searching a room or a conversation: pages that are read as the loop comes to them, also those with nothing in them.
import { expect, test } from '@jest/globals';
import { failureOf } from '../support/client.ts';
import { useScope } from '../support/scope.ts';
import { entry, inRoom, message, ownName, settle } from './in-room.ts';

const scope = useScope();

test('what is found in a room comes page by page, in all as many as are wanted', async () => {
  const { service, client, room } = await inRoom(scope);
  const from = { time: 1000 };
  const found = room.search({
    from,
    to: { id: 5 },
    author: 'bob',
    type: 'place',
    event: 'x',
    direction: 'forward',
    limit: 102,
  });
  const first = found.next();
  const page = await service.next('roomHistorySearch');
  const which = { from, to: { id: 5 }, author: 'bob', type: 'place', event: 'x', direction: 'forward' };
  expect(page.params).toEqual(['lobby', { ...which, limit: 100 }]);
  page.answer({ messages: [message(1)], cursor: 'c1' });
  const { value } = await first;
  expect(value).toMatchObject({ id: 1, author: 'bob', content: { key: 'm1' }, room });
  // Nothing is read before it is wanted.
  await settle({ client, service });
  expect(service.waiting).toEqual([]);
  const rest = (async (): Promise<unknown[]> => {
    const ids: unknown[] = [];
    for await (const { id } of found) ids.push(id);
    return ids;
  })();
  const empty = await service.next('roomHistorySearch');
  expect(empty.params).toEqual(['lobby', { ...which, limit: 100, cursor: 'c1' }]);
  empty.answer({ messages: [], cursor: 'c2' });
  const many = Array.from({ length: 100 }, (_, index) => message(index + 2));
  (await service.next('roomHistorySearch')).answer({ messages: many, cursor: 'c3' });
  const last = await service.next('roomHistorySearch');
  expect(last.params).toEqual(['lobby', { ...which, limit: 1, cursor: 'c3' }]);
  last.answer({ messages: [message(200)], cursor: 'c4' });
  expect((await rest).length).toBe(101);
  expect(service.waiting).toEqual([]);
});

test('it goes on over a loss, and ends with what is refused', async () => {
  const { service, room } = await inRoom(scope);
  const found = room.search();
  const first = found.next();
  (await service.next('roomHistorySearch')).cut();
  // Before the room is joined again on the new connection.
  (await service.next('roomHistorySearch')).refuse('notJoined');
  (await service.next('roomsJoin')).answer([entry(5)]);
  (await service.next('roomHistorySearch')).answer({ messages: [message(4)], cursor: null });
  expect((await first).value).toMatchObject({ id: 4 });
  expect(await found.next()).toEqual({ done: true, value: undefined });
  const refused = failureOf(room.search({ limit: 1 }).next());
  (await service.next('roomHistorySearch')).refuse('badArgument');
  expect((await refused).code).toBe('badArgument');
});

test('in a conversation what is found tells how far it has come', async () => {
  const { service, client } = await inRoom(scope);
  const direct = client.direct('bob');
  const found = direct.search({ author: ownName, limit: 1 });
  const first = found.next();
  const page = await service.next('directHistorySearch');
  expect(page.params).toEqual(['bob', { author: ownName, limit: 1 }]);
  page.answer({ messages: [message(7, { author: ownName, status: 'read' })], cursor: '6' });
  expect((await first).value).toMatchObject({ id: 7, isOwn: true, status: 'read', content: { key: 'm7' }, direct });
  expect([await found.next(), direct.lastReadId]).toEqual([{ done: true, value: undefined }, 7]);
});
