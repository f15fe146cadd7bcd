// What the importer is made of: rows of both forms, names and messages as the service takes them, sorting by files, and what it is started with.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { readArguments } from '../../config/tools/import/arguments.ts';
import { readJsonRow } from '../../config/tools/import/json-rows.ts';
import { readLeanCloudRow } from '../../config/tools/import/leancloud.ts';
import { rowsOf } from '../../config/tools/import/lines.ts';
import { nameHere, weigh } from '../../config/tools/import/naming.ts';
import { Report } from '../../config/tools/import/report.ts';
import { Sorting, type Sortable } from '../../config/tools/import/sorting.ts';
import { textOf, timeOf, type Item } from '../../config/tools/import/source.ts';
import { createRng } from '../support/rng.ts';
import { useScope } from '../support/scope.ts';

const scope = useScope();
const limits = { nameBytes: 128 };

const leanCloud = (map: Record<string, unknown>, direct = false): Item =>
  readLeanCloudRow({ map, place: '' }, 1, { direct });
const ours = (map: Record<string, unknown>): Item => readJsonRow({ map, place: '' }, 7);

/** What a message of LeanCloud becomes. */
function contentOf(data: unknown, bin = false): unknown {
  const item = leanCloud({ 'msg-id': 'm', to: 'c', timestamp: 1, data, bin });
  return item.what === 'said' ? item.said.message : item;
}

describe('rows of LeanCloud', () => {
  test('are conversations, roles and messages by their columns, and nothing else', () => {
    expect(leanCloud({ objectId: 'c', m: ['a', 'b'] })).toMatchObject({ what: 'conversation', id: 'c' });
    expect(leanCloud({ _id: { $oid: 'c' } })).toMatchObject({ what: 'conversation', id: 'c' });
    expect(leanCloud({ objectId: 'x', cid: 'c', clientId: 'a', role: 'Manager' })).toEqual({
      what: 'role',
      id: 'c',
      userName: 'a',
      isAdmin: true,
    });
    expect(leanCloud({ objectId: 'x', cid: 'c', clientId: 'a', role: 'Member' })).toMatchObject({ isAdmin: false });
    expect(leanCloud({ objectId: 'x', cid: 'c', role: 'Member' })).toEqual({ what: 'nothing' });
    expect(leanCloud({ name: 'c' })).toMatchObject({ what: 'unknown' });
    expect(leanCloud({ msgId: 'm', timestamp: 1 })).toMatchObject({
      what: 'unknown',
      why: 'a message without a conversation',
    });
    expect(leanCloud({ msgId: 'm', convId: 'c' })).toMatchObject({ what: 'unknown', why: 'a message without a time' });
  });

  test('name an owner who belongs to it, or to which anybody may come', () => {
    const left = { conversation: { owner: undefined, left: ['a'] } };
    const there = { conversation: { owner: 'a', left: [] } };
    expect(leanCloud({ objectId: 'c', c: 'a', m: ['b', 'c'] })).toMatchObject(left);
    expect(leanCloud({ objectId: 'c', c: 'a', m: [] })).toMatchObject(left);
    for (const more of [{ m: ['b', 'a'] }, { sys: true, m: ['b'] }, { tr: true }]) {
      expect(leanCloud({ objectId: 'c', c: 'a', ...more })).toMatchObject(there);
    }
  });

  test('are conversations of two users where that is asked for, of unique ones only', () => {
    const pair = { objectId: 'c', m: ['a', 'b'], unique: true };
    expect(leanCloud(pair, true)).toMatchObject({ conversation: { direct: ['a', 'b'] } });
    expect(leanCloud(pair)).toMatchObject({ conversation: { direct: undefined, unique: true } });
    for (const others of [{ unique: false }, { m: ['a', 'b', 'c'] }, { m: ['a'] }, { tr: true }, { sys: true }]) {
      expect(leanCloud({ ...pair, ...others }, true)).toMatchObject({ conversation: { direct: undefined } });
    }
  });

  test('name the conversation by `to`, and what was said to one user alone of a service is told apart', () => {
    const id = '5eccba570d3a42c5fd4e25c1';
    const row = { 'msg-id': 'm', timestamp: 1, data: 'x' };
    expect(leanCloud({ ...row, to: id, 'conv-id': `${id}00000000` })).toMatchObject({ id, said: { isPrivate: false } });
    expect(leanCloud({ ...row, 'conv-id': `${id}00000000` })).toMatchObject({ id, said: { isPrivate: false } });
    expect(leanCloud({ ...row, to: id, 'conv-id': '0cc175b9c0f1b6a831c399e269772661' })).toMatchObject({
      id,
      said: { isPrivate: true },
    });
  });

  test('hold typed messages as text, as maps, or bytes; what is none of these stays as it is', () => {
    expect(contentOf('{"_lctype":-1,"_lctext":"hi","_lcattrs":null}')).toEqual({ textMessage: 'hi' });
    expect(contentOf({ _lctype: -3, _lcfile: { url: 'u', objId: 'o' } })).toEqual({
      type: 'audio',
      file: { url: 'u', objectId: 'o' },
    });
    expect(contentOf({ _lctype: 3, when: { __type: 'Date', iso: '2020-01-01T00:00:00Z' } })).toEqual({
      type: 3,
      when: 1577836800000,
    });
    expect(contentOf('{"own":"form"}')).toEqual({ textMessage: '{"own":"form"}' });
    expect(contentOf('{no json')).toEqual({ textMessage: '{no json' });
    expect(contentOf('AQID', true)).toEqual({ type: 'binary', content: { $bytes: 'AQID' } });
    const recalled = { 'msg-id': 'm', to: 'c', timestamp: 1, data: '{"_lctype":-127}' };
    expect(leanCloud(recalled)).toMatchObject({ said: { recalled: true, message: {} } });
  });

  test('keep fields of an application that are called like parts of a message here', () => {
    const own = { _lctype: -2, _lctext: 'hi', type: 'mine', textMessage: 7, recalled: true, constructor: 1 };
    expect(contentOf(JSON.stringify(own))).toEqual({
      type: 'image',
      textMessage: 'hi',
      _type: 'mine',
      _textMessage: 7,
      recalled: true,
      constructor: 1,
    });
    const row = { 'msg-id': 'm', to: 'c', timestamp: 1, data: JSON.stringify(own) };
    expect(leanCloud(row)).toMatchObject({ said: { recalled: false } });
    expect(leanCloud({ ...row, recalled: true })).toMatchObject({ said: { recalled: true } });
    // Text has no type, so that every client shows it.
    expect(contentOf({ _lctype: -1, _lctext: 'hi', type: 'mine' })).toEqual({ textMessage: 'hi', _type: 'mine' });
  });
});

describe('rows of our own form', () => {
  test('are what they say they are, and a field that is not known is a mistake', () => {
    expect(ours({ kind: 'conversation', id: 'c' })).toMatchObject({
      what: 'conversation',
      conversation: { roomName: 'c', whitelistOnly: true },
    });
    const message = { kind: 'message', conversation: 'c', timestamp: 5, message: { textMessage: 'x' } };
    expect(ours(message)).toMatchObject({ what: 'said', time: 5, tie: '000000000000007', said: { author: undefined } });
    expect(ours({ ...message, id: 'm' })).toMatchObject({ tie: 'm' });
    for (const wrong of [
      { kind: 'room' },
      { kind: 'constructor' },
      { kind: '__proto__' },
      { kind: 'conversation' },
      { kind: 'conversation', id: 'c', color: 'red' },
      { kind: 'conversation', id: 'c', type: 'temporary' },
      { kind: 'conversation', id: 'c', writers: 'some' },
      { kind: 'conversation', id: 'c', invites: 'some' },
      { kind: 'conversation', id: 'c', attributes: [] },
      { kind: 'conversation', id: 'c', direct: ['a'] },
      { kind: 'conversation', id: 'c', read: { a: 'never' } },
      { ...message, timestamp: 'then' },
      { ...message, conversation: undefined },
      { ...message, message: 'x' },
    ]) {
      expect([wrong, ours(wrong).what]).toEqual([wrong, 'unknown']);
    }
  });
});

test('times are read in any spelling of an export', () => {
  const time = 1577836800000;
  for (const value of [
    time,
    String(time),
    time / 1000,
    String(time / 1000),
    '2020-01-01T00:00:00.000Z',
    { __type: 'Date', iso: '2020-01-01T00:00:00Z' },
  ]) {
    expect(timeOf(value)).toBe(time);
  }
  expect([{ $date: '2020-01-01T00:00:00Z' }, { $date: { $numberLong: String(time) } }].map(timeOf)).toEqual([
    time,
    time,
  ]);
  // Without a zone it is of UTC, wherever this runs.
  const here = process.env.TZ;
  process.env.TZ = 'Asia/Shanghai';
  try {
    const spellings = ['2020-01-01 00:00:00', '2020-01-01T00:00:00.000', 'Wed Jan 01 2020 00:00:00', '2020-01-01'];
    const zoned = ['2020-01-01T08:00:00+08:00', '2020-01-01 08:00:00 +0800', 'Wed, 01 Jan 2020 00:00:00 GMT'];
    for (const value of [...spellings, ...zoned]) expect([value, timeOf(value)]).toEqual([value, time]);
  } finally {
    if (here === undefined) delete process.env.TZ;
    else process.env.TZ = here;
  }
  const none = [undefined, null, 'never', -1, NaN, {}, [], 1e300, '9'.repeat(400)];
  expect(none.map(timeOf)).toEqual(none.map(() => undefined));
  expect(['1970-02-01T00:00:00Z', 1000, '99999999999'].map(timeOf)).toEqual([2678400000, 1000, 99999999999]);
});

test('what a number can no longer tell apart is no id, and told', () => {
  expect([1, -5, 2 ** 53 - 1, 'a'].map(textOf)).toEqual(['1', '-5', '9007199254740991', 'a']);
  // As JSON reads 700000000000000001.
  expect([2 ** 53, 700000000000000000, 1e300, NaN, ''].map(textOf)).toEqual([1, 2, 3, 4, 5].map(() => undefined));
  expect(leanCloud({ msgId: 'm', convId: 700000000000000000, timestamp: 1 })).toMatchObject({ what: 'unknown' });
});

test('names are those of the service, and what it does not take is spelt as in a URL, each in its own way', () => {
  const names = ['tom', 'Zoë', ' tom', 'a:b', 'a%3Ab', 'a{b}', 'x\u0000y', '50%'];
  expect(names.map((name) => nameHere(name, limits))).toEqual([
    'tom',
    'Zoë',
    '%20tom',
    'a%3Ab',
    'a%3Ab',
    'a%7Bb%7D',
    'x%00y',
    '50%',
  ]);
  expect(nameHere('Zoe\u0308', limits)).toBe('Zoë');
  expect(['', '\ud800', 'x'.repeat(129), 'constructor'].map((name) => nameHere(name, limits))).toEqual(
    Array(4).fill(undefined),
  );
  expect(nameHere('Tom', { ...limits, names: 'username' })).toBe('tom');
});

test('messages that the service would not take are told before', () => {
  expect(weigh({ textMessage: 'hi' })).toEqual({ bytes: 20, values: 3, packed: 16 });
  expect(weigh({ number: 2 ** 60 })).toContain('53 bits');
  expect(weigh({ text: '\ud800' })).toEqual(expect.any(String));
  expect(weigh({ $bytes: 1, other: 2 })).toContain('$bytes');
  let deep: Record<string, unknown> = {};
  for (let i = 0; i < 20; i++) deep = { deep };
  expect(weigh(deep)).toContain('the message is');
});

test('what is sorted by files comes in the order of what is sorted in memory, each record once', async () => {
  const rng = createRng(7);
  const records = Array.from({ length: 3000 }, (_, i): Sortable<number> => {
    const [group, time] = [rng.integer(0, 9), rng.integer(0, 99)];
    return [`conversation ${group}`, time, String(i % 7), i];
  });
  const sortedBy = async (bytesMax: number): Promise<Sortable<number>[]> => {
    const sorting = new Sorting<number>(bytesMax);
    scope.add(async () => sorting.end());
    for (const record of records) await sorting.add(record);
    const sorted: Sortable<number>[] = [];
    for await (const record of sorting.sorted()) sorted.push(record);
    return sorted;
  };
  const inMemory = await sortedBy(1 << 30);
  expect(inMemory).toHaveLength(3000);
  const wanted = records.map(([group, time, tie]) => `${group} ${String(time).padStart(3)} ${tie}`).toSorted();
  expect(inMemory.map(([group, time, tie]) => `${group} ${String(time).padStart(3)} ${tie}`)).toEqual(wanted);
  // More files than are merged at once, so that they are merged in turns.
  const byFiles = await sortedBy(5000);
  // Of what is equal the first that was given comes first.
  expect(byFiles).toEqual(inMemory);
  expect(new Set(byFiles.map(([, , , value]) => value)).size).toBe(3000);
});

test('files are read line by line, also gzipped, pages and all, and what is no row is told by its place', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-lines-'));
  scope.add(() => rmSync(folder, { recursive: true, force: true }));
  const text =
    '#filetype:JSON-streaming {}\n\n{"a":1}\r\n[{"a":2},{"a":"ü"}]\n{"results":[{"a":4}]}\nnothing\n[5]\n{"a":6}\n[\n{"a":7},\n{"a":8}\n]';
  const plain = join(folder, 'plain.jsonl');
  const packed = join(folder, 'packed.jsonl.gz');
  writeFileSync(plain, text);
  writeFileSync(packed, gzipSync(text));
  for (const file of [plain, packed]) {
    const bad: string[] = [];
    const rows: unknown[] = [];
    for await (const { map, place } of rowsOf([file], (where, why) => void bad.push(`${where} ${why}`))) {
      rows.push([map['a'], place.slice(file.length)]);
    }
    expect(rows).toEqual([
      [1, ':3'],
      [2, ':4'],
      ['ü', ':4'],
      [4, ':5'],
      [6, ':8'],
      [7, ':10'],
      [8, ':11'],
    ]);
    expect(bad).toEqual([
      `${file}:6 the line is no JSON, or its maps and lists are too deep`,
      `${file}:7 the row is no map`,
    ]);
  }
});

test('lines that are too long, or too deep, are told and passed over', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-lines-'));
  scope.add(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'broken.jsonl');
  const deep = `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
  writeFileSync(file, ['{"a":1}', deep, `{"a":"${'x'.repeat(17 << 20)}"}`, '{"a":2', '{"a":3}'].join('\n'));
  const bad: string[] = [];
  const rows: unknown[] = [];
  for await (const { map } of rowsOf([file], (place, why) => void bad.push(`${place.slice(file.length)} ${why}`))) {
    rows.push(map);
  }
  const latin = join(folder, 'latin.jsonl');
  writeFileSync(latin, Buffer.from('{"a":"grün"}\n{"a":4}', 'latin1'));
  for await (const { map } of rowsOf([latin], (place, why) => void bad.push(`${place.slice(latin.length)} ${why}`))) {
    rows.push(map);
  }
  expect(rows).toEqual([{ a: 1 }, { a: 3 }, { a: 4 }]);
  expect(bad).toEqual([
    ':2 the line is no JSON, or its maps and lists are too deep',
    ':3 the line has more than 16 MiB (of one list, `jq -c .[]` makes lines)',
    ':4 the line is no JSON, or its maps and lists are too deep',
    ':1 the line is not UTF-8 (`iconv -t UTF-8` makes it so)',
  ]);
});

test('a packed file that is broken off is named', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-lines-'));
  scope.add(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'broken.jsonl.gz');
  writeFileSync(file, gzipSync('{"a":1}\n'.repeat(1000)).subarray(0, -10));
  const reading = async (): Promise<void> => {
    for await (const { place } of rowsOf([file], () => undefined)) expect(place).toContain(file);
  };
  await expect(reading()).rejects.toMatchObject({ code: 'Z_BUF_ERROR', message: expect.stringContaining(file) });
});

test('a report stays short and on its lines, whatever the files hold', () => {
  const report = new Report({ write: () => undefined, isTerminal: false });
  for (let i = 0; i < 1000; i++) report.skip('row', `a message has no field ${i}`, `\x1b[2J${'x'.repeat(1000)}\n${i}`);
  const lines = report.lines(true).filter((line) => line.startsWith('skipped'));
  expect(lines).toHaveLength(101);
  expect(lines.at(-1)).toContain('skipped 900 × row: for other reasons');
  expect(lines.filter((line) => /\p{Cc}/u.test(line) || line.length > 600)).toEqual([]);
});

test('what it is started with is checked', () => {
  const mistakes = [
    ['--format', 'json', '--token', 'k'],
    ['--format', 'json', 'a.jsonl'],
    ['--format', 'json', '--token', 'k', '--token-file', 'f', 'a.jsonl'],
    ['--format', 'json', '--token', 'k', '--url', 'ws://x', 'a.jsonl'],
    ['--format', 'json', '--token', 'k', '--url', 'http://x/a/path', 'a.jsonl'],
    ['--format', 'json', '--token', 'k', '--url', 'http://me:pass@x', 'a.jsonl'],
    ['--format', 'json', '--token', 'k', '--memory', 'much', 'a.jsonl'],
    ['--format', 'json', '--token', 'k', '--message-bytes', '0', 'a.jsonl'],
    ['--format', 'json', '--token', 'k', '--names', 'any', 'a.jsonl'],
    ['--format', 'json', '--token', 'k', '--before', 'then', 'a.jsonl'],
    ['--format', 'json', '--token', 'k', '--colour', 'a.jsonl'],
  ];
  expect(mistakes.filter((args) => !('mistake' in readArguments(args)))).toEqual([]);
  expect(
    readArguments([
      '--format',
      'leancloud',
      '--token',
      'k',
      '--direct',
      '--url',
      'http://a:1',
      '--url',
      'http://b:2',
      'x',
      'y',
    ]),
  ).toMatchObject({
    given: {
      urls: ['http://a:1', 'http://b:2'],
      files: ['x', 'y'],
      direct: true,
      done: false,
      owner: 'operator',
      messageBytes: undefined,
    },
  });
});
