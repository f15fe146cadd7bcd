// The papers: the README is short, every link arrives, what is generated is fresh, and what they repeat of the code is so.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { generatedParts, renderPart } from '../../config/tools/readme.ts';
import { describeSettingGroups, describeSettings } from '../../src/config/config.ts';
import { mistakesOf } from '../support/configuration.ts';
import { allPapers, anchorsOf, brokenLinks, fencesOf, fileOf, headingsOf, linksOf, sectionOf } from './papers.ts';
import { filesUnder, root } from './source-files.ts';

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const papers = allPapers();
const readmes = papers.filter(({ path }) => path.endsWith('README.md'));
const sizeMax = 16_000;

test(`README.md has at most ${sizeMax} bytes`, () => {
  expect(Buffer.byteLength(read('README.md'))).toBeLessThanOrEqual(sizeMax);
});

describe('links', () => {
  test('lead to files and headings that there are', () => {
    expect(papers.length).toBeGreaterThan(8);
    expect(papers.flatMap(({ text }) => linksOf(text)).length).toBeGreaterThan(100);
    expect(papers.flatMap(brokenLinks)).toEqual([]);
  });

  test('that lead nowhere are found', () => {
    const text = [
      '# One `two`, three …\n## Twice\n## Twice\n```sh\n# no heading [x](nowhere)\n```',
      '[a](#one-two-three-) [b](#twice-1) [c](README.md#start-it) [d](src) `[e](nowhere)` [f](https://example.com/x#y)',
      '[g](#twice-2) [h](nowhere.md) [i](README.md#nowhere) ![j](nowhere.svg) [k](../../..) [l]()\n[m]: nowhere/too',
    ].join('\n');
    const [files, anchors] = [
      ['nowhere.md', 'nowhere.svg', '../../..', '', 'nowhere/too'].map((link) => `a.md: no file ${link}`),
      ['#twice-2', 'README.md#nowhere'].map((link) => `a.md: no anchor ${link}`),
    ];
    expect(brokenLinks({ path: 'a.md', text }).toSorted()).toEqual([...files, ...anchors].toSorted());
    expect([...anchorsOf(text)]).toEqual(['one-two-three-', 'twice', 'twice-1']);
  });

  test('lead from README.md to every paper', () => {
    const reached = new Set(['README.md']);
    // A set is gone through to its end, what is added meanwhile included.
    for (const path of reached) {
      const paper = papers.find((each) => each.path === path);
      if (paper !== undefined) for (const link of linksOf(paper.text)) reached.add(fileOf(paper, link));
    }
    expect(papers.map(({ path }) => path).filter((path) => !reached.has(path))).toEqual([]);
  });

  test('by words, in comments, name headings that there are', () => {
    const files = [...filesUnder('src', ['.ts', '.lua']), ...filesUnder('config', ['.ts', '.mjs', '.yml', '.cfg'])];
    const texts = [...files.map(({ text }) => text), ...['docker-compose.yml', 'Dockerfile'].map(read)];
    const named = texts.flatMap((text) => [
      ...text.matchAll(/((?:\w+\/)*README\.md)(?:,| under)\s+(?:(?:#|\/\/|\*) *)?"([^"]+)"/g),
    ]);
    expect(named.length).toBeGreaterThanOrEqual(3);
    const lacking = named.filter(([, path = '', heading = '']) => !headingsOf(read(path)).includes(heading));
    expect(lacking.map(([words]) => words)).toEqual([]);
  });
});

describe('the tables that are generated (npm run docs)', () => {
  test.each(generatedParts)('in $path are as the code has them: $name', (part) => {
    const text = read(part.path);
    expect(text).toBe(renderPart(part, text));
    expect(() => renderPart(part, 'no markers')).toThrow('markers');
  });

  test('hold each setting once, in a group that is not long', () => {
    const groups = describeSettingGroups();
    expect(groups.flatMap(({ rows }) => rows)).toEqual(describeSettings());
    const text = read('config/README.md');
    for (const { title, rows } of groups) {
      const section = sectionOf(text, title);
      const named = [...section.matchAll(/^\| `(PARLEY_\w+)`/gm)].map(([, name]) => name);
      expect([title, named]).toEqual([title, rows.map(({ name }) => name)]);
      expect(named.length).toBeLessThanOrEqual(20);
    }
  });
});

describe('READMEs', () => {
  test('name only scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> };
    const named = readmes.flatMap(({ text }) => [...text.matchAll(/npm run (\w+)/g)].map(([, script = '']) => script));
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((script) => scripts[script] === undefined)).toEqual([]);
  });

  test('name only settings that exist', () => {
    const known = new Set(describeSettings().map(({ name }) => name));
    const named = readmes.flatMap(({ text }) => text.match(/\bPARLEY_[A-Z_]+[A-Z]/g) ?? []);
    expect(named.length).toBeGreaterThan(known.size);
    expect(named.map((name) => name.replace(/_FILE$/, '')).filter((name) => !known.has(name))).toEqual([]);
  });

  test('start the service with settings that it takes, and name files that there are', () => {
    const commands = readmes.flatMap(({ text }) => fencesOf(text, 'sh')).flatMap((block) => block.split('\n'));
    const starts = commands.filter((line) => /^(?:PARLEY_\w+=\S+ )+npm start/.test(line));
    expect(starts.length).toBeGreaterThanOrEqual(5);
    for (const line of starts) {
      const given = [...line.matchAll(/(PARLEY_\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]);
      // The two nodes of the README have the rest from the line before them.
      const exported = /^PARLEY_PORT=\d+ npm start &$/.test(line) ? { PARLEY_AUTH: 'open' } : {};
      expect([line, mistakesOf({ ...exported, ...Object.fromEntries(given) })]).toEqual([line, []]);
    }
    const files = commands.flatMap((line) => line.match(/(?<![\w./-])(?:config|src|test)\/[\w./-]+/g) ?? []);
    expect(files.length).toBeGreaterThan(0);
    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });

  test.each([
    ['README.md', 'A first message', { js: 1, ts: 1 }, 'test/cluster/readme.test.ts'],
    ['src/service/README.md', 'Server API', { sh: 2 }, 'test/http/server-api-readme.test.ts'],
    [
      'src/README.md',
      'Adding a request, step by step',
      { ts: 7, lua: 1, sh: 1 },
      'test/ground/adding-a-request.test.ts',
    ],
    ['config/README.md', 'Rights', { '': 1 }, 'test/fault/endpoints.test.ts'],
  ])('%s has under "%s" the fences that a test goes through', (path, heading, fences, reader) => {
    const section = sectionOf(read(path), heading);
    const counts = Object.keys(fences).map((language) => [language, fencesOf(section, language).length]);
    expect(Object.fromEntries(counts)).toEqual(fences);
    expect(read(reader)).toContain(`/${path}`);
  });
});
