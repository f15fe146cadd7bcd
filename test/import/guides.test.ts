// The guides for who comes from another service: each name that they give for ours is one, the commands and the script in them work, and what
// they say becomes of messages is what the importer does.
import { createServer, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { usage } from '../../config/tools/import/arguments.ts';
import {
  conversationColumns,
  fieldNames,
  RECALLED_TYPE,
  typeNames,
} from '../../config/tools/import/leancloud-table.ts';
import { rowsOf } from '../../config/tools/import/lines.ts';
import { describeSettings } from '../../src/config/config.ts';
import { notifications, requests } from '../../src/protocol/catalogue.ts';
import { errorTable } from '../../src/protocol/errors/table.ts';
import { serverRequests } from '../../src/protocol/service/catalogue.ts';
import { allPapers, fencesOf } from '../ground/papers.ts';
import { root } from '../ground/source-files.ts';
import { startProcess } from '../support/owned-process.ts';
import { useScope } from '../support/scope.ts';

const scope = useScope();
const BYTES_MAX = 12_000;
const names = ['leancloud', 'leancloud-names', 'chatengine', 'chat-service', 'socket-io'];
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const guides = names.map((name) => ({ name, text: read(`config/guides/${name}.md`) }));
const importer = read('config/tools/import/README.md');

/** Rows of the tables of a paper whose last column is ours, without their heads. */
function rowsIn(text: string): string[][] {
  const tables = text.split(/\n\n+/).filter((block) => block.startsWith('|'));
  return tables
    .map((table) => table.split('\n').map((row) => row.replace(/^\||\|$/g, '').split(/(?<!\\)\|/)))
    .filter(([head]) => head?.at(-1)?.trim().startsWith('Parley') === true)
    .flatMap((rows) => rows.slice(2));
}

/** Words in spans of code, as `room.on('message', …)` has `room`, `on` and `message`; options and paths whole. */
const wordsIn = (text: string): string[] =>
  [...text.matchAll(/`([^`\n]+)`/g)].flatMap(([, span = '']) => span.match(/PARLEY_\w+|\$[\w.]+|[A-Za-z]\w*/g) ?? []);

const catalogue = new Set([
  ...[requests, notifications, serverRequests, errorTable].flatMap((each) => Object.keys(each)),
  ...describeSettings().map(({ name }) => name),
]);
/** What belongs to the catalogue if it is ours at all. */
const OF_CATALOGUE =
  /^(?:PARLEY_|(?:room|rooms|direct|contact|conversation|user|users|missed|unread|session|list|system|nodes|add|delete|has|change|disconnect|revoke)[A-Z])/;
/** Hooks, and what the client library calls its own, begin like that as well. */
const elsewhere = new Set([
  ...wordsIn(read('src/hooks/README.md')),
  ...wordsIn(read('src/client/README.md')),
  ...fencesOf(read('src/client/README.md'), 'ts').flatMap((code) => code.match(/\$[\w.]+|[A-Za-z]\w*/g) ?? []),
  ...wordsIn(read('src/service/README.md')),
]);
const documented = new Set(
  ['src/documents/PROTOCOL.md', 'src/documents/openapi.json'].flatMap(
    (path) => read(path).match(/\$[\w.]+|[A-Za-z]\w*/g) ?? [],
  ),
);

describe.each(guides)('the guide $name', ({ text }) => {
  test(`has at most ${BYTES_MAX} bytes`, () => {
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(BYTES_MAX);
  });

  test('gives names of ours that there are', () => {
    const rows = rowsIn(text);
    if (text.includes('| Parley')) expect(rows.length).toBeGreaterThan(4);
    const given = rows.flatMap((cells) => wordsIn(cells.at(-1) ?? '')).map((word) => word.replace(/_FILE$/, ''));
    const lacking = given.filter((word) =>
      OF_CATALOGUE.test(word)
        ? !catalogue.has(word) && !elsewhere.has(word)
        : !elsewhere.has(word) && !documented.has(word),
    );
    expect(lacking).toEqual([]);
    // In the running text as well.
    const named = wordsIn(text).filter((word) => /^PARLEY_|^(?:room|direct|conversation)[A-Z]\w*$/.test(word));
    const theirs = new Set(rows.flatMap((cells) => wordsIn(cells.slice(0, -1).join(' '))));
    const wrong = named
      .map((word) => word.replace(/_FILE$/, ''))
      .filter((word) => !catalogue.has(word) && !elsewhere.has(word) && !theirs.has(word));
    expect(wrong.filter((word) => word !== 'roomMessageAfter')).toEqual([]);
  });

  test('starts the importer as it may be started', () => {
    const commands = [...text.matchAll(/npm run import -- ([^\n`]*)/g)].map(([, args = '']) => args);
    const options = commands.flatMap((args) => args.match(/--[a-z-]+/g) ?? []);
    expect(options.filter((option) => !usage.includes(`  ${option} `))).toEqual([]);
  });
});

test('what has no name here is found', () => {
  expect(wordsIn('`roomJoin(name)` and `$.chat.join`, `PARLEY_X`')).toEqual([
    'roomJoin',
    'name',
    '$.chat.join',
    'PARLEY_X',
  ]);
  expect(OF_CATALOGUE.test('roomShout') && !catalogue.has('roomShout') && !elsewhere.has('roomShout')).toBe(true);
  expect(rowsIn('| A | Parley |\n| - | - |\n| `x` | `y` |')).toEqual([[' `x` ', ' `y` ']]);
});

test('README.md leads to each of them', () => {
  const linked = names.filter((name) => read('README.md').includes(`config/guides/${name}.md`));
  expect(linked).toEqual(names.filter((name) => name !== 'leancloud-names'));
  expect(allPapers('config').map(({ path }) => path)).toEqual(
    expect.arrayContaining(names.map((name) => `config/guides/${name}.md`)),
  );
});

test('what LeanCloud calls the parts of a message and of a conversation is what the importer knows', () => {
  const table = guides.find(({ name }) => name === 'leancloud-names')?.text ?? '';
  const section = table.slice(table.indexOf('## Messages as they are imported'));
  const types = [...typeNames.keys(), RECALLED_TYPE].filter(
    (number) => !new RegExp(`\`_lctype\` [^|]*${number}\\b`).test(section),
  );
  expect(types).toEqual([]);
  for (const kind of typeNames.values()) expect(section).toContain(kind ?? 'no `type`');
  for (const [field, name] of Object.entries(fieldNames)) {
    expect(section).toContain(`\`${field}\``);
    expect(section).toMatch(new RegExp(`[\`"]${name}[\`"]`));
  }
  const columns = Object.entries(conversationColumns).filter(
    ([, becomes]) => becomes !== 'nothing' && !becomes.startsWith('nothing:'),
  );
  const lacking = columns
    .map(([column]) => column)
    .filter((column) => column !== '_id' && !importer.includes(`\`${column}\``));
  expect(lacking).toEqual([]);
});

test('the options of the importer are in its usage, and its README names no others', () => {
  const named = [...importer.matchAll(/`(--[a-z-]+)/g)].map(([, option = '']) => option);
  expect(named.length).toBeGreaterThan(4);
  expect(named.filter((option) => !usage.includes(`  ${option} `))).toEqual([]);
});

describe('the script that exports messages of LeanCloud', () => {
  const script = fencesOf(guides[0]?.text ?? '', 'js').find((code) => code.includes('rtm/messages')) ?? '';
  const COUNT = 2500;
  const all = Array.from({ length: COUNT }, (_, i) => ({
    'msg-id': `m${i}`,
    to: 'c',
    timestamp: 1000 + Math.floor(i / 3),
    data: `${i}`,
  }));

  /** As the API of LeanCloud pages: newest first, behind the message that is named. */
  function page(request: IncomingMessage): unknown[] {
    const { searchParams } = new URL(request.url ?? '', 'http://x');
    const [timestamp, msgid] = [searchParams.get('timestamp'), searchParams.get('msgid')];
    const newestFirst = all.toReversed().filter((one) => one.timestamp > Number(searchParams.get('till_timestamp')));
    const from = timestamp === null ? 0 : newestFirst.findIndex((one) => one['msg-id'] === msgid) + 1;
    return newestFirst.slice(from, from + Number(searchParams.get('limit')));
  }

  test('writes each message once, as the importer reads them, and goes on where it was', async () => {
    const asked: unknown[] = [];
    let failing = 1;
    const server = createServer((request, response) => {
      asked.push([request.headers['x-lc-id'], request.headers['x-lc-key'], (request.url ?? '').split('?')[0]]);
      // The second page fails once.
      if (asked.length === 2 && failing-- > 0) return response.writeHead(500).end('down');
      return response.end(JSON.stringify(page(request)));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    scope.add(() => void server.close());
    const folder = mkdtempSync(join(tmpdir(), 'parley-export-'));
    scope.add(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(join(folder, 'export.mjs'), script);
    const { port } = server.address() as AddressInfo;
    const env = { ...process.env, LC_HOST: `http://127.0.0.1:${port}`, LC_ID: 'id', LC_MASTER_KEY: 'key' };
    const run = async (): Promise<number | null> => {
      const running = await startProcess(process.execPath, ['export.mjs'], { cwd: folder, env });
      scope.add(async () => void (await running.kill()));
      return (await running.exited).code;
    };
    expect(await run()).toBe(1);
    expect(await run()).toBe(0);
    const rows: unknown[] = [];
    for await (const { map } of rowsOf([join(folder, 'messages.jsonl')], (place) => rows.push(place))) rows.push(map);
    expect(rows).toEqual(all.toReversed());
    expect(new Set(asked.map((one) => JSON.stringify(one)))).toEqual(
      new Set([JSON.stringify(['id', 'key,master', '/1.2/rtm/messages'])]),
    );
  });
});
