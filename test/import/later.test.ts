// Rows that come when an import was made already: what is added, and what does not go together with what there is.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { useScope } from '../support/scope.ts';
import { serverApi } from '../support/server-api.ts';
import { startService } from '../support/service.ts';
import { env, login, runImporter, said } from './importer.ts';

const scope = useScope();

describe('rows that come later', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-import-test-'));
  const file = (name: string, rows: readonly object[]): string => {
    const path = join(folder, `${name}.jsonl`);
    writeFileSync(path, rows.map((row) => JSON.stringify(row)).join('\n'));
    return path;
  };
  const conversation = {
    kind: 'conversation',
    id: 'tea',
    owner: 'ann',
    members: Array.from({ length: 250 }, (_, i) => `member${i}`),
  };
  const message = (text: string, timestamp: number): object => ({
    kind: 'message',
    conversation: 'tea',
    author: 'ann',
    timestamp,
    message: { text },
  });
  beforeAll(() => scope.add(() => rmSync(folder, { recursive: true, force: true })));

  test('are added beside those that were there, and refused without them, or when something was said', async () => {
    const service = await startService(scope, { nodes: 1, env });
    const run = (...files: string[]): ReturnType<typeof runImporter> =>
      runImporter(scope, [service.node(0)], '--format', 'json', ...files);
    const rooms = file('rooms', [conversation]);
    const [old, young] = [
      file('old', [message('one', 1000), message('two', 2000)]),
      file('young', [message('three', 3000)]),
    ];
    // The room first, and later what was said there.
    expect((await run(rooms)).output).toContain('rooms: 1 made, 0 were there; conversations of two users: 0');
    expect((await run(rooms, old)).output).toContain('messages: 2 imported, 0 were there');
    const without = await run(rooms, young);
    expect(without.code).toBe(1);
    expect(without.output.join('\n')).toContain(
      'the service has 2 imported messages of it, and here there are fewer (tea)',
    );
    // What somebody else posts live from a time on is not imported.
    const until = await run('--before', '1970-01-01T00:00:03Z', rooms, young, old);
    expect([until.code, ...until.output]).toEqual(
      expect.arrayContaining([0, 'left for later: 1 messages', 'messages: 0 imported, 2 were there']),
    );
    expect((await run(rooms, young, old)).output).toContain('messages: 1 imported, 2 were there');
    const ann = await login(scope, service, 0, 'ann');
    expect(await said(ann, 'tea')).toMatchObject([{ text: 'one' }, { text: 'two' }, { text: 'three' }]);
    expect(Object(await ann.call('roomMembersGet', 'tea')).count).toBe(251);
    await ann.call('roomJoin', 'tea');
    await ann.call('roomMessage', 'tea', { text: 'four' });
    const late = await run(rooms, old, young, file('late', [message('five', 5000), message('six', 6000)]));
    expect(late.output).toContain(
      'skipped 2 × message: something was said in it already, or its import has ended (tea …)',
    );
    const others = await run(
      rooms,
      file('others', [message('other', 1001), message('two', 2000), message('three', 3000), message('seven', 7000)]),
    );
    expect(others.output.join('\n')).toContain(
      'the service has other messages of it, from another export or with other options (tea',
    );
    expect(await said(ann, 'tea')).toHaveLength(4);
  });

  test('of a newer row of the conversation bring its new members, and what lies ahead or is too large is left out', async () => {
    const large = { ...env, PARLEY_MESSAGE_BYTES: '300' };
    const service = await startService(scope, { nodes: 1, env: large });
    const first = { ...conversation, members: ['bob'] };
    const rows = [
      first,
      message('one', 1000),
      message('x'.repeat(300), 2000),
      message('three', 3000),
      message('ahead', Date.now() + 3_600_000),
      { ...conversation, members: ['bob', 'cleo'] },
    ];
    const path = file('newer', rows);
    const run = (): ReturnType<typeof runImporter> => runImporter(scope, [service.node(0)], '--format', 'json', path);
    const { code, output } = await run();
    expect(code).toBe(1);
    expect(output.slice(2)).toEqual([
      'messages: 2 imported, 0 were there',
      'skipped 1 × message: its time is later than now (000000000000005 of tea)',
      'skipped 1 × message: it takes more bytes than a message may (PARLEY_MESSAGE_BYTES) (tea)',
    ]);
    expect((await run()).output).toContain('messages: 0 imported, 2 were there');
    const cleo = await login(scope, service, 0, 'cleo');
    expect(await said(cleo, 'tea')).toMatchObject([{ text: 'one' }, { text: 'three' }]);
    const { rooms } = Object(await cleo.call('roomList', {}));
    expect(rooms).toMatchObject([{ roomName: 'tea', unread: 0, memberCount: 3 }]);
  });

  test('of a user who belongs to as many rooms as one may say what to set', async () => {
    const limited = { ...env, PARLEY_ROOMS_PER_USER: '2' };
    const service = await startService(scope, { nodes: 1, env: limited });
    // More than are made side by side, for those are judged at the same time.
    const rows = Array.from({ length: 40 }, (_, i) => ({
      kind: 'conversation',
      id: `room ${10 + i}`,
      owner: i === 39 ? 'support' : `owner of ${i}`,
      members: ['support'],
    }));
    const { code, output } = await runImporter(scope, [service.node(0)], '--format', 'json', file('many', rows));
    expect(code).toBe(1);
    const skipped = output.filter((line) => line.startsWith('skipped')).join('\n');
    expect(skipped).toContain('PARLEY_ROOMS_PER_USER lets it: raise that on all nodes, and run this again (');
    expect(skipped).toMatch(/skipped \d+ × member: .* \(support of /);
    expect(skipped).toMatch(/skipped 1 × conversation: of its owner: .*PARLEY_ROOMS_PER_USER.* \(room 49\)/);
  });

  test('find no room of theirs where one of that name was made by somebody else', async () => {
    const service = await startService(scope, { nodes: 1, env });
    await serverApi(service.node(0)).call('addRoom', ['tea']);
    const rows = [conversation, message('one', 1000)];
    const { code, output } = await runImporter(scope, [service.node(0)], '--format', 'json', file('made', rows));
    expect(code).toBe(1);
    expect(output).toEqual(
      expect.arrayContaining([
        'skipped 1 × conversation: there is a room of its name that is not of it (tea)',
        'skipped 1 × message: its conversation was not made (tea)',
      ]),
    );
  });
});
