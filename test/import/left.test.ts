// Who has left a conversation, or was removed from it, is no member of its room, whichever row says so; and it stays one room, whoever comes.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { RedisServer } from '../support/redis.ts';
import type { Value } from '../../src/protocol/params/values.ts';
import { useScope } from '../support/scope.ts';
import { serverApi, type ServerApiClient } from '../support/server-api.ts';
import { startService, type Service } from '../support/service.ts';
import { env, listOf, login, runImporter, said } from './importer.ts';

const scope = useScope();
const all = { bypassPermissions: true } as const;
let service: Service<RedisServer>;
let api: ServerApiClient;
beforeAll(async () => {
  service = await startService(scope, { nodes: 1, env });
  api = serverApi(service.node(0));
});

const folder = mkdtempSync(join(tmpdir(), 'parley-import-test-'));
let count = 0;
async function run(...rows: object[]): Promise<{ code: number | null; told: string[] }> {
  const path = join(folder, `${count++}.jsonl`);
  writeFileSync(path, rows.map((row) => JSON.stringify(row)).join('\n'));
  const { code, output } = await runImporter(scope, [service.node(0)], '--format', 'leancloud', path);
  return { code, told: output.slice(3) };
}
beforeAll(() => scope.add(() => rmSync(folder, { recursive: true, force: true })));

const idOf = (n: number): string => `5eccba570d3a42c5fd4e${String(n).padStart(4, '0')}`;
const message = (to: string, number: number, from: string): object => ({
  'msg-id': `m${number}`,
  to,
  from,
  timestamp: 1_600_000_000_000 + number,
  data: `${number}`,
});

/** Rooms in the list of a user that are made of a conversation. */
async function roomsOf(userName: string, id: string): Promise<{ roomName: Value; attributes: unknown }[]> {
  const listed = await api.call('roomList', [{ limit: 100, attributes: { importedFrom: id } }], { userName, ...all });
  return listOf(Object(listed).rooms).map(({ roomName, attributes }) => ({ roomName: roomName ?? '', attributes }));
}
const membersOf = async (room: Value): Promise<string[]> =>
  listOf(Object(await api.call('roomMembersGet', [room])).members).map(({ userName, role }) =>
    [userName, role].filter((text) => typeof text === 'string').join(' '),
  );

describe('a unique conversation', () => {
  const people = { objectId: idOf(1), unique: true, c: 'tom', m: ['tom', 'jerry', 'mary'] };
  const one = message(idOf(1), 1, 'jerry');
  const [more, fewer] = [
    { ...people, m: [...people.m, 'dan'] },
    { ...people, m: ['jerry', 'mary', 'dan'] },
  ];

  test('stays one room when others come, and when its owner goes, whoever is asked for it', async () => {
    expect((await run(people, one)).code).toBe(0);
    const [first] = await roomsOf('tom', idOf(1));
    const second = await run(people, one, more, message(idOf(1), 2, 'dan'));
    expect([second.code, second.told]).toEqual([
      0,
      [expect.stringContaining('noted 1 × uniqueness: its people have changed')],
    ]);
    expect(await roomsOf('tom', idOf(1))).toEqual([first]);
    expect(await roomsOf('dan', idOf(1))).toEqual([first]);
    const texts = async (): Promise<unknown[]> =>
      (await said(await login(scope, service, 0, 'dan'), String(Object(first).roomName))).map(
        ({ textMessage }) => textMessage,
      );
    expect(await texts()).toEqual(['1', '2']);

    // Without the rows of before.
    const third = await run(one, message(idOf(1), 2, 'dan'), fewer, message(idOf(1), 3, 'dan'));
    expect(third.code).toBe(0);
    expect(third.told).toContain('members that have left since: 1');
    expect(await membersOf(first?.roomName ?? '')).toEqual(['dan member', 'jerry owner', 'mary member']);
    expect(await roomsOf('tom', idOf(1))).toEqual([]);
    expect(await texts()).toEqual(['1', '2', '3']);
    expect((await run(one, message(idOf(1), 2, 'dan'), fewer, message(idOf(1), 3, 'dan'))).told).toEqual([
      expect.stringContaining('noted 1 × owner: who made it has left'),
    ]);
  });

  test('is left alone where several rooms say that they are of it', async () => {
    const options = { roomName: 'another', attributes: { importedFrom: idOf(1) } };
    await api.call('conversationCreate', [options], { userName: 'jerry', ...all });
    const { code, told } = await run(one, fewer);
    expect(code).toBe(1);
    expect(told.join('\n')).toContain('skipped 1 × conversation: several rooms are of it: delete all but one');
    await api.call('deleteRoom', ['another']);
  });

  test('of two is their room still when one of them has left', async () => {
    const pair = { objectId: idOf(2), unique: true, c: 'ann', m: ['ann', 'bob'] };
    await run(pair, message(idOf(2), 1, 'bob'));
    const [room] = await roomsOf('bob', idOf(2));
    expect((await run(pair, message(idOf(2), 1, 'bob'), { ...pair, m: ['bob'] })).code).toBe(0);
    expect([await roomsOf('bob', idOf(2)), await roomsOf('ann', idOf(2))]).toEqual([[room], []]);
    expect(await api.call('hasRoom', [idOf(2)])).toBe(false);
  });

  test('whose creator has left is the room that those who are there find', async () => {
    const { code, told } = await run({ objectId: idOf(3), unique: true, c: 'boss', m: ['kim', 'lee'] });
    expect([code, told]).toEqual([
      0,
      [`noted 1 × owner: who made it has left, so another member owns it (${idOf(3)})`],
    ]);
    const found = await api.call('conversationCreate', [{ members: ['kim'], unique: true }], {
      userName: 'lee',
      ...all,
    });
    expect(found).toMatchObject({ created: false });
    expect(await membersOf(Object(found).roomName)).toEqual(['kim owner', 'lee member']);
    expect(await api.call('hasUser', ['boss'])).toBe(false);
  });
});

describe('a room', () => {
  const group = { objectId: idOf(4), c: 'boss', m: ['boss', 'kim', 'lee'], mu: ['lee'], name: 'Old', topic: 'x' };
  const role = (clientId: string, is: string): object => ({ objectId: clientId, cid: idOf(4), clientId, role: is });
  const newer = { ...group, m: ['lee', 'max'], mu: [], name: 'New', topic: undefined };
  const one = message(idOf(4), 1, 'boss');

  test('is as the last row says: members, owner, admins and attributes, and who came by itself stays and is told', async () => {
    expect((await run(group, role('kim', 'Manager'), role('lee', 'Manager'), one)).code).toBe(0);
    expect(await membersOf(idOf(4))).toEqual(['boss owner', 'kim admin', 'lee admin']);
    await api.call('addUser', ['zoe']);
    await api.call('roomMembersAdd', [idOf(4), ['zoe']]);
    const rows = [group, role('kim', 'Manager'), role('lee', 'Manager'), one, newer, role('lee', 'Member')];
    const { code, told } = await run(...rows);
    expect([code, ...told]).toEqual([
      1,
      'members that have left since: 2',
      `noted 1 × owner: who made it has left, so another member owns it (${idOf(4)})`,
      expect.stringContaining(`(zoe of ${idOf(4)})`),
    ]);
    expect(await membersOf(idOf(4))).toEqual(['lee owner', 'max member', 'zoe member']);
    expect(await api.call('roomGetAccessList', [idOf(4), 'adminlist'])).toEqual([]);
    expect(Object(await api.call('roomGet', [idOf(4)])).attributes).toEqual({ name: 'New', importedFrom: idOf(4) });
    expect(await api.call('roomInfo', [idOf(4)], { userName: 'lee' })).toMatchObject({ muted: false, role: 'owner' });
    for (const userName of ['boss', 'kim']) expect(await api.call('hasRoomAccess', [idOf(4), userName])).toBe(false);
    // It stays so, and is told again.
    expect(await run(...rows)).toEqual({ code: 1, told: told.slice(1) });
  });

  test('in which something was said is left as it is, and what differs is told', async () => {
    await api.call('roomMessage', [idOf(4), { textMessage: 'live' }], { userName: 'lee', ...all });
    const { code, told } = await run(one, { ...newer, m: ['lee', 'kim'], name: 'Newest' });
    expect(code).toBe(1);
    const live = 'something was said in the room here, so';
    expect(told.slice(1)).toEqual([
      `skipped 1 × member: ${live} who belongs to it stays as it is: here it is none (kim of ${idOf(4)})`,
      `skipped 2 × member: ${live} who belongs to it stays as it is: here it is one (max of ${idOf(4)}, zoe of ${idOf(4)})`,
      `skipped 1 × attributes: ${live} they stay as they are (${idOf(4)})`,
    ]);
    expect(await membersOf(idOf(4))).toEqual(['lee owner', 'max member', 'zoe member']);
  });

  test('of nobody is owned by --owner alone, and of the service by no subscriber', async () => {
    const { code, told } = await run(
      { objectId: idOf(5), c: 'boss', m: [] },
      { objectId: idOf(6), sys: true, m: ['kim'] },
      { objectId: 'x', cid: idOf(5), clientId: 'boss', role: 'Manager' },
    );
    expect([code, told]).toEqual([
      0,
      [`noted 1 × owner: nobody belongs to it any more, so operator owns it (${idOf(5)})`],
    ]);
    expect(await membersOf(idOf(5))).toEqual(['operator owner']);
    expect(await membersOf(idOf(6))).toEqual(['kim member', 'operator owner']);
    expect(await api.call('hasRoomAccess', [idOf(5), 'boss'])).toBe(false);
  });

  test('that somebody else has made in its name, or with others in it, takes nothing of it', async () => {
    const secret = { objectId: idOf(7), unique: true, c: 'kim', m: ['kim', 'lee'] };
    await api.call('addUser', ['mallory']);
    const options = { members: ['kim'], attributes: { importedFrom: idOf(7) } };
    const made = await api.call('conversationCreate', [options], { userName: 'mallory', ...all });
    const { code, told } = await run(secret, message(idOf(7), 1, 'kim'));
    expect([code, told[0]]).toEqual([1, expect.stringContaining('its room has members who are in no row')]);
    expect(await api.call('roomHistoryGet', [Object(made).roomName, 0, 10])).toEqual([]);
  });
});

test('what was imported as messages of two users does not become a room beside them', async () => {
  const file = (name: string, ...rows: object[]): string => {
    const path = join(folder, `${name}.jsonl`);
    writeFileSync(path, rows.map((row) => JSON.stringify(row)).join('\n'));
    return path;
  };
  const pair = { objectId: idOf(8), unique: true, c: 'una', m: ['una', 'vic'] };
  const one = message(idOf(8), 1, 'una');
  const args = ['--format', 'leancloud', '--direct'];
  const first = await runImporter(scope, [service.node(0)], ...args, file('pair', pair, one));
  expect(first.code).toBe(0);
  const more = file('more', pair, one, { ...pair, m: ['una', 'vic', 'wim'] });
  const second = await runImporter(scope, [service.node(0)], ...args, more);
  expect([second.code, second.output.join('\n')]).toEqual([1, expect.stringContaining('as messages of two users')]);
  expect(await roomsOf('una', idOf(8))).toEqual([]);
});
