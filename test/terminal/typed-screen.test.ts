// The screen of somebody who types, in a real terminal: what comes scrolls above the line that is typed, which stays whole.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { dayOf } from '../../src/terminal/layout.ts';
import { root } from '../ground/source-files.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { startTerminal, type Terminal, type TerminalOptions } from '../support/terminal.ts';

const scope = useScope();
const program = join(root, 'test', 'terminal', 'typed-screen-program.ts');

interface Typing {
  readonly terminal: Terminal;
  /** Somebody else says this, perhaps long ago; null: is typing. */
  readonly hear: (said: string | null | { readonly text: string; readonly timestamp: number }) => void;
  /** Resolves when so much of it was heard. */
  readonly heard: (count: number) => Promise<void>;
  /** Resolves when the screen shows these rows at its end, times as `00:00`. */
  readonly shows: (...rows: readonly string[]) => Promise<void>;
}

async function startTyping(options: TerminalOptions = {}): Promise<Typing> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-screen-'));
  scope.add(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'others');
  const server = createServer().listen(path);
  const connected: Promise<[Socket]> = once(server, 'connection') as Promise<[Socket]>;
  const command = [process.execPath, '--import', join(root, 'node_modules/tsx/dist/esm/index.mjs'), program, path];
  const terminal = await startTerminal(scope, command, options);
  const [others] = await connected;
  scope.add(() => {
    others.destroy();
    server.close();
  });
  const shows = (...rows: readonly string[]): Promise<void> =>
    eventually(async () => {
      const shown = (await terminal.rows()).map((row) => row.replace(/^\d\d:\d\d /, '00:00 '));
      expect(shown.slice(-rows.length)).toEqual(rows);
    });
  await shows('lobby ›');
  const heard = (count: number): Promise<void> => eventually(async () => expect(others.bytesRead).toBe(count));
  others.resume();
  return { terminal, shows, heard, hear: (said) => void others.write(`${JSON.stringify(said)}\n`) };
}

test('a message comes above the line that is typed, and the line goes on where it was', async () => {
  const { terminal, hear, shows } = await startTyping();
  await terminal.type('hel');
  await shows('lobby › hel');
  hear('first');
  await shows('00:00 bob: first', 'lobby › hel');
  await terminal.type('lo');
  await terminal.press('Left', 'Left');
  hear('second');
  await shows('00:00 bob: first', '00:00 bob: second', 'lobby › hello');
  // The cursor stayed between the letters.
  await terminal.type('XX');
  await shows('00:00 bob: second', 'lobby › helXXlo');
  await terminal.press('Enter');
  await shows('00:00 bob: first', '00:00 bob: second', '00:00 ann: helXXlo', 'lobby ›');
});

test('a line of several rows stays whole, too, in letters of any width', async () => {
  const { terminal, hear } = await startTyping();
  const [words, wide] = ['0123456789'.repeat(19), '宽'.repeat(60)];
  for (const [index, typed] of [words, wide, 'x'.repeat(72), 'x'.repeat(152)].entries()) {
    await terminal.type(typed);
    await eventually(async () => expect((await terminal.rows()).join('')).toContain(typed.slice(-5)));
    for (const word of ['one', 'two', 'three']) hear(`${word} ${index}`);
    hear(null);
    await eventually(async () => {
      const rows = (await terminal.rows()).map((row) => row.replace(/^\d\d:\d\d /, ''));
      const prompt = rows.findLastIndex((row) => row.startsWith('lobby (bob is typing) ›'));
      expect(rows.slice(prompt - 3, prompt)).toEqual([`bob: one ${index}`, `bob: two ${index}`, `bob: three ${index}`]);
      expect(rows.slice(prompt).join('').replaceAll(' ', '')).toBe(`lobby(bobistyping)›${typed}`);
    });
    await terminal.press('Enter');
    await eventually(async () => {
      const rows = await terminal.rows();
      expect(rows.at(-1)).toBe('lobby (bob is typing) ›');
      const from = rows.findLastIndex((row) => row.includes('ann: '));
      expect(rows.slice(from, -1).join('').replaceAll(' ', '')).toMatch(new RegExp(`^\\d\\d:\\d\\dann:${typed}$`));
      expect(rows[from - 1]).toContain(`bob: three ${index}`);
    });
  }
});

test('what comes while the line is taller than the screen waits, and the line is not there twice', async () => {
  const { terminal, hear, heard } = await startTyping();
  const typed = Array.from({ length: 45 }, (_, row) => `${row}`.padStart(80, '.')).join('');
  await terminal.type(typed);
  await eventually(async () => expect((await terminal.rows()).at(-1)).toMatch(/\.44$/));
  const countOf = async (text: string): Promise<number> =>
    (await terminal.rows()).filter((row) => row.includes(text)).length;
  const before = await countOf('....1....');
  for (const said of ['one', null, 'two']) hear(said);
  await heard(3);
  expect([await countOf('bob'), await countOf('....1....')]).toEqual([0, before]);
  // Short enough, it is shown what came.
  await terminal.press('C-u');
  await eventually(async () => {
    const rows = (await terminal.rows()).map((row) => row.replace(/^\d\d:\d\d /, ''));
    const prompt = rows.findLastIndex((row) => row.startsWith('lobby (bob is typing) ›'));
    expect(rows.slice(prompt - 2, prompt)).toEqual(['bob: one', 'bob: two']);
  });
});

test('what others write moves no cursor and changes no colour, and long texts are wrapped below each other', async () => {
  const { terminal, hear, shows } = await startTyping();
  await terminal.type('typed');
  hear('\u001b[2J\u001b[H\u001b[31mred\u0007\r\nnext \u202eright');
  await shows('00:00 bob: ␛[2J␛[H␛[31mred␇', `${' '.repeat(11)}next ‹U+202E›right`, 'lobby › typed');
  hear('word '.repeat(30).trim());
  await shows(
    `00:00 bob: ${'word '.repeat(13)}word`,
    `${' '.repeat(11)}${'word '.repeat(13)}word`,
    `${' '.repeat(11)}word word`,
    'lobby › typed',
  );
  hear('宽'.repeat(40));
  await shows(`00:00 bob: ${'宽'.repeat(34)}`, `${' '.repeat(11)}${'宽'.repeat(6)}`, 'lobby › typed');
});

test('another day is told before what was said on it', async () => {
  const { hear, shows } = await startTyping();
  const at = new Date(2020, 1, 29, 0, 0, 0).getTime();
  for (const text of ['one', 'two']) hear({ text, timestamp: at });
  hear('now');
  const [then, today] = [dayOf(at), dayOf(undefined)];
  await shows(`── ${then} ──`, '00:00 bob: one', '00:00 bob: two', `── ${today} ──`, '00:00 bob: now', 'lobby ›');
});

test('there are colours, and none where NO_COLOR is set', async () => {
  const [coloured, plain] = [await startTyping(), await startTyping({ env: { NO_COLOR: '1' } })];
  for (const { hear, shows } of [coloured, plain]) {
    hear('hi');
    await shows('00:00 bob: hi', 'lobby ›');
  }
  const escape = '\u001b[';
  expect((await coloured.terminal.colouredRows()).join('\n')).toContain(escape);
  expect((await plain.terminal.colouredRows()).join('\n')).not.toContain(escape);
});

test('a terminal that becomes narrower or wider keeps the line', async () => {
  const { terminal, hear } = await startTyping();
  const typed = '0123456789'.repeat(12);
  await terminal.type(typed);
  for (const columns of [50, 100, 30]) {
    await terminal.resize(columns);
    hear(`at ${columns}`);
    await eventually(async () => {
      const rows = await terminal.rows();
      const from = rows.findLastIndex((row) => row.endsWith(`bob: at ${columns}`));
      expect(
        rows
          .slice(from + 1)
          .join('')
          .replaceAll(' ', ''),
      ).toBe(`lobby›${typed}`);
    });
  }
  await terminal.press('Enter');
  await eventually(async () => {
    const shown = (await terminal.rows()).join('').replaceAll(' ', '');
    expect(shown).toMatch(new RegExp(`ann:${typed}lobby›$`));
  });
});

test('Ctrl-C leaves with the terminal as it was', async () => {
  const { terminal, shows, hear } = await startTyping();
  hear('bye');
  await terminal.type('unfinished');
  await shows('00:00 bob: bye', 'lobby › unfinished');
  await terminal.press('C-c');
  await eventually(async () => expect(await terminal.exitCode()).toBe(0));
});
