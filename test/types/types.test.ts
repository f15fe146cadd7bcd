// What must not compile does not: each `@ts-expect-error` of this folder stands above an error, and nothing else is one.
// That the rest compiles is checked with all other types.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { filesUnder, root } from '../ground/source-files.ts';
import { useScope } from '../support/scope.ts';

const scope = useScope();
const mark = /^ *\/\/ @ts-expect-error/;
const cases = filesUnder('test/types', ['.ts']).filter(({ path }) => !path.endsWith('.test.ts'));
/** So many at least; a file that is lost takes its cases with it. */
const expectedMin = 98;

test('every mark in these files says why, and stands above code', () => {
  const marks = cases.flatMap(({ text }) => text.split('\n').filter((line) => line.includes('@ts-expect-error')));
  expect(marks.length).toBeGreaterThanOrEqual(expectedMin);
  expect(marks.filter((line) => !/^ *\/\/ @ts-expect-error: \S.+\.$/.test(line))).toEqual([]);
});

test('the compiler sees each of them, and would without the marks', () => {
  const cache = join(root, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'parley-types-'));
  scope.add(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'test', 'types'), { recursive: true });
  symlinkSync(join(root, 'src'), join(folder, 'src'));
  // A mark is made an ordinary comment, so that lines stay where they are.
  for (const { path, text } of cases)
    writeFileSync(join(folder, path), text.replaceAll('@ts-expect-error', 'expected'));
  const settings = {
    extends: join(root, 'test', 'tsconfig.json'),
    compilerOptions: { rootDir: '/', typeRoots: [join(root, 'node_modules', '@types')] },
    include: ['test/types'],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings));
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { stdout } = spawnSync(process.execPath, [compiler, '--pretty', 'false', '-p', join(folder, 'tsconfig.json')], {
    cwd: folder,
    encoding: 'utf8',
  });
  const found = [...stdout.matchAll(/^(?:.*\/)?([\w.-]+\.ts)\((\d+),\d+\): error/gm)];
  const seen = new Set(found.map(([, file, line]) => `${file}:${line}`));
  const wanted = cases.flatMap(({ path, text }) => {
    const lines = text.split('\n');
    return lines.flatMap((line, index) => (mark.test(line) ? [`${path.split('/').at(-1)}:${index + 2}`] : []));
  });
  expect([...seen].toSorted()).toEqual(wanted.toSorted());
});
