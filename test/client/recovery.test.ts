// Several clients that post, leave and join while everything that can fail fails by chance: the history checker decides
// whether each of them saw one gapless order, or was told.
import { expect, test } from '@jest/globals';
import type { Message } from '../../src/client/message/message.ts';
import { connectClient } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { checkHistory } from '../support/history-checker.ts';
import { seeded } from '../support/rng.ts';
import { useScope } from '../support/scope.ts';
import { startFake } from './fake-service.ts';
import { ModelService } from './model-service.ts';

const scope = useScope();
const roomNames = ['north', 'south'];
const postsEach = 60;

test(
  'whatever fails in whatever order, everybody sees one gapless order',
  seeded(async (rng) => {
    const service = await startFake(scope);
    const model = new ModelService(service, rng);
    const reconnect = { minDelayMs: 1, maxDelayMs: 4 };
    const clients = await Promise.all(
      ['alice', 'bob', 'carol'].map((userName) =>
        connectClient(scope, {
          urls: service.url,
          userName,
          reconnect,
          format: userName === 'bob' ? 'json' : 'msgpack',
        }),
      ),
    );
    await Promise.all(clients.flatMap((client) => roomNames.map((roomName) => client.join(roomName))));
    const [, , mover] = clients;
    await Promise.all(
      clients.map(async (client, who) => {
        for (let n = 0; n < postsEach; n++) {
          const roomName = rng.pick(roomNames);
          const said = client.say(roomName, `${who}-${n}`);
          if (client === mover && n % 10 === 0) {
            const left = client.leave(roomName);
            await client.join(roomName);
            await left;
          }
          if (rng.chance(0.7)) await said;
        }
      }),
    );
    await eventually(() => expect(clients.flatMap(({ unacknowledged }) => unacknowledged)).toEqual([]));
    model.faulty = false;
    for (const client of clients) client.cut();
    const logs = roomNames.map((roomName) => model.log(roomName));
    await eventually(() => {
      for (const { roomName, epoch, messages } of logs) {
        const ends = clients.map((client) => client.position(roomName));
        expect(ends).toMatchObject(clients.map(() => ({ epoch, lastMessageId: messages.length })));
      }
    });

    const verdict = checkHistory({
      acknowledged: clients.flatMap(({ acknowledged }) => acknowledged),
      unacknowledged: [],
      transcripts: clients.flatMap((client, who) => client.historyTranscripts(`observer ${who}`)),
      logs,
    });
    expect(verdict.violations).toEqual([]);
    expect(verdict.counts).toMatchObject({ acknowledged: 3 * postsEach, rooms: 2, observers: 3 });
    expect(clients.map(({ counters }) => counters.gaps)).toEqual([0, 0, 0]);
    expect(model.faults.cut + model.faults.refused + model.faults.unanswered).toBeGreaterThan(10);
    expect(verdict.counts.recoveries).toBeGreaterThan(0);
    expect(model.pages).toBeGreaterThan(0);
  }),
);

test(
  'whatever fails in whatever order, what was sent is heard as the object that was sent, once, in the order of the calls',
  seeded(async (rng) => {
    const service = await startFake(scope);
    const model = new ModelService(service, rng);
    // A message that is repeated stands in a log that was replaced, and in the new one.
    model.loses = false;
    const reconnect = { minDelayMs: 1, maxDelayMs: 4 };
    const clients = await Promise.all(
      ['alice', 'bob'].map((userName) => connectClient(scope, { urls: service.url, userName, reconnect })),
    );
    const rooms = await Promise.all(clients.flatMap((client) => roomNames.map((name) => client.room(name).join())));
    const heard = rooms.map((room) => {
      const messages: Message[] = [];
      room.on('message', (message) => messages.push(message));
      return messages;
    });
    const sent = rooms.map((): Message[] => []);
    for (let n = 0; n < postsEach; n++) {
      for (const [index, room] of rooms.entries()) sent[index]?.push(room.send({ key: `${index}-${n}` }));
      if (rng.chance(0.5)) await rng.pick(sent).at(-1)?.done;
    }
    await Promise.all(sent.flat().map(({ done }) => done));
    model.faulty = false;
    for (const client of clients) client.cut();
    await eventually(() => expect(heard.map(({ length }) => length)).toEqual(rooms.map(() => 2 * postsEach)));
    for (const [index, messages] of heard.entries()) {
      const own = sent[index] ?? [];
      expect(messages.map(({ id }) => id)).toEqual(Array.from({ length: 2 * postsEach }, (_, i) => i + 1));
      expect(messages.filter((message) => own.includes(message))).toEqual(own);
      expect(own.every(({ status }) => status === 'sent')).toBe(true);
    }
    expect(model.faults.cut + model.faults.refused + model.faults.unanswered).toBeGreaterThan(10);
  }),
);
