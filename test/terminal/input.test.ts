// What the terminal client is given: arguments, typed lines, lines of a file.
import { describe, expect, test } from '@jest/globals';
import { readArguments, usage } from '../../src/terminal/arguments.ts';
import { help, readLine } from '../../src/terminal/commands.ts';
import { linesOf, type Line } from '../../src/terminal/lines.ts';
import { sayLines } from '../../src/terminal/piped.ts';

const mistake = (...args: readonly string[]): string => {
  const reading = readArguments(args, true);
  return 'mistake' in reading ? reading.mistake : '';
};

describe('arguments', () => {
  test('say who, where and in which rooms', () => {
    expect(readArguments(['--user', 'ann', '--room=lobby', '-r', 'kitchen', '-r', 'lobby'], true)).toEqual({
      given: {
        urls: ['ws://127.0.0.1:8080/ws'],
        userName: 'ann',
        token: undefined,
        tokenFile: undefined,
        rooms: ['lobby', 'kitchen'],
        stay: false,
      },
    });
    const several = readArguments(['--token', 't', '--url', 'ws://a/ws', '--url', 'wss://b/ws', '--stay'], false);
    expect(several).toMatchObject({ given: { urls: ['ws://a/ws', 'wss://b/ws'], token: 't', stay: true } });
    expect(readArguments(['--help', '--user', 'ann'], false)).toEqual({ help: true });
    expect(usage).toContain('--token-file FILE');
  });

  test('that there are not are refused, with what may have been meant', () => {
    expect(mistake('--usr', 'ann')).toBe('There is no option --usr. Did you mean --user? --help lists them all.');
    expect(mistake('--rom', 'lobby')).toContain('Did you mean --room?');
    expect(mistake('--tokenfile=x')).toContain('Did you mean --token-file?');
    expect(mistake('--frobnicate')).toBe('There is no option --frobnicate. --help lists them all.');
    expect(mistake('-x')).toContain('There is no option -x.');
    expect(mistake('--__proto__', 'x')).toContain('There is no option --__proto__.');
    expect(mistake('lobby')).toContain('--room lobby');
  });

  test('without what they need are refused', () => {
    expect(mistake()).toContain('--user NAME');
    expect(mistake('--user')).toBe('--user needs a value: --user NAME.');
    expect(mistake('--user=')).toContain('needs a value');
    expect(mistake('--user', '--room')).toContain('--user needs a value');
    expect(mistake('--user', 'ann', '--stay=yes')).toBe('--stay takes no value.');
    expect(mistake('--user', 'ann', '--user', 'bob')).toBe('--user is given twice.');
    expect(mistake('--user', 'ann', '--url', 'localhost:8080')).toContain('ws://127.0.0.1:8080/ws');
    expect(mistake('--token', 'a', '--token-file', 'b')).toContain('not both');
  });
});

test('lines of a pipe need a room, unless one goes on listening', () => {
  expect(readArguments(['--user', 'ann'], false)).toEqual({ mistake: 'Lines of a pipe need --room NAME.' });
  for (const more of [['--room', 'lobby'], ['--stay']])
    expect(readArguments(['--user', 'ann', ...more], false)).toHaveProperty('given.userName', 'ann');
  expect(readArguments(['--user', 'ann'], true)).toHaveProperty('given.rooms', []);
});

describe('a typed line', () => {
  test('is a command, or said', () => {
    expect(readLine('  ')).toBeUndefined();
    expect(readLine(' hello /join x ')).toEqual({ kind: 'say', text: 'hello /join x' });
    expect(readLine('//join x')).toEqual({ kind: 'say', text: '/join x' });
    expect(readLine('/join my room')).toEqual({ kind: 'join', roomName: 'my room' });
    expect(readLine('/leave')).toEqual({ kind: 'leave', roomName: undefined });
    expect(readLine('/msg bob how are you?')).toEqual({ kind: 'msg', userName: 'bob', text: 'how are you?' });
    expect(readLine('/msg "ann lee" hi')).toEqual({ kind: 'msg', userName: 'ann lee', text: 'hi' });
    expect(readLine('/msg bob')).toEqual({ kind: 'msg', userName: 'bob', text: undefined });
    for (const kind of ['who', 'read', 'rooms', 'members', 'mute', 'unmute', 'retry', 'quit', 'help'])
      expect(readLine(`/${kind}`)).toEqual({ kind });
  });

  test('that is no command says what may have been meant', () => {
    const sentence = (line: string): string => {
      const command = readLine(line);
      return command?.kind === 'mistake' ? command.sentence : '';
    };
    expect(sentence('/jion lobby')).toContain('Did you mean /join?');
    expect(sentence('/qu')).toContain('Did you mean /quit?');
    expect(sentence('/frobnicate')).toBe('There is no command /frobnicate. /help lists them all.');
    expect(sentence('/constructor')).toContain('There is no command');
    expect(sentence('/join')).toContain('/join ROOM');
    expect(sentence('/msg')).toContain('/msg USER [TEXT]');
    expect(sentence('/who is it')).toBe('/who takes nothing behind it.');
    expect(help.split('\n').filter((line) => line.startsWith('/'))).toHaveLength(27);
    for (const line of help.split('\n')) expect(line.length).toBeLessThanOrEqual(78);
  });
});

describe('lines of a file', () => {
  const read = async (...chunks: readonly string[]): Promise<Line[]> => {
    const lines: Line[] = [];
    for await (const line of linesOf(inputOf(chunks), 10)) lines.push(line);
    return lines;
  };

  test('are found wherever chunks end, the last one without an end, too', async () => {
    const texts = (await read('on', 'e\r\ntwo\n\nth', 'ree')).map(({ text }) => text);
    expect(texts).toEqual(['one', 'two', '', 'three']);
    expect(await read('')).toEqual([]);
  });

  test('are bounded, however long they are', async () => {
    expect(await read('x'.repeat(8), 'x'.repeat(8), '\nok\n')).toEqual([
      { text: 'x'.repeat(10), cut: true },
      { text: 'ok', cut: false },
    ]);
  });

  test('are said in order, as few at once as are taken', async () => {
    let [under, most] = [0, 0];
    const said: string[] = [];
    const say = async (text: string): Promise<void> => {
      said.push(text);
      most = Math.max(most, (under += 1));
      await Promise.resolve();
      under -= 1;
    };
    const all = Array.from({ length: 1_000 }, (_, index) => `line ${index}`);
    await sayLines({ input: inputOf([all.join('\n'), '\n\n  \n']), say, tooLong: () => undefined });
    expect(said).toEqual(all);
    expect([under, most <= 100]).toEqual([0, true]);
  });

  test('that are too long are told by their number, and the others are said', async () => {
    const [said, tooLong]: [string[], number[]] = [[], []];
    await sayLines({
      input: inputOf([`one\n${'x'.repeat(1_000_001)}\nthree`]),
      say: async (text) => void said.push(text),
      tooLong: (lineNumber) => void tooLong.push(lineNumber),
    });
    expect([said, tooLong]).toEqual([['one', 'three'], [2]]);
  });
});

async function* inputOf(chunks: readonly string[]): AsyncGenerator<string> {
  yield* chunks;
}
