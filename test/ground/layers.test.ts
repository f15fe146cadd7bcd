// The direction of imports: a layer knows only what is to its right, and no files import each other in a circle.
import { describe, expect, test } from '@jest/globals';
import { filesUnder, importsOf, type Import } from './source-files.ts';

/**
 * What a folder (or a file directly in src/) may import besides itself, `ops` and types of the configuration. The
 * order of the service is main → node → gateway, http → service → chat → store → bus → redis → log → protocol.
 */
const allowed: Readonly<Record<string, readonly string[]>> = {
  main: ['node', 'config', 'hooks', 'gateway', 'redis', 'protocol'],
  // prettier-ignore
  node: ['config', 'gateway', 'http', 'service', 'chat', 'hooks', 'store', 'bus', 'redis', 'endpoint', 'outside', 'protocol'],
  gateway: ['service', 'chat', 'store', 'bus', 'redis', 'log', 'outside', 'protocol'],
  http: ['service', 'chat', 'hooks', 'store', 'bus', 'redis', 'outside', 'protocol'],
  // What an operator's programs ask for, without its transport.
  service: ['chat', 'hooks', 'store', 'redis', 'log', 'protocol'],
  chat: ['hooks', 'store', 'bus', 'redis', 'log', 'endpoint', 'protocol'],
  // The contract with an operator's own code: it knows what travels, and nothing of the service.
  hooks: ['endpoint', 'protocol'],
  // It reads logs for the feeds, and keeps the manifest of what is followed: both are contracts of the bus.
  store: ['bus', 'redis', 'log', 'outside', 'protocol'],
  bus: ['redis', 'log', 'protocol'],
  // How Redis is talked to; it knows no noun.
  redis: ['log', 'outside', 'protocol'],
  // What an event is as bytes.
  log: [],
  config: ['endpoint', 'outside', 'protocol'],
  // The writers of what is generated from the protocol: for tools and tests only.
  documents: ['protocol'],
  client: ['protocol'],
  // The page at `/`, in a browser. A bot of the examples answers on it.
  page: ['client', 'protocol', 'examples'],
  // What people see of the client library. Of the service it knows nothing else.
  terminal: ['client', 'outside'],
  // Requests to an HTTP address that the operator names.
  endpoint: ['outside'],
  // Texts from outside in one spelling: hosts, origins, addresses, keys; and what a mistyped word is near to.
  outside: [],
  protocol: [],
  ops: [],
};

/** What runs in browsers too. */
const inBrowser = ['protocol', 'client', 'page'];

/** Packages that only one layer may know. */
const ownedPackages: Readonly<Record<string, readonly string[]>> = {
  'uWebSockets.js': ['gateway', 'http'],
  ioredis: ['redis', 'bus'],
  'js-redis-server/core': ['redis'],
  pino: ['ops'],
  'prom-client': ['ops'],
  react: ['client', 'page'],
  'react-dom/client': ['page'],
  ws: ['terminal'],
};

const files = filesUnder('src', ['.ts', '.tsx']);
const imports = files.flatMap(importsOf);

/** `src/gateway/hub/hub.ts` is in `gateway`, `src/node/node.ts` in `node`. */
const layerOf = (path: string): string => (path.split('/')[1] ?? '').replace(/\.tsx?$/, '');

function isAllowed({ from, to, typesOnly }: Import): boolean {
  const [source, target] = [layerOf(from), layerOf(to)];
  if (source === target) return true;
  if (target === 'ops') return !inBrowser.includes(source);
  if (target === 'config' && typesOnly) return !inBrowser.includes(source);
  return allowed[source]?.includes(target) ?? false;
}

describe('imports', () => {
  test('are found at all', () => {
    expect(imports.length).toBeGreaterThan(files.length);
    const example = { path: 'src/bus/a.ts', lines: 0, text: '' };
    const text = `import { type A, type B } from './b.ts';\nexport * from '../ops/log.ts'; // import './c.ts'
      import type { C } from "../node/node.ts"; const x = await import('ioredis'); import 'node:fs';`;
    expect(importsOf({ ...example, text }).map(({ to, typesOnly }) => [to, typesOnly])).toEqual([
      ['src/bus/b.ts', true],
      ['src/ops/log.ts', false],
      ['src/node/node.ts', true],
      ['ioredis', false],
      ['node:fs', false],
    ]);
  });

  test('every folder is a layer', () => {
    expect([...new Set(files.map(({ path }) => layerOf(path)))].filter((layer) => !(layer in allowed))).toEqual([]);
  });

  test('go only to the right', () => {
    const wrong = imports.filter((each) => each.ours && !isAllowed(each)).map(({ from, to }) => `${from} → ${to}`);
    expect(wrong).toEqual([]);
  });

  test('name files that exist, as they are called', () => {
    const styles = filesUnder('src', ['.css']);
    const examples = filesUnder('config/examples', ['.mjs']);
    const paths = new Set([...files, ...styles, ...examples].map(({ path }) => path));
    expect(imports.filter(({ ours, to }) => ours && !paths.has(to))).toEqual([]);
  });

  test('do not run in circles, types included', () => {
    expect(circle(imports)).toBeUndefined();
    const pair = [
      { from: 'a', to: 'b', ours: true, typesOnly: false },
      { from: 'b', to: 'c', ours: true, typesOnly: true },
      { from: 'c', to: 'b', ours: true, typesOnly: false },
    ];
    expect(circle(pair)).toBe('b → c → b');
  });

  test('a package stays in its layer', () => {
    const wrong = imports
      .filter(({ from, to }) => ownedPackages[to]?.includes(layerOf(from)) === false)
      .map(({ from, to }) => `${from} → ${to}`);
    expect(wrong).toEqual([]);
  });

  test('of React are those of the hooks and of the page', () => {
    const wrong = imports
      .filter(({ from, to }) => /^react\b/.test(to) && !/^src\/(?:client\/react|page)\//.test(from))
      .map(({ from, to }) => `${from} → ${to}`);
    expect(wrong).toEqual([]);
  });

  test('of the library by the hooks are types only: both are bundled, each by itself', () => {
    const hooks = 'src/client/react/';
    const wrong = imports
      .filter(({ from, to, ours, typesOnly }) => from.startsWith(hooks) && ours && !to.startsWith(hooks) && !typesOnly)
      .map(({ from, to }) => `${from} → ${to}`);
    expect(wrong).toEqual([]);
  });

  test('what runs in a browser leaves Node alone', () => {
    const wrong = imports
      .filter(({ from, to }) => inBrowser.includes(layerOf(from)) && to.startsWith('node:'))
      .map(({ from, to }) => `${from} → ${to}`);
    expect(wrong).toEqual([]);
  });
});

test('only the programs, for the configuration, and the search on PATH read the environment', () => {
  const readers = files.filter(({ text }) => /\bprocess\.env\b/.test(text)).map(({ path }) => path);
  expect(
    readers.filter((path) => !['src/main.ts', 'src/terminal/main.ts', 'src/redis/local-redis.ts'].includes(path)),
  ).toEqual([]);
});

/** One circle, if there is any. */
function circle(edges: readonly Import[]): string | undefined {
  const targets = new Map<string, string[]>();
  for (const { from, to, ours } of edges) if (ours) targets.set(from, [...(targets.get(from) ?? []), to]);
  const done = new Set<string>();
  const visit = (at: string, trail: readonly string[]): string | undefined => {
    if (trail.includes(at)) return [...trail.slice(trail.indexOf(at)), at].join(' → ');
    if (done.has(at)) return undefined;
    for (const to of targets.get(at) ?? []) {
      const found = visit(to, [...trail, at]);
      if (found !== undefined) return found;
    }
    done.add(at);
    return undefined;
  };
  for (const start of targets.keys()) {
    const found = visit(start, []);
    if (found !== undefined) return found;
  }
  return undefined;
}
