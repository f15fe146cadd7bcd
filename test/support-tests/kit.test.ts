// The small parts of the kit: scopes, waiting, random data, owned processes, and the service harness with a stand-in program
// that keeps to the process contract.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { WebSocketServer } from 'ws';
import { createScope } from '../support/disposal.ts';
import { eventually } from '../support/eventually.ts';
import { startProcess } from '../support/owned-process.ts';
import { openRaw } from '../support/raw-client.ts';
import { createRng } from '../support/rng.ts';
import { useScope } from '../support/scope.ts';
import { startNode, startService } from '../support/service.ts';

const scope = useScope();

describe('a scope', () => {
  test('ends things last in first out, once, all of them, and tells what failed', async () => {
    const own = createScope();
    const ended: string[] = [];
    own.add(() => void ended.push('first'));
    own.add(() => Promise.reject(new Error('broken')));
    own.add(async () => void ended.push('last'));
    await expect(own.dispose()).rejects.toThrow('broken');
    expect(ended).toEqual(['last', 'first']);
    await own.dispose();
    expect(ended).toHaveLength(2);
  });

  describe('in jest', () => {
    const ended: string[] = [];
    const own = useScope();
    // Hooks run in the order of their registration: these see what the scope's own have done.
    afterAll(() => expect(ended).toEqual(['of a test', 'of all']));
    beforeAll(() => own.add(() => void ended.push('of all')));
    afterEach(() => expect(ended).not.toContain('of all'));
    test('keeps what the test starts until its end', () => {
      own.add(() => void ended.push('of a test'));
      expect(ended).toEqual([]);
    });
    test('and has ended it by the next', () => expect(ended).toEqual(['of a test']));
  });
});

describe('eventually', () => {
  test('gives the result of the first success', async () => {
    let tries = 0;
    const result = await eventually(() => {
      tries += 1;
      if (tries < 3) throw new Error('not yet');
      return tries;
    });
    expect(result).toBe(3);
  });

  test('fails with what was waited for and the last failure, also when it hangs', async () => {
    const wet = eventually(() => expect('wet').toBe('dry'), { timeoutMs: 50, what: 'the paint' });
    await expect(wet).rejects.toThrow(/the paint: not within 50 ms.*wet/s);
    const stuck = eventually(() => new Promise(() => undefined), { timeoutMs: 50 });
    await expect(stuck).rejects.toThrow('still pending');
  });
});

test('the random generator repeats itself for a seed and covers its range', () => {
  const draw = (seed: number): number[] => {
    const rng = createRng(seed);
    return Array.from({ length: 1000 }, () => rng.integer(3, 7));
  };
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
  expect([...new Set(draw(1))].toSorted((a, b) => a - b)).toEqual([3, 4, 5, 6, 7]);
  const rng = createRng(1);
  expect(rng.shuffle([1, 2, 3, 4, 5, 6, 7, 8]).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(rng.shuffle([1, 2, 3, 4, 5, 6, 7, 8])).not.toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(() => rng.pick([])).toThrow('nothing to pick from');
  // Published reference: the first value of mulberry32 with seed 0, and the range it must stay in.
  expect(createRng(0).next()).toBeCloseTo(0.26642920868471265, 15);
});

test('a child is killed even when its parent is killed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-test-kit-'));
  scope.add(() => rm(folder, { recursive: true }));
  const module = new URL('../support/owned-process.ts', import.meta.url).href;
  const program = join(folder, 'parent.mjs');
  await writeFile(
    program,
    `const { startProcess } = await import(${JSON.stringify(module)});
     const done = await startProcess('true', [], {});
     await done.exited;
     const { pid } = await startProcess('sleep', ['600'], {});
     console.log(pid);
     setInterval(() => {}, 1000);`,
  );
  const loader = new URL('../../node_modules/tsx/dist/loader.mjs', import.meta.url).href;
  const parent = spawn(process.execPath, ['--import', loader, program], { stdio: ['ignore', 'pipe', 'inherit'] });
  scope.add(() => void parent.kill('SIGKILL'));
  const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
  expect(process.kill(Number(line), 0)).toBe(true);
  parent.kill('SIGKILL');
  await eventually(() => expect(() => process.kill(Number(line), 0)).toThrow('ESRCH'), { what: 'the child’s end' });
});

describe('a node of the service', () => {
  let main = '';

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'parley-test-kit-'));
    scope.add(() => rm(folder, { recursive: true }));
    main = join(folder, 'stand-in.mjs');
    // Keeps to the process contract; answers every path with its environment.
    await writeFile(
      main,
      `import { createServer } from 'node:http';
       if (process.env.PARLEY_AUTH === 'broken') throw new Error('bad setting');
       const server = createServer((request, response) => {
         response.writeHead(request.url === '/readyz' ? 503 : 200).end(JSON.stringify(process.env));
       });
       process.on('SIGTERM', () => process.exit(0));
       server.listen(Number(process.env.PARLEY_PORT), process.env.PARLEY_HOST, () => {
         console.log('not JSON');
         console.log(JSON.stringify({ msg: 'listening', port: server.address().port, node: 'node-' + process.pid }));
       });`,
    );
  });

  test('is started with its settings, answers, and ends when told', async () => {
    process.env.PARLEY_LEAK = 'must not reach the node';
    const service = await startService(scope, {
      redis: { url: 'redis://nowhere' },
      main,
      env: { PARLEY_RATE_BURST: '7' },
    });
    delete process.env.PARLEY_LEAK;
    const [one, other] = [service.node(0), await service.addNode({ PARLEY_AUTH: undefined })];
    expect(service.nodes).toHaveLength(3);
    expect(() => service.node(3)).toThrow('no node 3');
    expect(one.url).toBe(`ws://127.0.0.1:${one.port}/ws`);
    expect(one.nodeId).toBe(`node-${one.pid}`);
    expect(one.logs().map(({ msg }) => msg)).toEqual(['not JSON', 'listening']);

    const { status, body } = await one.health('/healthz');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      PARLEY_HOST: '127.0.0.1',
      PARLEY_AUTH: 'open',
      PARLEY_REDIS_URL: 'redis://nowhere',
      PARLEY_REDIS_MODE: 'single',
      PARLEY_REDIS_PREFIX: service.prefix,
      PARLEY_RATE_BURST: '7',
    });
    expect(body).not.toHaveProperty('PARLEY_LEAK');
    const answer = await other.health('/readyz');
    expect(answer).toMatchObject({ status: 503, body: { PARLEY_REDIS_PREFIX: service.prefix } });
    expect(answer.body).not.toHaveProperty('PARLEY_AUTH');

    expect(one.rssBytes()).toBeGreaterThan(10_000_000);
    expect(await one.terminate()).toEqual({ code: 0, signal: null });
    other.freeze();
    expect(await other.kill()).toEqual({ code: null, signal: 'SIGKILL' });
    expect(await other.exited).toEqual({ code: null, signal: 'SIGKILL' });
  });

  test('shows the end of its log when it does not start', async () => {
    const start = startNode(scope, { redis: { url: 'redis://nowhere' }, main, env: { PARLEY_AUTH: 'broken' } });
    await expect(start).rejects.toThrow(/"code":1.*bad setting/s);
    await expect(startNode(scope, { redis: { url: 'redis://nowhere' }, main: `${main}x` })).rejects.toThrow('missing');
  });
});

describe('the raw client', () => {
  /** Echoes frames; closes with 4321 on `bye`; refuses the upgrade on the path `/no`. */
  async function startSocketServer(): Promise<{ url: string; answered: () => number }> {
    const http = createServer();
    const sockets = new WebSocketServer({ noServer: true });
    let answered = 0;
    http.on('upgrade', (request, socket, head) => {
      if (request.url === '/no') socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
      else sockets.handleUpgrade(request, socket, head, (accepted) => sockets.emit('connection', accepted, request));
    });
    sockets.on('connection', (socket) => {
      socket.ping();
      socket.on('pong', () => (answered += 1));
      socket.on('message', (bytes, isBinary) => {
        if (!isBinary && String(bytes as Buffer) === 'bye') socket.close(4321, 'as asked');
        else socket.send(bytes, { binary: isBinary });
      });
    });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    scope.add(() => {
      for (const socket of sockets.clients) socket.terminate();
      http.close();
    });
    return { url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}`, answered: () => answered };
  }

  test('sends and receives frames of both kinds, in order, and tells how it was closed', async () => {
    const server = await startSocketServer();
    const client = await openRaw(scope, `${server.url}/yes`, { subprotocol: ['one', 'two'], headers: { 'x-a': 'b' } });
    expect(client.upgradeError).toBeUndefined();
    expect(client.subprotocol).toBe('one');
    client.send('text');
    client.send(Uint8Array.of(1, 2));
    client.send('bye');
    expect(await client.nextFrame()).toBe('text');
    expect(await client.nextFrame()).toEqual(Uint8Array.of(1, 2));
    expect(await client.closed).toEqual({ code: 4321, reason: 'as asked' });
    expect(client.frames).toHaveLength(2);
    expect(client.pings).toBe(1);
    await expect(client.nextFrame()).rejects.toThrow('closed with 4321 as asked');
    await eventually(() => expect(server.answered()).toBe(1));
  });

  test('gives the status of a refused upgrade, and rejects where nobody answers', async () => {
    const server = await startSocketServer();
    const refused = await openRaw(scope, `${server.url}/no`);
    expect(refused.upgradeError).toBe(403);
    await refused.closed;
    await expect(refused.nextFrame()).rejects.toThrow('no frame');
    await expect(openRaw(scope, 'ws://127.0.0.1:1/')).rejects.toThrow('ECONNREFUSED');
  });

  test('stops and resumes reading, leaves pings unanswered if asked, and can vanish', async () => {
    const server = await startSocketServer();
    const client = await openRaw(scope, server.url, { answerPings: false });
    client.pauseReading();
    client.send('held');
    await expect(client.nextFrame({ timeoutMs: 100 })).rejects.toThrow('no frame within 100 ms');
    client.resumeReading();
    expect(await client.nextFrame()).toBe('held');
    expect(client.pings).toBe(1);
    expect(server.answered()).toBe(0);
    client.terminate();
    expect(await client.closed).toEqual({ code: 1006, reason: '' });
  });
});

test('an owned process that cannot be started rejects; one that ends says how and what it printed', async () => {
  await expect(startProcess('/no/such/program', [], {})).rejects.toThrow('ENOENT');
  const printed: string[] = [];
  const script = 'echo out; echo err >&2; exit 3';
  const child = await startProcess('sh', ['-c', script], {
    onLine: (line, stream) => printed.push(`${stream} ${line}`),
  });
  expect(await child.exited).toEqual({ code: 3, signal: null });
  expect(printed.toSorted()).toEqual(['stderr err', 'stdout out']);
  child.signal('SIGTERM');
  expect(await child.kill()).toEqual({ code: 3, signal: null });
});
