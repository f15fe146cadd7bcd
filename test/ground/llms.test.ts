// llms.txt, which programs read to find their way: fresh, whole, short, and leading to what there is.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { llmsPath, renderLlms } from '../../config/tools/llms.ts';
import { notifications, requests } from '../../src/protocol/catalogue.ts';
import { errorTable } from '../../src/protocol/errors/table.ts';
import { closeCodes } from '../../src/protocol/wire/close-codes.ts';
import { allPapers, brokenLinks, linksOf } from './papers.ts';
import { root } from './source-files.ts';

const written = existsSync(join(root, llmsPath)) ? readFileSync(join(root, llmsPath), 'utf8') : '';
const sizeMax = 24_000;

test('it is what the papers and the declarations say; run `npm run docs` if not', () => {
  expect(renderLlms(root)).toBe(written);
});

test('it leads to every paper, and nowhere else', () => {
  expect(brokenLinks({ path: llmsPath, text: written })).toEqual([]);
  const links = linksOf(written);
  expect(
    allPapers()
      .map(({ path }) => path)
      .filter((path) => !links.includes(path)),
  ).toEqual([]);
  // Each with a title and a sentence.
  const lines = written.split('\n').filter((line) => line.startsWith('- ['));
  expect(lines.filter((line) => !/^- \[[^\]]+\]\([^)]+\): \S.+[.…:]$/.test(line))).toEqual([]);
});

test('it names every request, notification, error and close code, and stays short', () => {
  for (const name of [...Object.keys(requests), ...Object.keys(notifications)])
    expect(written).toContain(`\n- \`${name}(`);
  for (const code of Object.keys(errorTable)) expect(written).toContain(`\n- \`${code}\`: `);
  for (const { code, reason } of Object.values(closeCodes)) expect(written).toContain(`\n- ${code} \`${reason}\`: `);
  expect(Buffer.byteLength(written)).toBeLessThanOrEqual(sizeMax);
});
