// History that is read over connections that do not last.
import { expect, test } from '@jest/globals';
import { failureOf } from '../support/client.ts';
import { useScope } from '../support/scope.ts';
import { entry, inRoom, message, type InRoom } from './in-room.ts';

const scope = useScope();

/** The page is asked for again as soon as there is a connection, which is before the room is joined. */
async function lose({ service }: InRoom): Promise<void> {
  (await service.next('roomRecentHistory')).cut();
  (await service.next('roomRecentHistory')).refuse('notJoined');
  (await service.next('roomsJoin')).answer([entry(5)]);
}

test('a page survives one loss after the other', async () => {
  const at = await inRoom(scope);
  const first = at.room.history().next();
  for (let losses = 0; losses < 3; losses++) await lose(at);
  (await at.service.next('roomRecentHistory')).answer([message(5)]);
  expect((await first).value).toMatchObject({ id: 5 });
});

test('what the service cannot give is asked for twice, and a room that is left no more', async () => {
  const at = await inRoom(scope);
  const first = failureOf(at.room.history().next());
  for (let n = 0; n < 2; n++) (await at.service.next('roomRecentHistory')).refuse('unavailable', 1);
  expect((await first).code).toBe('unavailable');
  const second = failureOf(at.room.history().next());
  const asked = await at.service.next('roomRecentHistory');
  const leaving = at.room.leave();
  (await at.service.next('roomLeave')).answer(0);
  await leaving;
  asked.refuse('notJoined');
  expect((await second).code).toBe('notJoined');
  expect(at.service.waiting).toEqual([]);
});
