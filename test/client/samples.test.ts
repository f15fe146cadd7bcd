// What the guide of the client library shows can be written so: each sample is compiled against the package, as in a project of one's own.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { root } from '../ground/source-files.ts';
import { useScope } from '../support/scope.ts';
import { checkTypes, makeProject } from './project.ts';

const scope = useScope();

/** What samples take as given, unless they declare it. */
const given: Readonly<Record<string, string>> = {
  createClient: `import { createClient } from 'parley-client';`,
  RequestError: `import { RequestError } from 'parley-client';`,
  client: 'declare const client: parley.Client;',
  room: 'declare const room: parley.Room;',
  myToken: 'declare const myToken: () => Promise<string>;',
  later: 'declare const later: (ms: number) => void;',
  show: 'declare const show: (...what: unknown[]) => void;',
  strike: 'declare const strike: (id: number, reason: string | undefined) => void;',
  response: 'declare const response: { readonly body: ReadableStream<BufferSource> };',
  tokens: 'declare const tokens: AsyncIterable<string>;',
  yesterday: 'declare const yesterday: number;',
  muted: 'declare const muted: ReadonlySet<string>;',
  greet: 'declare const greet: (event: { readonly user: parley.User }) => void;',
  Shouting: 'declare class Shouting { constructor(room: parley.Room); }',
  options: 'declare const options: parley.ClientOptions;',
  Plugin: `import type { Plugin } from 'parley-client';`,
  Room: `import type { Room } from 'parley-client';`,
  Message: `import type { Message } from 'parley-client';`,
  ValueMap: `import type { ValueMap } from 'parley-client';`,
};

/** What is left to the reader is nothing. */
const filled = (sample: string): string =>
  sample.replaceAll('=> …', '=> undefined').replaceAll('{ …,', '{ ...options,').replace(/\) …$/gm, ') void 0;');

function moduleOf(sample: string): string {
  const code = filled(sample);
  const isDeclared = (name: string): boolean =>
    new RegExp(`(?:const|import) (?:${name}\\b|\\{[^}]*\\b${name}\\b[^}]*\\})`).test(code);
  const isUsed = (name: string): boolean => new RegExp(`(?<!(?<!\\.\\.)\\.|['$\\w])${name}\\b(?!:)`).test(code);
  const wanted = Object.keys(given).filter((name) => isUsed(name) && !isDeclared(name));
  return [
    `import type * as parley from 'parley-client';`,
    ...wanted.map((name) => given[name]),
    code,
    'export {};',
  ].join('\n');
}

const samples = [
  ...readFileSync(join(root, 'src', 'client', 'README.md'), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g),
].map(([, sample = '']) => sample);

test('every sample compiles', () => {
  expect(samples.length).toBeGreaterThan(5);
  const files = Object.fromEntries(samples.map((sample, i) => [`sample-${i}.ts`, moduleOf(sample)]));
  const folder = makeProject(scope, { ...files, 'package.json': '{ "type": "module" }' });
  const options = {
    strict: true,
    noEmit: true,
    target: 'es2022',
    lib: ['es2023', 'dom', 'dom.iterable', 'dom.asynciterable'],
    types: [],
    module: 'nodenext',
    moduleResolution: 'nodenext',
  };
  expect(checkTypes(folder, options, Object.keys(files))).toBe('');
});

test('one that is wrong does not', () => {
  const files = { 'main.ts': moduleOf(`client.room('lobby').sendd({ text: 'hello' });`) };
  const folder = makeProject(scope, { ...files, 'package.json': '{ "type": "module" }' });
  const options = { strict: true, noEmit: true, target: 'es2022', types: [], module: 'nodenext', skipLibCheck: true };
  expect(checkTypes(folder, options)).toContain("Property 'sendd' does not exist");
});
