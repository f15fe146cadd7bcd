// The library as a package of its own: small, whole without the service's, typed without any other, and at home on bare
// machines.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInContext, createContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { gzipSync } from 'node:zlib';
import { once } from 'node:events';
import { build, type OutputFile } from 'esbuild';
import { WebSocket } from 'ws';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { root } from '../ground/source-files.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';
import { checkTypes, makeProject, packaged } from './project.ts';

const scope = useScope();
const sizeMaxKb = 53;

/** What says that the next line must not compile; put together, for here it says so to nobody. */
const wrong = ['@ts', 'expect', 'error'].join('-');

const textOf = (files: readonly OutputFile[]): string => files.map(({ text }) => text).join('');

beforeAll(() => {
  if (!existsSync(join(packaged, 'package.json'))) throw new Error('dist/client is missing: run `npm run build`');
});

test('it is small with its codec, and holds neither schemas nor anything of node', async () => {
  const entryPoints = [join(packaged, 'index.js')];
  const bundle = { entryPoints, bundle: true, minify: true, format: 'esm', write: false, metafile: true } as const;
  const { outputFiles, metafile } = await build({ ...bundle, platform: 'browser', target: 'es2022' });
  const text = textOf(outputFiles);
  const bytes = gzipSync(text, { level: 9 }).length;
  expect([bytes, bytes < sizeMaxKb * 1024]).toEqual([bytes, true]);
  expect(text).not.toMatch(/typebox|node:|process\.env/);
  expect(Object.values(metafile.inputs).flatMap(({ imports }) => imports.filter(({ external }) => external))).toEqual(
    [],
  );
  // It is told where people look for it.
  expect(readFileSync(join(packaged, 'README.md'), 'utf8')).toContain(`less than ${sizeMaxKb} KB gzipped`);
});

test('its package.json says what there is', () => {
  const manifest = JSON.parse(readFileSync(join(packaged, 'package.json'), 'utf8')) as {
    readonly name: string;
    readonly exports: Readonly<Record<string, { readonly types: string; readonly default: string }>>;
    readonly dependencies?: unknown;
  };
  expect([manifest.name, manifest.dependencies]).toEqual(['parley-client', undefined]);
  const files = Object.values(manifest.exports).flatMap(({ types, default: code }) => [types, code]);
  expect(Object.keys(manifest.exports)).toContain('.');
  for (const file of [...files, 'README.md', 'PROTOCOL.md', 'LICENSE']) {
    expect([file, existsSync(join(packaged, file))]).toEqual([file, true]);
  }
});

describe('its types', () => {
  const options = {
    strict: true,
    noEmit: true,
    exactOptionalPropertyTypes: true,
    target: 'es2022',
    lib: ['es2022'],
    types: [],
  };
  test.each([
    { module: 'esnext', moduleResolution: 'bundler' },
    { module: 'nodenext', moduleResolution: 'nodenext' },
  ])('stand without any other package ($moduleResolution)', (resolution) => {
    const main = `
      import { createClient, RequestError, type AuthData, type Result } from 'parley-client';
      const client = createClient({ urls: 'ws://localhost/ws', credentials: { userName: 'ann' } });
      client.on('connect', (authData: AuthData) => authData.limits.frameBytes.toFixed());
      client.on('roomMessage', (roomName, message) => [roomName.trim(), message['id']]);
      client.once('$.group.restored', ({ group }) => group.trim());
      const seen: Promise<Result<'roomUserSeen'>> = client.request('roomUserSeen', { roomName: 'lobby', userName: 'bob' });
      void seen.then(({ joined }) => joined === true);
      void seen.catch((error: unknown) => error instanceof RequestError && error.retryAfterMs);
      // ${wrong} There is no such request.
      void client.request('roomUserSaw', {});
      // ${wrong} It needs a name.
      void client.request('roomUserSeen', { roomName: 'lobby' });
      // ${wrong} There is no such event.
      client.on('conect', () => undefined);
      // ${wrong} A number is no name.
      client.on('roomMessage', (roomName: number) => roomName);`;
    const folder = makeProject(scope, { 'main.ts': main, 'package.json': '{ "type": "module" }' });
    expect(checkTypes(folder, { ...options, ...resolution })).toBe('');
  });

  test('are those of the catalogue', () => {
    const from = JSON.stringify(join(root, 'src', 'protocol', 'catalogue.ts'));
    const main = `
      import type * as ours from 'parley-client';
      import type * as theirs from ${from};
      type Same<A, B> = 0 extends 1 & A ? false : [A, B] extends [B, A] ? true : false;
      type Wrong<N extends PropertyKey, A extends Record<N, unknown>, B extends Record<N, unknown>> = {
        [K in N]: Same<A[K], B[K]> extends true ? never : K;
      }[N];
      type Names = Same<ours.RequestName, theirs.RequestName> | Same<ours.NotificationName, theirs.NotificationName>;
      type Results<O> = { [N in theirs.RequestName]: O extends 'ours' ? ours.Result<N> : theirs.Result<N> };
      type Inputs<O> = { [N in theirs.RequestName]: O extends 'ours' ? ours.Input<N> : theirs.Input<N> };
      type Params<O> = {
        [N in theirs.NotificationName]: O extends 'ours' ? ours.NotificationParams<N> : theirs.NotificationParams<N>;
      };
      const names: Names = true;
      const results: Wrong<theirs.RequestName, Results<'ours'>, Results<'theirs'>>[] = [];
      const inputs: Wrong<theirs.RequestName, Inputs<'ours'>, Inputs<'theirs'>>[] = [];
      const params: Wrong<theirs.NotificationName, Params<'ours'>, Params<'theirs'>>[] = [];
      const nothing: never[] = [...results, ...inputs, ...params];
      // ${wrong} The comparison tells things apart.
      const apart: never[] = [] as Wrong<'a', { a: { b: 1 } }, { a: { b?: 1 } }>[];
      export { names, nothing, apart };`;
    const folder = makeProject(scope, { 'main.ts': main, 'package.json': '{ "type": "module" }' });
    const resolution = { module: 'nodenext', moduleResolution: 'nodenext', allowImportingTsExtensions: true };
    const lib = ['es2023', 'es2024.string', 'dom'];
    expect(checkTypes(folder, { ...options, ...resolution, lib, skipLibCheck: true })).toBe('');
  });
});

/** What a client is asked to do on each machine: `parley` is the library. */
const errand = `
  const talk = async (parley, WebSocket, url, userName) => {
    const client = parley.createClient({ urls: url, credentials: { userName }, WebSocket });
    await client.connect();
    await client.request('roomCreate', { roomName: userName });
    const room = await client.room(userName).join();
    const heard = new Promise((resolve) => client.on('roomMessage', (_name, message) => resolve(message)));
    const sent = await room.send({ text: 'héllo', bytes: new Uint8Array([1, 2]) }).done;
    const { text, bytes, author, id } = await heard;
    await client.close();
    return JSON.stringify([text, [...bytes], author, id === sent.id, client.state]);
  };`;
const done = (userName: string): string => JSON.stringify(['héllo', [1, 2], userName, true, 'closed']);

describe('on a real node, it works', () => {
  test('in a project of its own, under Node', async () => {
    const service = await startService(scope, { nodes: 1 });
    const ws = JSON.stringify(join(root, 'node_modules', 'ws', 'wrapper.mjs'));
    const main = `import * as parley from 'parley-client'; import { WebSocket } from ${ws}; ${errand}
      console.log(await talk(parley, WebSocket, ${JSON.stringify(service.node(0).url)}, 'node'));`;
    const folder = makeProject(scope, { 'main.mjs': main });
    const { stdout, stderr } = spawnSync(process.execPath, ['main.mjs'], {
      cwd: folder,
      encoding: 'utf8',
      timeout: 30_000,
    });
    expect([stdout.trim(), stderr]).toEqual([done('node'), '']);
  });

  test('on a bare machine: sockets, timers and text, but no window, clock, console or random numbers', async () => {
    const service = await startService(scope, { nodes: 1 });
    const { outputFiles } = await build({
      entryPoints: [join(packaged, 'index.js')],
      bundle: true,
      format: 'iife',
      globalName: 'parley',
      write: false,
    });
    const globals = { WebSocket, setTimeout, clearTimeout, setInterval, clearInterval, TextEncoder, TextDecoder };
    const context = createContext({ ...globals });
    runInContext(textOf(outputFiles), context);
    const url = JSON.stringify(service.node(0).url);
    expect(runInContext('typeof performance + typeof crypto + typeof window + typeof process', context)).toBe(
      'undefined'.repeat(4),
    );
    // The script gives what the errand gives.
    const result = runInContext(`${errand} talk(parley, undefined, ${url}, 'bare')`, context) as Promise<string>;
    expect(await result).toBe(done('bare'));
  });

  test('in a worker', async () => {
    const service = await startService(scope, { nodes: 1 });
    const code = `
      const { parentPort, workerData } = require('node:worker_threads');
      const { WebSocket } = require(workerData.ws);
      ${errand}
      import(workerData.library).then((parley) => talk(parley, WebSocket, workerData.url, 'worker'))
        .then((told) => parentPort.postMessage(told), (error) => parentPort.postMessage(String(error.stack)));`;
    const workerData = {
      url: service.node(0).url,
      ws: join(root, 'node_modules', 'ws'),
      library: join(packaged, 'index.js'),
    };
    const worker = new Worker(code, { eval: true, workerData });
    scope.add(async () => void (await worker.terminate()));
    const [told]: unknown[] = await once(worker, 'message');
    expect(told).toBe(done('worker'));
  });
});
