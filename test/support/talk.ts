// Clients that talk: several users on several nodes post to several rooms at a steady pace, watch each other, and in the
// end their word is held against the rooms' logs by the history checker. Faults are up to the tests.
import { setTimeout as pace } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { connectClient, type TestClient } from './client.ts';
import { eventually } from './eventually.ts';
import { checkHistory, type HistoryVerdict, type RoomLog } from './history-checker.ts';
import type { Scope } from './scope.ts';
import type { ServiceNode } from './service.ts';

export interface TalkOptions {
  /** One client per entry; each a url, or several to go through. */
  readonly clients: readonly (string | readonly string[])[];
  readonly rooms: readonly string[];
  /** Milliseconds between a client's posts; 4 when left out. */
  readonly everyMs?: number;
  /** What is wrong does not fail the test, and nothing is waited for: it is left to the verdict. */
  readonly tolerant?: boolean;
}

export interface Talk {
  readonly clients: readonly TestClient[];
  /** Messages acknowledged so far. */
  readonly acknowledged: number;
  /** Resolves when so many more messages have been acknowledged. */
  more(count: number): Promise<void>;
  /** Stops posting and resolves when every message is acknowledged. */
  quiet(): Promise<void>;
  /** Stops posting, waits until everybody has seen everything, and gives the checker's verdict. */
  verdict(): Promise<HistoryVerdict>;
}

/** Begins to talk; all clients are in all rooms when it resolves. */
export async function startTalk(scope: Scope, options: TalkOptions): Promise<Talk> {
  const { rooms, tolerant = false } = options;
  const clients = await Promise.all(
    options.clients.map((urls, i) =>
      connectClient(scope, { urls, userName: `talker-${i}`, failOnViolations: !tolerant }),
    ),
  );
  for (const roomName of rooms) await clients[0]?.request('roomCreate', { roomName });
  await Promise.all(clients.flatMap((client) => rooms.map((roomName) => client.join(roomName))));

  const posting = startPosting(clients, rooms, options.everyMs ?? 4);
  const acknowledged = (): number => clients.reduce((sum, client) => sum + client.acknowledged.length, 0);
  return {
    clients,
    get acknowledged() {
      return acknowledged();
    },
    async more(count) {
      const goal = acknowledged() + count;
      const arrived = (): void => {
        posting.check();
        expect(acknowledged()).toBeGreaterThanOrEqual(goal);
      };
      await eventually(arrived, { timeoutMs: 60_000, what: `${count} more messages` });
    },
    quiet: () => posting.stop(),
    async verdict() {
      await posting.stop();
      const logs = tolerant
        ? await Promise.all(rooms.map((roomName) => readLog(clients[0], roomName)))
        : await eventually(() => settledLogs(clients, rooms), { timeoutMs: 45_000, what: 'all have seen all' });
      return checkHistory({
        acknowledged: clients.flatMap((client) => client.acknowledged),
        unacknowledged: clients.flatMap((client) => client.unacknowledged),
        transcripts: clients.flatMap((client, i) => client.historyTranscripts(`talker-${i}`)),
        logs,
      });
    },
  };
}

/** Each client posts to one room after the other, waiting for each acknowledgement. */
function startPosting(
  clients: readonly TestClient[],
  rooms: readonly string[],
  everyMs: number,
): { check(): void; stop(): Promise<void> } {
  let talking = true;
  const failures: unknown[] = [];
  const loops = clients.map(async (client, i) => {
    for (let n = 0; talking; n++) {
      await client.say(rooms[n % rooms.length] ?? '', `${i}-${n}`);
      await pace(everyMs);
    }
  });
  for (const loop of loops) loop.catch((error: unknown) => failures.push(error));
  return {
    check: () => {
      if (failures.length > 0) throw failures[0];
    },
    stop: async () => {
      talking = false;
      await Promise.all(loops);
    },
  };
}

/** Nothing lost, nothing doubled, one order: what every talk without a lost log must come to. */
export function expectWhole(verdict: HistoryVerdict): void {
  expect(verdict.violations).toEqual([]);
  expect(verdict.lostTold).toEqual([]);
  expect(verdict.counts.observed).toBeGreaterThan(verdict.counts.acknowledged);
  expect(verdict.counts.resets).toBe(0);
}

/** The sum of a metric over nodes, as they tell it. */
export async function counted(nodes: readonly ServiceNode[], name: string): Promise<number> {
  const told = await Promise.all(nodes.map((node) => node.metrics()));
  return told.reduce((sum, metrics) => sum + metrics.sum(name), 0);
}

async function settledLogs(clients: readonly TestClient[], rooms: readonly string[]): Promise<RoomLog[]> {
  const logs = await Promise.all(rooms.map((roomName) => readLog(clients[0], roomName)));
  for (const { roomName, epoch, messages, oldestMessageId = 1 } of logs) {
    const last = messages.at(-1)?.id ?? oldestMessageId - 1;
    for (const client of clients) {
      expect(client.position(roomName)).toMatchObject({ epoch, lastMessageId: last });
    }
  }
  return logs;
}

async function readLog(reader: TestClient | undefined, roomName: string): Promise<RoomLog> {
  if (reader === undefined) throw new Error('nobody to read');
  const info = await reader.request('roomHistoryInfo', { roomName });
  const messages: { id: number; key: string }[] = [];
  for (let id = info.oldestMessageId - 1; id < info.lastMessageId; id = messages.at(-1)?.id ?? id) {
    const page = await reader.request('roomHistoryGet', { roomName, id, limit: 100 });
    if (page.length === 0) break;
    for (const message of page.reverse()) messages.push({ id: Number(message['id']), key: textOf(message['key']) });
  }
  // What has become too old meanwhile is in no later page.
  const { oldestMessageId } = await reader.request('roomHistoryInfo', { roomName });
  return { roomName, epoch: info.epoch, messages: messages.filter(({ id }) => id >= oldestMessageId), oldestMessageId };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
