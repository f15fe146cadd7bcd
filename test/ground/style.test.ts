// What every source file keeps to and the linter does not check: an opening comment, sizes, and words not used.
import { describe, expect, test } from '@jest/globals';
import { code, filesUnder, type SourceFile } from './source-files.ts';

const linesMax = 400;
const serviceLinesMax = 350;
const medianLinesMax = 120;
const filesMax = 20;

const source = filesUnder('src', ['.ts', '.tsx', '.css', '.lua']);
const tests = filesUnder('test', ['.ts', '.tsx']);
const tools = filesUnder('config', ['.mjs', '.cjs', '.ts']);
const all = [...source, ...tests, ...tools];

const paths = (files: readonly SourceFile[]): string[] => files.map(({ path }) => path);
const typescript = [...source, ...tests].filter(({ path }) => /\.tsx?$/.test(path));

describe('every file', () => {
  test(`has at most ${linesMax} lines, the service's ${serviceLinesMax}, half of them at most ${medianLinesMax}`, () => {
    expect(all.length).toBeGreaterThan(20);
    const longerThan = (max: number, files: readonly SourceFile[]): string[] =>
      files.filter(({ lines }) => lines > max).map(({ path, lines }) => `${path}: ${lines}`);
    expect(longerThan(linesMax, all)).toEqual([]);
    expect(longerThan(serviceLinesMax, source)).toEqual([]);
    const sizes = source.map(({ lines }) => lines).toSorted((a, b) => a - b);
    expect(sizes[Math.floor(sizes.length / 2)]).toBeLessThanOrEqual(medianLinesMax);
  });

  test(`of the service shares its folder with at most ${filesMax - 1} others`, () => {
    // With what is generated, and read beside it.
    const folders = filesUnder('src', ['.ts', '.tsx', '.css', '.html', '.lua', '.md', '.json']).map(({ path }) =>
      path.replace(/\/[^/]*$/, ''),
    );
    const crowded = [...new Set(folders)].filter(
      (folder) => folders.filter((other) => other === folder).length > filesMax,
    );
    expect(crowded).toEqual([]);
  });

  test('opens with a sentence on what it is', () => {
    // A comment of at least a few words that ends like a sentence, before any code.
    const opening = /^(?:#![^\n]*\n)?\s*(?:\/\*\*?[\s\S]{20,}?\*\/|(?:\/\/[^\n]*\n)+|(?:--[^\n]*\n)+)/;
    const lacking = all.filter(({ text }) => (opening.exec(text)?.[0].match(/\w+/g) ?? []).length < 5);
    expect(paths(lacking)).toEqual([]);
  });

  test('is named in kebab-case', () => {
    const wrong = all.filter(
      ({ path }) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.test|\.d)?\.(tsx?|css|lua|mjs|cjs)$/.test(path.split('/').at(-1) ?? ''),
    );
    expect(paths(wrong)).toEqual([]);
  });
});

describe('no TypeScript file', () => {
  test.each([
    ['exports a default', /\bexport\s+default\b|\bas\s+default\b/],
    ['says any', /[:<,|(]\s*any\b|\bas\s+any\b/],
    ['silences the compiler', /@ts-(?:ignore|nocheck|expect-error)/],
    ['declares an enum, a namespace or a decorator', /\b(?:enum|namespace)\s+[A-Z]\w*\s*\{|^\s*@\w+\(/m],
    [
      'calls something a manager, helper or util',
      /\b(?:class|interface|type|function|const)\s+\w*(?:Manager|Helper|Util)s?\b/,
    ],
  ])('%s', (_, pattern) => {
    // Comments count only where the pattern is about comments; strings are blanked, for they may say anything.
    const bare = ({ text }: SourceFile): string =>
      pattern.source.includes('@ts-')
        ? text.replaceAll(/@ts-\(/g, '')
        : code(text).replace(/'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g, "''");
    const own = 'test/ground/style.test.ts';
    // What must not compile is said there.
    const exempt = ({ path }: SourceFile): boolean =>
      path === own || (pattern.source.includes('@ts-') && path.startsWith('test/types/'));
    expect(paths(typescript.filter((file) => !exempt(file) && pattern.test(bare(file))))).toEqual([]);
  });

  test('marks a test as skipped or alone', () => {
    const marked = tests.filter(({ text }) =>
      /\b(?:test|it|describe)\.(?:only|skip|todo)\b|\b(?:xtest|fdescribe)\(/.test(code(text)),
    );
    expect(paths(marked).filter((path) => path !== 'test/ground/style.test.ts')).toEqual([]);
  });
});

test('tests wait for conditions, not for time', () => {
  // `eventually` is the one place that polls; timeouts that guard against a hang are set, not slept through.
  const sleep = /from 'node:timers\/promises'|\bawait\s+(?:sleep|pause|wait)\(\d|setTimeout\(\s*(?:resolve|done)\b/;
  const sleeping = tests.filter(({ path, text }) => !path.startsWith('test/support/') && sleep.test(code(text)));
  expect(paths(sleeping).filter((path) => path !== 'test/ground/style.test.ts')).toEqual([]);
});
