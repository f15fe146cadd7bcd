// What a script is made of: its file, and of the libraries it builds on those functions that it comes to.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { withLibraries } from '../../src/redis/script/libraries.ts';

/** The text of `script.lua`, with the other files as libraries, without empty lines. */
function made(files: Readonly<Record<string, string>>): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'parley-lua-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, `${name}.lua`), `${text}\n`);
  const url = pathToFileURL(`${folder}/`);
  return withLibraries(new URL('script.lua', url), url).split('\n').filter(Boolean);
}

const fn = (name: string, body = '  return 1'): string => `local function ${name}()\n${body}\nend`;
const lines = (...texts: string[]): string[] => texts.flatMap((text) => text.split('\n'));

describe('a script', () => {
  test('is behind its libraries, each once, and those behind their own', () => {
    const files = {
      low: 'local A = 1',
      one: '-- uses: low\nlocal B = A',
      two: '-- uses: low\nlocal C = A',
      script: '-- uses: one two\nreturn B + C',
    };
    expect(made(files)).toEqual(lines(files.low, files.one, files.two, files.script));
  });

  test('has the functions that it names, and those that these name; not those that only a comment does', () => {
    const files = {
      lib: [
        fn('deep'),
        fn('used', '  return deep()'),
        fn('unused', '  return alone()'),
        fn('alone'),
        'local kept = 1',
      ].join('\n'),
      script: `-- uses: lib\n-- Not so alone.\n  -- unused\n${fn('own', '  return used()')}\n${fn('left')}\nreturn own()`,
    };
    const own = '-- uses: lib\n-- Not so alone.\n  -- unused';
    expect(made(files)).toEqual(
      lines(
        fn('deep'),
        fn('used', '  return deep()'),
        'local kept = 1',
        own,
        fn('own', '  return used()'),
        'return own()',
      ),
    );
  });

  test('has whatever stands between functions, and what that names; of two functions of one name both', () => {
    const files = {
      lib: `local x = 0\n${fn('first')}\nlocal short = first\nlocal function line() return 2 end\n${fn('twice', '  return line()')}`,
      script: `-- uses: lib\n${fn('twice', '  return 3')}\nreturn twice()`,
    };
    expect(made(files)).toEqual(lines(files.lib, files.script));
  });
});
