// The terminal client with files and pipes in place of a terminal, against real nodes.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { root } from '../ground/source-files.ts';
import { connectClient, type TestClient } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { startProcess, type Exit, type OwnedProcess } from '../support/owned-process.ts';
import { useScope } from '../support/scope.ts';
import { startService, type Service } from '../support/service.ts';
import type { RedisServer } from '../support/redis.ts';

const scope = useScope();
let service: Service<RedisServer>;
const tsx = join(root, 'node_modules/tsx/dist/esm/index.mjs');

interface Chat {
  readonly process: OwnedProcess;
  readonly output: string[];
  readonly notices: string[];
  write(text: string): void;
  /** The input ends. */
  end(): void;
  readonly exited: Promise<Exit>;
}

beforeAll(async () => {
  service = await startService(scope, { nodes: 2 });
});

const urlOf = (index: number): string => service.node(index).url;

async function startChat(...args: readonly string[]): Promise<Chat> {
  const [output, notices]: [string[], string[]] = [[], []];
  const program = join(root, 'src', 'terminal', 'main.ts');
  const running = await startProcess(process.execPath, ['--import', tsx, program, ...args], {
    stdin: true,
    onLine: (line, stream) => (stream === 'stdout' ? output : notices).push(line),
  });
  scope.add(async () => {
    await running.kill();
  });
  return {
    process: running,
    output,
    notices,
    write: (text) => void running.stdin?.write(text),
    end: () => void running.stdin?.end(),
    exited: running.exited,
  };
}

async function bobIn(roomName: string): Promise<TestClient> {
  const bob = await connectClient(scope, { urls: urlOf(1), userName: 'bob' });
  await bob.request('roomCreate', { roomName }).catch(() => undefined);
  await bob.join(roomName);
  return bob;
}

const textsOf = (bob: TestClient): unknown[] => bob.seen('roomMessage').map(([, { textMessage }]) => textMessage);

describe('lines of the input', () => {
  test('become messages, in order, and the client ends when all are sent', async () => {
    const bob = await bobIn('pipes');
    const lines = Array.from({ length: 300 }, (_, index) => `line ${index}`);
    const chat = await startChat('--user', 'ann', '--room', 'pipes', '--url', urlOf(0));
    // Neither a command nor nothing: lines are what they are.
    chat.write(`/quit\n\n${lines.join('\n')}\n宽 and`);
    chat.write(' the last one');
    chat.end();
    expect(await chat.exited).toEqual({ code: 0, signal: null });
    await eventually(() => expect(textsOf(bob)).toEqual(['/quit', ...lines, '宽 and the last one']));
    expect(chat.notices).toEqual([]);
    // Everything that was said comes back, one line each.
    const said = chat.output.map((line) => line.replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d /, ''));
    expect(said).toEqual(['/quit', ...lines, '宽 and the last one'].map((text) => `[pipes] ann: ${text}`));
  });

  test('come back whole to who reads them late', async () => {
    const bob = await bobIn('late');
    const program = join(root, 'src', 'terminal', 'main.ts');
    const args = ['--import', 'tsx', program, '--user', 'ann', '--room', 'late', '--url', urlOf(0)];
    const chat = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    scope.add(() => void chat.kill('SIGKILL'));
    const lines = Array.from({ length: 1000 }, (_, index) => `${index} ${'x'.repeat(900)}`);
    chat.stdin.end(lines.join('\n'));
    // By then it has only its output left to bring out.
    await bob.next('roomUserLeft', (_, userName) => userName === 'ann');
    const output = await text(chat.stdout);
    expect(output.trim().split('\n')).toHaveLength(lines.length);
  });

  test('that are refused are told, the others are sent, and the exit code says so', async () => {
    const bob = await bobIn('refused');
    const chat = await startChat('--user', 'ann', '--room', 'refused', '--url', urlOf(0));
    chat.write(`first\n${'x'.repeat(200_000)}\nthird\n`);
    chat.end();
    expect(await chat.exited).toEqual({ code: 1, signal: null });
    await eventually(() => expect(textsOf(bob)).toEqual(['first', 'third']));
    expect(chat.notices.join('\n')).toMatch(/Not sent: "x{40}…" That is too long for one message/);
  });

  test('of somebody who may not be in the room are not sent', async () => {
    const bob = await bobIn('closed');
    await bob.request('roomSetWhitelistMode', { roomName: 'closed', mode: true });
    const chat = await startChat('--user', 'ann', '--room', 'closed', '--url', urlOf(0));
    chat.write('hello\n');
    expect(await chat.exited).toEqual({ code: 1, signal: null });
    expect(chat.notices.join('\n')).toContain('You may not do this with closed.');
    expect(textsOf(bob)).toEqual([]);
  });
});

test('with --stay what others say goes on, one harmless line each, until the client is ended', async () => {
  const bob = await bobIn('listeners');
  const chat = await startChat('--user', 'ann', '--room', 'listeners', '--url', urlOf(0), '--stay');
  chat.end();
  await bob.next('roomUserJoined', (_, userName) => userName === 'ann');
  await bob.post('listeners', { textMessage: 'one\ntwo \u001b[2J\u0007\u202e' });
  await bob.post('listeners', { textMessage: 'three' });
  await eventually(() => expect(chat.output).toHaveLength(2));
  expect(chat.output[0]).toMatch(/ \[listeners\] bob: one ↵ two ␛\[2J␇‹U\+202E›$/);
  chat.process.signal('SIGINT');
  expect(await chat.exited).toEqual({ code: 130, signal: null });
  // It has logged out: its leave is told at once, and nobody waits for a lease.
  await bob.next('roomUserLeft', (_, userName) => userName === 'ann');
});

test('without a room lines are not thrown away: it is a mistake, but for who stays to listen, who is told so', async () => {
  const bob = await connectClient(scope, { urls: urlOf(1), userName: 'bob' });
  const needed = 'Lines of a pipe need --room NAME.';
  const vain = await startChat('--user', 'eve', '--url', urlOf(0));
  expect(await vain.exited).toEqual({ code: 2, signal: null });
  expect(vain.notices).toEqual([needed]);
  const chat = await startChat('--user', 'eve', '--url', urlOf(0), '--stay');
  chat.write('one\n\ntwo\n');
  chat.end();
  await eventually(() => expect(chat.notices).toEqual([`* ${needed}`]));
  await bob.direct('eve').send({ textMessage: 'hello' }).done;
  await eventually(() => expect(chat.output.join()).toMatch(/ bob: hello$/));
  chat.process.signal('SIGINT');
  expect(await chat.exited).toEqual({ code: 130, signal: null });
  expect(chat.notices).toEqual([`* ${needed}`]);
});

test('what others change is a line again, with what has become of it where no text of theirs can be', async () => {
  const bob = await bobIn('changes');
  const chat = await startChat('--user', 'ann', '--room', 'changes', '--url', urlOf(0), '--stay');
  chat.end();
  await bob.next('roomUserJoined', (_, userName) => userName === 'ann');
  const message = await bob.room('changes').send({ textMessage: 'one (edited): two' }).done;
  await eventually(() => expect(chat.output).toHaveLength(1));
  await message.update({ textMessage: 'three' });
  await message.react('👍');
  await message.recall({ reason: 'no\nmore' });
  await eventually(() =>
    expect(chat.output.map((line) => line.slice('0000-00-00 00:00:00 '.length))).toEqual([
      '[changes] bob: one (edited): two',
      '[changes] bob (edited): three',
      '[changes] bob (#1, no ↵ more): (taken back)',
    ]),
  );
  await eventually(() => expect(chat.notices.at(-1)).toBe('* changes: bob reacted with 👍 to "three".'));
});

test('what cannot be sent before the client is ended is told, and the exit code says so', async () => {
  const { nodes } = await startService(scope, { nodes: 1 });
  const chat = await startChat('--user', 'ann', '--room', 'alone', '--url', nodes[0]?.url ?? '');
  chat.write('one\n');
  await eventually(() => expect(chat.output).toHaveLength(1));
  await nodes[0]?.kill();
  await eventually(() => expect(chat.notices.join('\n')).toContain('* Connection lost'));
  chat.write('two\n');
  chat.end();
  await eventually(() => expect(chat.notices).toContain('* Kept until the connection is back: "two"'));
  chat.process.signal('SIGTERM');
  expect(await chat.exited).toEqual({ code: 1, signal: null });
  expect(chat.notices.at(-1)).toBe('* Not sent, for lack of a connection: "two"');
});

test('a token is read from its file, and a name is no token', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-token-'));
  scope.add(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'token');
  writeFileSync(file, 'no-token-at-all\n');
  const chat = await startChat('--token-file', file, '--room', 'x', '--url', urlOf(0));
  chat.end();
  expect(await chat.exited).toEqual({ code: 1, signal: null });
  expect(chat.notices.join('\n')).toMatch(/^\* Not let in at ws:.*--token/);
  const missing = await startChat('--token-file', `${file}-missing`, '--room', 'x', '--url', urlOf(0));
  expect(await missing.exited).toEqual({ code: 1, signal: null });
  expect(missing.notices.join('\n')).toContain('token-missing');
});

test('without a service it says so and ends', async () => {
  const chat = await startChat('--user', 'ann', '--room', 'x', '--url', 'ws://127.0.0.1:1/ws');
  expect(await chat.exited).toEqual({ code: 1, signal: null });
  expect(chat.notices).toEqual([expect.stringMatching(/No service answers at ws:\/\/127\.0\.0\.1:1\/ws\..*npm start/)]);
});

test('it can be ended while it connects', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  const connected = once(silent, 'connection') as Promise<[Socket]>;
  await once(silent, 'listening');
  scope.add(() => void silent.close());
  const { port } = silent.address() as AddressInfo;
  const chat = await startChat('--user', 'ann', '--room', 'x', '--url', `ws://127.0.0.1:${port}/ws`);
  const [socket] = await connected;
  scope.add(() => void socket.destroy());
  chat.process.signal('SIGINT');
  expect(await chat.exited).toEqual({ code: 130, signal: null });
  expect(chat.notices).toEqual([]);
});

test('arguments that it does not know end it at once', async () => {
  const wrong = await startChat('--usr', 'ann');
  expect(await wrong.exited).toEqual({ code: 2, signal: null });
  expect(wrong.notices).toEqual(['There is no option --usr. Did you mean --user? --help lists them all.']);
  const help = await startChat('--help');
  expect(await help.exited).toEqual({ code: 0, signal: null });
  expect(help.output[0]).toContain('npm run chat');
});
