// An import whose node dies between its last batch and what makes that count as read: run again, by the same command, it ends as
// if nothing had been, and who is in the room is told.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Keyspace } from '../../src/redis/keys.ts';
import { eventually } from '../support/eventually.ts';
import { startLink } from '../support/faulty-link.ts';
import type { User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startNode, startService } from '../support/service.ts';
import { env, listOf, login, runImporter, said, startImporter } from './importer.ts';

const scope = useScope();
const ROOM = 'the garden';
const COUNT = 700;

/** Of two batches; `bob` has read 600 of it. */
function writeExport(): string {
  const folder = mkdtempSync(join(tmpdir(), 'parley-import-test-'));
  scope.add(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'garden.jsonl');
  const conversation = { kind: 'conversation', id: ROOM, owner: 'ann', members: ['bob', 'cleo'], read: { bob: 1600 } };
  const rows = Array.from({ length: COUNT }, (_, i) => ({
    kind: 'message',
    conversation: ROOM,
    author: i % 2 === 0 ? 'ann' : 'cleo',
    timestamp: 1001 + i,
    message: { textMessage: String(i) },
  }));
  writeFileSync(file, [conversation, ...rows].map((row) => JSON.stringify(row)).join('\n'));
  return file;
}

const unreadOf = async (user: User): Promise<unknown> =>
  listOf(Object(await user.call('roomList', {})).rooms).map(({ roomName, unread }) => [roomName, unread]);

test.each([
  ['more may come', []],
  ['that was all', ['--done']],
])('a node is killed when the last batch is there and nobody has read it yet, where %s', async (_, ending) => {
  const service = await startService(scope, { nodes: 1, env });
  const { redis, prefix } = service;
  const { meta } = new Keyspace(prefix).room(ROOM);
  const stored = async (): Promise<(string | null)[]> => redis.client().hmget(meta, 'imported', 'importSettled');
  // What Redis answers reaches this node late, so that it can be killed in between.
  const link = await startLink(scope, redis.port);
  const doomed = await startNode(scope, { redis: { url: link.url }, prefix, env });
  link.delay(1000);
  const args = ['--format', 'json', ...ending, writeExport()];
  const first = await startImporter(scope, [doomed], ...args);
  await eventually(async () => expect((await stored())[0]).toBe(String(COUNT)), { timeoutMs: 60_000 });
  await doomed.kill();
  await first.process.kill();
  expect(await stored()).toEqual([String(COUNT), null]);
  const ann = await login(scope, service, 0, 'ann');
  await ann.call('roomJoin', ROOM);

  const { code, output } = await runImporter(scope, [service.node(0)], ...args);
  expect(output).toContain(`messages: 0 imported, ${COUNT} were there`);
  expect(code).toBe(0);
  // The end of it is told.
  expect(await ann.next('roomReset')).toEqual([ROOM, expect.any(String), COUNT]);
  expect((await stored())[1]).toBe(String(COUNT));
  const [bob, cleo] = [await login(scope, service, 0, 'bob'), await login(scope, service, 0, 'cleo')];
  expect(await unreadOf(ann)).toEqual([[ROOM, 0]]);
  expect(await unreadOf(bob)).toEqual([[ROOM, 100]]);
  expect(await unreadOf(cleo)).toEqual([[ROOM, 0]]);
  expect((await said(cleo, ROOM)).map(({ textMessage }) => textMessage)).toEqual(
    Array.from({ length: 100 }, (__, i) => String(i)),
  );
});
