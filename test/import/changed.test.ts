// What was recalled or edited between two exports that overlap: within one run, and where the older one was imported before.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';
import { env, listOf, login, runImporter, said } from './importer.ts';

const scope = useScope();
const ROOM = '5eccba570d3a42c5fd4e25c1';

function files(): (name: string, rows: readonly object[]) => string {
  const folder = mkdtempSync(join(tmpdir(), 'parley-import-test-'));
  scope.add(() => rmSync(folder, { recursive: true, force: true }));
  return (name, rows) => {
    const path = join(folder, `${name}.jsonl`);
    writeFileSync(path, rows.map((row) => JSON.stringify(row)).join('\n'));
    return path;
  };
}

const row = (number: number, data: string | { readonly [field: string]: unknown }): object => ({
  'msg-id': `m${number}`,
  to: ROOM,
  from: number % 2 === 0 ? 'tom' : 'jerry',
  timestamp: 1_600_000_000_000 + number,
  data,
});
const recalled = { _lctype: -127 };
const textsOf = async (user: User): Promise<unknown[]> =>
  (await said(user, ROOM)).map(({ textMessage, recalled: isRecalled }) =>
    isRecalled === true ? 'recalled' : textMessage,
  );

test('of several rows of a message a recalled one holds, or else the last', async () => {
  const service = await startService(scope, { nodes: 1, env });
  const file = files();
  const rooms = file('rooms', [{ objectId: ROOM, c: 'tom', m: ['tom', 'jerry'] }]);
  const [old, young] = [
    file('old', [row(1, 'salary'), row(2, 'salaries'), row(3, 'tpyo')]),
    file('young', [row(1, recalled), row(3, 'typo')]),
  ];
  const older = file('older', [row(1, 'salary'), row(2, recalled)]);
  const run = await runImporter(scope, [service.node(0)], '--format', 'leancloud', rooms, older, old, young);
  expect([run.code, run.output[0]]).toEqual([0, 'read: 1 conversations, 7 messages (4 of them twice)']);
  expect(await textsOf(await login(scope, service, 0, 'tom'))).toEqual(['recalled', 'recalled', 'typo']);
});

test('what was imported is recalled and updated as a newer export has it, once, also among many', async () => {
  const service = await startService(scope, { nodes: 1, env: { ...env, PARLEY_HISTORY_MAX_GET_MESSAGES: '1000' } });
  const file = files();
  const run = (...paths: string[]): ReturnType<typeof runImporter> =>
    runImporter(scope, [service.node(0)], '--format', 'leancloud', ...paths);
  const COUNT = 701;
  const rooms = file('rooms', [{ objectId: ROOM, c: 'tom', m: ['tom', 'jerry'] }]);
  const all = Array.from({ length: COUNT }, (_, i) => row(i, `${i}`));
  const old = file('old', all);
  expect((await run(rooms, old)).code).toBe(0);

  const changed = [
    row(3, recalled),
    row(4, { _lctype: -1, _lctext: 'four', when: [1, { a: null }] }),
    row(600, recalled),
  ];
  const young = file('young', [...changed, row(COUNT, 'new')]);
  const second = await run(rooms, old, young);
  expect([second.code, ...second.output]).toEqual([
    0,
    'read: 1 conversations, 705 messages (3 of them twice)',
    'rooms: 0 made, 1 were there; conversations of two users: 0',
    'messages: 1 imported, 701 were there',
    'messages that have changed since: 2 recalled, 1 updated',
  ]);
  const tom = await login(scope, service, 0, 'tom');
  const byId = async (id: number): Promise<unknown> => listOf(await tom.call('roomHistoryGet', ROOM, id - 1, 1))[0];
  expect(await byId(4)).toMatchObject({ recalled: true, author: 'jerry', timestamp: 1_600_000_000_003 });
  expect(await byId(4)).not.toHaveProperty('textMessage');
  expect(await byId(5)).toMatchObject({ textMessage: 'four', when: [1, { a: null }], author: 'tom', version: 2 });
  expect(await byId(601)).toMatchObject({ recalled: true });
  expect(await byId(COUNT + 1)).toMatchObject({ textMessage: 'new' });

  // An export of everything that is new, without the old one.
  const whole = file('whole', [...all.filter((_, i) => ![3, 4, 600].includes(i)), ...changed, row(COUNT, 'new')]);
  const third = await run(rooms, whole);
  expect([third.code, third.output[2], third.output[3]]).toEqual([
    0,
    'messages: 0 imported, 702 were there',
    undefined,
  ]);
  expect(await byId(5)).toMatchObject({ version: 2 });

  // And when something was said: what was changed here in the meantime stays.
  await tom.call('roomJoin', ROOM);
  await tom.call('roomMessage', ROOM, { textMessage: 'live' });
  await tom.call('roomMessageUpdate', ROOM, 7, { textMessage: 'six, by tom' });
  const late = file('late', [row(5, recalled), row(6, 'six'), row(8, 'eight')]);
  const fourth = await run(rooms, whole, late);
  expect([fourth.code, ...fourth.output.slice(3)]).toEqual([
    1,
    'messages that have changed since: 1 recalled, 1 updated',
    `skipped 1 × message: it was changed there and here since it was imported, and is as it was here (7 of ${ROOM})`,
  ]);
  expect(await byId(6)).toMatchObject({ recalled: true });
  expect(await byId(7)).toMatchObject({ textMessage: 'six, by tom' });
  expect(await byId(9)).toMatchObject({ textMessage: 'eight' });
});

test('so are messages of two users, by who wrote them', async () => {
  const service = await startService(scope, { nodes: 1, env });
  const file = files();
  const run = (name: string, ...rows: object[]): ReturnType<typeof runImporter> =>
    runImporter(scope, [service.node(0)], '--format', 'json', file(name, [pair, ...rows]));
  const pair = { kind: 'conversation', id: 'us', direct: ['ada', 'bob'] };
  const message = (number: number, more: object): object => ({
    kind: 'message',
    conversation: 'us',
    id: `m${number}`,
    author: number === 1 ? 'ada' : 'bob',
    timestamp: 1_600_000_000_000 + number,
    ...more,
  });
  const bytes = { message: { textMessage: 'bytes', bytes: { $bytes: 'AQID' }, status: 'mine' } };
  const first = [message(1, { message: { textMessage: 'one' } }), message(2, { message: { textMessage: 'two' } })];
  expect((await run('first', ...first, message(3, bytes))).code).toBe(0);
  const changed = [message(1, { recalled: true }), message(2, { message: { textMessage: 'deux' } })];
  const more = { message: { ...bytes.message, more: true } };
  const second = await run('second', ...changed, message(3, more));
  expect([second.code, second.output[3]]).toEqual([0, 'messages that have changed since: 1 recalled, 2 updated']);
  const ada = await login(scope, service, 0, 'ada');
  const stored = listOf(await ada.call('directHistoryGet', 'bob'));
  expect(stored).toMatchObject([
    { id: 1, recalled: true },
    { id: 2, textMessage: 'deux', author: 'bob' },
    { id: 3, more: true, bytes: Buffer.from([1, 2, 3]) },
  ]);
  expect((await run('third', ...changed, message(3, more))).output).toHaveLength(3);
});
