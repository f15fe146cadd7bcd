// Two clients that change the same messages at once while their connections break: in the end the objects of both are what is read.
import { expect, test } from '@jest/globals';
import { ownFields, type Message } from '../../src/client/message/message.ts';
import { RequestError } from '../../src/client/request-error.ts';
import type { Room } from '../../src/client/room/room.ts';
import type { ValueMap } from '../../src/protocol/params/values.ts';
import { connectClient } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { seeded, type Rng } from '../support/rng.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';

const scope = useScope();

const acts = 120;
/** What may come of a change that another one has overtaken. */
const overtaken = ['noMessage', 'notAllowed', 'versionConflict', 'wrongOffset'];

/** What a message is, by its object or as it was read. */
const seenOf = (message: Message): ValueMap => ({
  content: message.content,
  version: message.version,
  recalled: message.recalled,
  reactions: Object.fromEntries(message.reactions),
  repliesCount: message.repliesCount,
});
const readOf = (heard: ValueMap): ValueMap => ({
  content: ownFields(heard),
  version: heard['version'] ?? 1,
  recalled: heard['recalled'] === true,
  reactions: heard['reactions'] ?? {},
  repliesCount: heard['repliesCount'] ?? 0,
});

function act(rng: Rng, room: Room, messages: ReadonlyMap<number, Message>): Promise<unknown> {
  const message = rng.pick([...messages.values()]);
  const kind = rng.pick(['send', 'react', 'react', 'update', 'append', 'append', 'recall', 'read']);
  const replyTo = rng.chance(0.5) ? { replyTo: message.id ?? 0 } : {};
  if (kind === 'send') return room.send({ textMessage: `${rng.seed}`, done: false, ...replyTo }).done;
  if (kind === 'react') return message.react(rng.pick(['a', 'b']), { remove: rng.chance(0.4) });
  if (kind === 'read') return room.history({ limit: 5 }).next();
  if (kind === 'recall') return rng.chance(0.3) ? message.recall() : Promise.resolve();
  const ifVersion = rng.chance(0.5) ? { ifVersion: message.version } : {};
  if (kind === 'update') return message.update({ textMessage: `${rng.integer(1, 99)}`, done: false }, ifVersion);
  return message.append(rng.pick(['ä', 'bc', '👍']));
}

test(
  'whatever is changed at once, and lost in between, comes out the same everywhere',
  seeded(async (rng) => {
    const service = await startService(scope, { nodes: 2 });
    const urls = [service.node(0).url, service.node(1).url];
    const reconnect = { minDelayMs: 1, maxDelayMs: 20 };
    const clients = await Promise.all(
      ['alice', 'bob'].map((userName) => connectClient(scope, { urls: rng.shuffle(urls), userName, reconnect })),
    );
    const [alice] = clients;
    await alice?.room('lobby').join({ create: true });
    const places = await Promise.all(
      clients.map(async (client) => {
        const room = await client.room('lobby').join();
        const messages = new Map<number, Message>();
        room.on('message', (message) => messages.set(message.id ?? 0, message));
        return { client, room, messages };
      }),
    );
    for (const { room } of places) await room.send({ textMessage: 'first', done: false }).done;
    await eventually(() => expect(places.map(({ messages }) => messages.size)).toEqual([2, 2]));
    const codes = new Set<string>();
    const doing: Promise<void>[] = [];
    for (let n = 0; n < acts; n++) {
      const { client, room, messages } = rng.pick(places);
      const failed = (error: unknown): void =>
        void codes.add(error instanceof RequestError ? error.code : String(error));
      doing.push(act(rng, room, messages).then(() => undefined, failed));
      if (rng.chance(0.05)) client.cut();
      if (rng.chance(0.3)) await doing.at(-1);
    }
    await Promise.all(doing);
    expect([...codes].filter((code) => !overtaken.includes(code))).toEqual([]);
    for (const { client, room, messages } of places) {
      await eventually(async () => {
        const { lastChange, lastMessageId } = await client.request('roomHistoryInfo', { roomName: 'lobby' });
        expect(room.position).toMatchObject({ lastChange, lastMessageId });
      });
      const read = await client.request('roomRecentHistory', { roomName: 'lobby' });
      const all = [...messages].toSorted(([a], [b]) => b - a).map(([, message]) => seenOf(message));
      expect(all).toEqual(read.map(readOf));
      expect(client.counters.gaps).toBe(0);
    }
  }),
);
