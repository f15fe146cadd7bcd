// Who reads the log of a node may be slow, stop or go away, and a disk may be full: the node serves all the same, and ends when
// it is told to.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { makeFifo } from '../support/fifo.ts';
import { mainPath, mainSettings } from '../support/main-program.ts';
import { freePort } from '../support/ports.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { useScope } from '../support/scope.ts';

const scope = useScope();

interface Serving {
  /** Tells it to end; resolves with its code when it has. */
  end(): Promise<number>;
}

async function serving(redis: RedisServer, stdout: number): Promise<Serving> {
  const port = await freePort();
  const child = spawn(process.execPath, [mainPath], {
    stdio: ['ignore', stdout, 'ignore'],
    env: { ...mainSettings, PARLEY_PORT: String(port), PARLEY_REDIS_URL: redis.url },
  });
  scope.add(() => void child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  await eventually(async () => expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200));
  return {
    end: async () => {
      child.kill('SIGTERM');
      const [code] = (await exited) as [number | null];
      return code ?? -1;
    },
  };
}

test('a reader who does not read', async () => {
  const fifo = makeFifo(scope);
  fifo.fill();
  const node = await serving(await startRedis(scope), fifo.fd);
  expect(await node.end()).toBe(0);
});

test('a reader who goes away, and Redis with it', async () => {
  const redis = await startRedis(scope);
  const fifo = makeFifo(scope);
  const node = await serving(redis, fifo.fd);
  fifo.closeReader();
  await redis.kill();
  expect(await node.end()).toBe(0);
});

test('a disk that is full', async () => {
  const full = openSync('/dev/full', 'w');
  scope.add(() => closeSync(full));
  const node = await serving(await startRedis(scope), full);
  expect(await node.end()).toBe(0);
});

test('the last lines reach who reads', async () => {
  const fifo = makeFifo(scope);
  const node = await serving(await startRedis(scope), fifo.fd);
  expect(await node.end()).toBe(0);
  expect(fifo.read().trim().split('\n').at(-1)).toContain('"msg":"stopped"');
});
