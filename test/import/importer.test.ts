// The importer with the examples of each form, on two real nodes: what users read afterwards, what is said to be left out, and that it goes on
// where it was when it, or a node, is killed.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { ValueMap } from '../../src/protocol/params/values.ts';
import { eventually } from '../support/eventually.ts';
import type { RedisServer } from '../support/redis.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { serverApi } from '../support/server-api.ts';
import { startService, type Service } from '../support/service.ts';
import { env, example, listOf, login, runImporter, said, startImporter } from './importer.ts';

const scope = useScope();
const TEA = '5eccba570d3a42c5fd4e25c1';
const OPEN_HOUSE = '5eccba570d3a42c5fd4e25c3';
const NEWS = '5eccba570d3a42c5fd4e25c4';

describe('an export of LeanCloud', () => {
  const files = [example('leancloud-conversations.jsonl'), example('leancloud-messages.jsonl')];
  let service: Service<RedisServer>;
  beforeAll(async () => {
    service = await startService(scope, { nodes: 2, env });
    const { code, output } = await runImporter(
      scope,
      [service.node(0), service.node(1)],
      '--format',
      'leancloud',
      ...files,
    );
    expect(output).toEqual([
      'read: 5 conversations, 15 messages (1 of them twice)',
      'rooms: 5 made, 0 were there; conversations of two users: 0',
      'messages: 12 imported, 0 were there',
      'skipped 1 × message: it was said to one user of a conversation of the service (p2 of 5eccba570d3a42c5fd4e25c4)',
      'skipped 1 × message: there is no row of its conversation (r1 of ffffffffffffffffffffffff)',
    ]);
    expect(code).toBe(1);
  });

  test('its members read all messages in order, with authors, times and what they are', async () => {
    const [tom, jerry] = [await login(scope, service, 0, 'Tom'), await login(scope, service, 1, 'Jerry')];
    const expected = [
      { textMessage: 'Tea is ready', mentionAll: true, author: 'Tom', timestamp: 1590476500100 },
      { textMessage: 'Coming!', mentions: ['Tom'], author: 'Jerry', timestamp: 1590476500200 },
      {
        type: 'image',
        textMessage: 'the pot',
        attributes: { mood: 'good' },
        file: {
          url: 'https://files.example/pot.png',
          objectId: '54699d87e4b0a56c64f470a4',
          metaData: { name: 'pot.png', width: 1024, height: 768 },
        },
        author: 'Tom',
        timestamp: 1590476500300,
      },
      { recalled: true, author: 'Mary', timestamp: 1590476500400 },
      { type: 7, textMessage: 'a vote', choices: ['milk', 'lemon'], author: 'Mary', timestamp: 1590476500500 },
      { textMessage: 'plain words', author: 'Mary', timestamp: 1590476500600 },
      { type: 'binary', content: Buffer.from([1, 2, 3]), author: 'Mary', timestamp: 1590476500700 },
    ];
    for (const user of [tom, jerry]) expect(await said(user, TEA)).toEqual(expected);
    const { rooms } = Object(await tom.call('roomList', {}));
    const ofTea = listOf(rooms).find(({ roomName }) => roomName === TEA);
    expect(ofTea).toMatchObject({
      role: 'owner',
      kind: 'normal',
      memberCount: 3,
      unread: 0,
      lastActivity: 1590476500700,
      attributes: {
        name: 'Tea at five',
        topic: 'tea',
        since: 1590475351482,
        pinned: true,
        createdAt: 1590475351482,
        importedFrom: TEA,
      },
    });
    const { members } = Object(await jerry.call('roomMembersGet', TEA));
    expect(listOf(members).map(({ userName, role }) => [userName, role])).toEqual([
      ['Jerry', 'admin'],
      ['Mary', 'member'],
      ['Tom', 'owner'],
    ]);
    const mary = await login(scope, service, 0, 'Mary');
    const hers = Object(await mary.call('roomList', {})).rooms;
    expect(listOf(hers)).toMatchObject([{ roomName: TEA, muted: true }]);
    // And it goes on.
    await tom.call('roomJoin', TEA);
    expect(await tom.call('roomMessage', TEA, { textMessage: 'now' })).toBe(8);
  });

  test('the conversation of two is the room that the two of them find', async () => {
    const jerry = await login(scope, service, 1, 'Jerry');
    const found = Object(await jerry.call('conversationCreate', { members: ['Tom'], unique: true }));
    expect(found).toMatchObject({ created: false });
    expect(await said(jerry, found.roomName)).toEqual([
      { textMessage: 'just us', author: 'Tom', timestamp: 1590563000100 },
      {
        type: 'location',
        textMessage: 'here',
        location: { longitude: 8.5, latitude: 47.4 },
        author: 'Jerry',
        timestamp: 1590563000200,
      },
    ]);
  });

  test('chat rooms are open to all, of the service only its own write, and names are spelt as they can be', async () => {
    const anybody = await login(scope, service, 0, 'anybody');
    for (const [roomName, text] of [
      [OPEN_HOUSE, 'anybody here?'],
      [NEWS, 'to all'],
    ] as const) {
      await anybody.call('roomJoin', roomName);
      expect(await said(anybody, roomName)).toMatchObject([{ textMessage: text }]);
    }
    expect(await anybody.call('roomMessage', OPEN_HOUSE, { textMessage: 'yes' })).toBe(2);
    expect(await anybody.refusal('roomMessage', NEWS, { textMessage: 'mine' })).toMatchObject({ code: 'notAllowed' });
    const web = await login(scope, service, 1, 'web%3A7');
    expect(await said(web, '5eccba570d3a42c5fd4e25c5')).toMatchObject([
      { author: 'web%3A7', textMessage: 'from the web' },
    ]);
  });

  test('run again it changes nothing; with other options it says that it does not go together', async () => {
    const nodes = [service.node(0)];
    const again = await runImporter(scope, nodes, '--format', 'leancloud', ...files.toReversed());
    expect(again.output).toContain('messages: 0 imported, 12 were there');
    expect(again.output).toContain('rooms: 0 made, 5 were there; conversations of two users: 0');
    const other = await runImporter(scope, nodes, '--format', 'leancloud', '--message-bytes', '60', ...files);
    expect(other.code).toBe(1);
    expect(other.output.join('\n')).toContain(
      `skipped 1 × conversation: the service has 7 imported messages of it, and here there are fewer (${TEA})`,
    );
  });

  test('with --direct a conversation of two becomes their messages to each other', async () => {
    const fresh = await startService(scope, { nodes: 1, env });
    const { output } = await runImporter(
      scope,
      [fresh.node(0)],
      '--format',
      'leancloud',
      '--direct',
      '--done',
      ...files,
    );
    expect(output).toContain('rooms: 4 made, 0 were there; conversations of two users: 1');
    const tom = await loginRpc(scope, fresh.node(0).url, 'Tom');
    expect(await tom.call('directHistoryGet', 'Jerry')).toMatchObject([
      { id: 1, textMessage: 'just us', author: 'Tom', status: 'read', timestamp: 1590563000100 },
      { id: 2, type: 'location', author: 'Jerry' },
    ]);
    const progress = await serverApi(fresh.node(0)).call('directImport', ['Tom', 'Jerry', { at: 0, messages: [] }]);
    expect(progress).toMatchObject({ imported: 2, open: false });
  });

  test('a dry run asks the service for nothing and tells what would be left out', async () => {
    const { code, output } = await runImporter(scope, [], '--dry-run', '--format', 'leancloud', ...files);
    expect(output[0]).toBe('read: 5 conversations, 15 messages (1 of them twice)');
    expect(output[1]).toBe('nothing was asked of the service');
    expect(output).toHaveLength(4);
    expect(code).toBe(1);
  });
});

test('an export in our own form is read as it says, up to where users have read', async () => {
  const service = await startService(scope, { nodes: 2, env });
  const nodes = [service.node(0)];
  const { code, output } = await runImporter(scope, nodes, '--format', 'json', example('own-form.jsonl'));
  expect(output).toEqual([
    'read: 2 conversations, 7 messages (0 of them twice)',
    'rooms: 1 made, 0 were there; conversations of two users: 1',
    'messages: 7 imported, 0 were there',
  ]);
  expect(code).toBe(0);
  const [ada, cy] = [await login(scope, service, 0, 'ada'), await login(scope, service, 1, 'cy')];
  const messages = await said(cy, 'the garden');
  expect(messages).toEqual([
    { textMessage: 'First', author: 'ada', timestamp: 1614592800000 },
    { textMessage: 'Second', author: 'bob', timestamp: 1614592800000 },
    { textMessage: 'Third', bytes: Buffer.from([1, 2, 3]), mentions: ['ada'], author: 'cy', timestamp: 1614592802000 },
    { textMessage: 'Fourth, by the service', timestamp: 1614592900000 },
    { recalled: true, author: 'bob', timestamp: 1614593000000 },
  ]);
  const listed = async (user: User): Promise<ValueMap[]> => listOf(Object(await user.call('roomList', {})).rooms);
  expect(await listed(cy)).toMatchObject([
    { roomName: 'the garden', unread: 3, muted: true, attributes: { title: 'Beds' } },
  ]);
  expect(await listed(ada)).toMatchObject([{ unread: 0, role: 'owner' }]);
  expect(await ada.call('directHistoryGet', 'bob')).toMatchObject([
    { textMessage: 'Hello, Ada' },
    { textMessage: 'Hello, Bob' },
  ]);
});

describe('an import that is interrupted', () => {
  const CONVERSATIONS = 6;
  const EACH = 3000;
  const idOf = (n: number): string => `5eccba570d3a42c5fd4e${String(n).padStart(4, '0')}`;
  const folder = mkdtempSync(join(tmpdir(), 'parley-import-test-'));
  const file = join(folder, 'large.jsonl');
  beforeAll(() => {
    scope.add(() => rmSync(folder, { recursive: true, force: true }));
    const lines: object[] = [];
    // As an export comes: newest first, of all conversations among one another.
    for (let i = EACH - 1; i >= 0; i--) {
      for (let n = 0; n < CONVERSATIONS; n++) {
        const data = JSON.stringify({ _lctype: -1, _lctext: `${i} of ${n}` });
        lines.push({
          'msg-id': `m${i}`,
          to: idOf(n),
          from: `user${i % 7}`,
          timestamp: 1_600_000_000_000 + i * 10,
          data,
        });
      }
    }
    for (let n = 0; n < CONVERSATIONS; n++) lines.push({ objectId: idOf(n), c: 'user0', m: ['user0', 'user1'] });
    writeFileSync(file, lines.map((line) => JSON.stringify(line)).join('\n'));
  });

  /** Each message is there once, in order. */
  async function expectAll(service: Service<RedisServer>, node: number): Promise<void> {
    const user = await loginRpc(scope, service.node(node).url, 'user1');
    for (let n = 0; n < CONVERSATIONS; n++) {
      const info = Object(await user.call('roomHistoryInfo', idOf(n)));
      expect([n, info.lastMessageId, info.historySize]).toEqual([n, EACH, EACH]);
      for (let after = 0; after < EACH; after += 100) {
        const page = listOf(await user.call('roomHistoryGet', idOf(n), after, 100)).toReversed();
        expect(page.map(({ textMessage }) => textMessage)).toEqual(page.map((_, i) => `${after + i} of ${n}`));
        expect(page).toHaveLength(100);
      }
    }
  }

  /** Resolves when some of it, and not all, is there. */
  async function isUnderWay(service: Service<RedisServer>, node: number): Promise<void> {
    const api = serverApi(service.node(node));
    await eventually(async () => {
      const { history } = Object(await api.call('roomGet', [idOf(2)]));
      expect(history.lastMessageId).toBeGreaterThan(0);
    });
    expect(Object(await api.call('hasRoom', [idOf(CONVERSATIONS - 1)]))).toMatchObject({});
    expect(await api.call('hasRoom', [idOf(CONVERSATIONS - 1)])).toBe(false);
  }

  test('by kill -9 goes on where it was when it is run again, with rows in another order, and sorts by files', async () => {
    const service = await startService(scope, { nodes: 2, env });
    const nodes = [service.node(0), service.node(1)];
    const first = await startImporter(scope, nodes, '--format', 'leancloud', '--memory', '1', file);
    await isUnderWay(service, 0);
    expect(await first.process.kill()).toMatchObject({ signal: 'SIGKILL' });
    const second = await runImporter(scope, nodes, '--format', 'leancloud', file);
    expect(second.code).toBe(0);
    const [, imported = '', before = ''] = /(\S+) imported, (\S+) were there/.exec(second.output.join('\n')) ?? [];
    const numbers = [imported, before].map((text) => Number(text.replaceAll(',', '')));
    expect(numbers.every((number) => number > 0)).toBe(true);
    expect(numbers.reduce((sum, number) => sum + number, 0)).toBe(CONVERSATIONS * EACH);
    await expectAll(service, 1);
  });

  test('by a signal leaves nothing behind on this machine', async () => {
    const service = await startService(scope, { nodes: 1, env });
    const importer = await startImporter(scope, [service.node(0)], '--format', 'leancloud', '--memory', '1', file);
    await isUnderWay(service, 0);
    expect(importer.temporary()).toHaveLength(1);
    importer.process.signal('SIGTERM');
    expect(await importer.exited).toMatchObject({ code: 130 });
    expect(importer.temporary()).toEqual([]);
  });

  test('because the node that is asked is killed goes on with the next one, and doubles nothing', async () => {
    const service = await startService(scope, { nodes: 2, env });
    const importer = await startImporter(scope, [service.node(0), service.node(1)], '--format', 'leancloud', file);
    await isUnderWay(service, 1);
    await service.node(0).kill();
    expect(await importer.exited).toMatchObject({ code: 0 });
    await expectAll(service, 1);
  });
});

test('mistakes and a service that is away are told by exit codes of their own', async () => {
  const file = example('own-form.jsonl');
  for (const args of [
    [],
    ['--format', 'xml', file],
    ['--format', 'json'],
    ['--format', 'json', 'nowhere.jsonl', '--dry-run'],
    ['--format', 'json', file],
  ]) {
    const { code, notices } = await runImporter(scope, [], ...args);
    expect([args, code, notices.length > 0]).toEqual([args, 2, true]);
  }
  const help = await runImporter(scope, [], '--help');
  expect([help.code, help.output[0]]).toEqual([
    0,
    'Usage: npm run import -- --format leancloud --token-file KEY FILE…',
  ]);
  const wrongKey = await startService(scope, { nodes: 1, env: { ...env, PARLEY_API_KEY: 'another-key-of-the-tests' } });
  const refused = await runImporter(scope, [wrongKey.node(0)], '--format', 'json', file);
  expect(refused.code).toBe(2);
  expect(refused.notices).toContain('The key is missing or wrong.');
});
