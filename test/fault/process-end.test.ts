// The end of a process: it comes when it was asked for, at whatever moment that is and whoever hangs meanwhile, and what was begun is
// brought to an end.
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { connectClient } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { mainPath, mainSettings, startMain, type MainProgram } from '../support/main-program.ts';
import { startProcess } from '../support/owned-process.ts';
import { startRedis } from '../support/redis.ts';
import { useScope } from '../support/scope.ts';
import { apiEnv, apiKey } from '../support/server-api.ts';

const scope = useScope();
const onUnreadTerminal = fileURLToPath(new URL('./unread-terminal.py', import.meta.url));

/** Where hooks and tests leave marks for each other. */
function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'parley-test-end-'));
  scope.add(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A module of hooks; `mark(name)` leaves a mark, `marked(name)` waits for one, and both are lines of the log. */
function hooksIn(path: string, hooks: string): string {
  const file = join(path, 'hooks.mjs');
  writeFileSync(
    file,
    `import { existsSync, writeFileSync } from 'node:fs';
const tell = (did) => console.log(JSON.stringify({ did }));
const mark = (name) => { writeFileSync(${JSON.stringify(`${path}/`)} + name, ''); tell(name); };
const marked = async (name) => {
  while (!existsSync(${JSON.stringify(`${path}/`)} + name)) await new Promise((again) => setTimeout(again, 20));
};
${hooks}`,
  );
  return file;
}

interface Started extends Pick<MainProgram, 'child' | 'exited'> {
  /** What the log tells, messages and what hooks did, in order. */
  readonly told: readonly string[];
  line(msg: string): Promise<Record<string, unknown>>;
}

function start(env: Record<string, string>): Started {
  const { child, lines, strays, exited } = startMain(scope, env);
  const told = (): string[] => lines.map((line) => String(line['msg'] ?? line['did']));
  return {
    child,
    get told() {
      return told();
    },
    exited: exited.then((exit) => {
      expect(strays).toEqual([]);
      return exit;
    }),
    line: (msg) =>
      eventually(() => {
        const found = lines.find((line) => line['msg'] === msg);
        if (found === undefined) throw new Error(`no line ${msg} among ${told().join()}`);
        return found;
      }),
  };
}

test('while hooks are still loaded', async () => {
  const path = folder();
  const node = start({ PARLEY_HOOKS: hooksIn(path, `mark('loading'); await marked('never');`) });
  await eventually(() => expect(existsSync(join(path, 'loading'))).toBe(true));
  node.child.kill('SIGTERM');
  expect(await node.exited).toEqual([0, null]);
  expect(node.told.at(-1)).toBe('stopped');
});

test('while the hook onStart is under way: users are not let in any more, and onClose comes behind it', async () => {
  const { url } = await startRedis(scope);
  const path = folder();
  const hooks = `export const hooks = {
    async onStart() { mark('starting'); await marked('go on'); mark('started'); },
    onClose() { mark('closed'); },
  };`;
  const node = start({ PARLEY_REDIS_URL: url, PARLEY_HOOKS: hooksIn(path, hooks) });
  await eventually(() => expect(node.told).toContain('starting'));
  node.child.kill('SIGTERM');
  await node.line('draining');
  writeFileSync(join(path, 'go on'), '');
  expect(await node.exited).toEqual([0, null]);
  expect(node.told.filter((what) => ['starting', 'started', 'closed', 'listening', 'stopped'].includes(what))).toEqual([
    'starting',
    'started',
    'closed',
    'stopped',
  ]);
});

test('where the port is taken what the hooks have begun is brought to an end, and no lease is left behind', async () => {
  const redis = await startRedis(scope);
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  scope.add(() => void taken.close());
  const address = taken.address();
  const port = typeof address === 'object' ? String(address?.port) : '';
  const hooks = `export const hooks = { onStart() { mark('started'); }, onClose() { mark('closed'); } };`;
  const path = folder();
  const node = start({ PARLEY_REDIS_URL: redis.url, PARLEY_PORT: port, PARLEY_HOOKS: hooksIn(path, hooks) });
  expect(await node.exited).toEqual([1, null]);
  expect(node.told.filter((what) => ['started', 'closed', 'cannot start'].includes(what))).toEqual([
    'started',
    'closed',
    'cannot start',
  ]);
  // It is over, and nobody waits for its term.
  const client = redis.client();
  const [lease = ''] = await client.keys('*lease');
  const { term, expires } = await client.hgetall(lease);
  const [seconds] = await client.time();
  expect([term, Number(expires) < 1000 * (Number(seconds) + 1)]).toEqual(['0', true]);
});

test('where Redis hangs, in the time that it was given, whatever one command may take', async () => {
  const redis = await startRedis(scope);
  const limits = { PARLEY_DRAIN_MS: '1000', PARLEY_REDIS_TIMEOUT_MS: '60000' };
  const node = start({ PARLEY_REDIS_URL: redis.url, ...limits });
  const { port } = await node.line('listening');
  const ann = await connectClient(scope, { urls: `ws://127.0.0.1:${String(port)}/ws`, userName: 'ann' });
  await ann.request('roomCreate', { roomName: 'lobby' });
  await ann.join('lobby');
  // Of who is sent away there is more to be written.
  await ann.request('roomMessage', { roomName: 'lobby', message: { text: 'gone' }, options: { will: true } });
  redis.pause();
  node.child.kill('SIGTERM');
  await eventually(() => expect(node.child.exitCode).toBe(0));
});

test('what the server API was asked before is answered', async () => {
  const { url } = await startRedis(scope);
  const path = folder();
  const hooks = `export const hooks = { before: { async roomCreate() { mark('asked'); await marked('go on'); } } };`;
  const node = start({ ...apiEnv, PARLEY_REDIS_URL: url, PARLEY_HOOKS: hooksIn(path, hooks) });
  const { apiPort } = await node.line('listening');
  const answer = fetch(`http://127.0.0.1:${String(apiPort)}/api/v1/roomCreate`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ params: ['lobby'] }),
  });
  await eventually(() => expect(node.told).toContain('asked'));
  node.child.kill('SIGTERM');
  await node.line('draining');
  writeFileSync(join(path, 'go on'), '');
  expect((await answer).status).toBe(200);
  expect(await node.exited).toEqual([0, null]);
});

test('a Redis of its own that is frozen is ended all the same', async () => {
  const node = start({});
  const { url } = await node.line('no PARLEY_REDIS_URL: started a Redis of its own, state ends with this process');
  await node.line('listening');
  const client = new Redis(String(url));
  const pid = Number(/process_id:(\d+)/.exec(await client.info('server'))?.[1]);
  client.disconnect();
  process.kill(pid, 'SIGSTOP');
  scope.add(() => {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // As it should be.
    }
  });
  node.child.kill('SIGTERM');
  expect(await node.exited).toEqual([0, null]);
  await eventually(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'));
});

test('a terminal that nobody reads', async () => {
  const { url } = await startRedis(scope);
  const path = folder();
  const hooks = `export const hooks = { onStart() {
    for (let i = 0; i < 4000; i++) console.log('a line that nobody reads, of many', i);
    mark('started');
  } };`;
  const printed: string[] = [];
  const run = await startProcess('python3', [onUnreadTerminal, join(path, 'started'), process.execPath, mainPath], {
    env: { ...mainSettings, PARLEY_REDIS_URL: url, PARLEY_HOOKS: hooksIn(path, hooks) },
    onLine: (line) => printed.push(line),
  });
  scope.add(async () => {
    await run.kill();
  });
  expect(await run.exited).toEqual({ code: 0, signal: null });
  // Its own exit would wait for the thread that writes: it ends as by the signal.
  expect(printed).toEqual(['-15']);
});
