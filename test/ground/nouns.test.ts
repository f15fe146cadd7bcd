// The nouns of the service: each has its folder in chat/ and store/ and its file in protocol/, all of which is in the catalogue.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { notifications, requests } from '../../src/protocol/catalogue.ts';
import { filesUnder, root } from './source-files.ts';

/** Folders of chat/ that are mechanisms: they serve all nouns. */
const mechanisms = ['auth', 'hooks', 'repair', 'webhook'];

/** Nouns of which nothing travels, with the reason. */
const untold: Readonly<Record<string, string>> = {
  quota: 'It is told by an error of other requests, `quotaExceeded`, and has no request of its own.',
};

/** Nouns of protocol/ without a folder in chat/, with the reason. */
const unhandled: Readonly<Record<string, string>> = {
  connection: 'Its requests are answered by the gateway, which has the socket; who logs in is for chat/auth/.',
};

const entries = (folder: string, kind: 'folder' | 'file'): string[] =>
  readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => (kind === 'folder' ? entry.isDirectory() : entry.name.endsWith('.ts')))
    .map(({ name }) => name.replace(/\.ts$/, ''))
    .toSorted();

const nouns = entries('src/chat', 'folder').filter((name) => !mechanisms.includes(name));
const stored = entries('src/store', 'folder');
const told = entries('src/protocol', 'file');

/** Files directly in protocol/ that declare requests or notifications. */
const declaring = filesUnder('src/protocol', ['.ts'])
  .filter(
    ({ path, text }) => path.split('/').length === 3 && /^export const \w+(?:Requests|Notifications) = /m.test(text),
  )
  .map(({ path }) => path.slice('src/protocol/'.length, -'.ts'.length));

describe('a noun of chat/', () => {
  test('is found at all, and every exception is one', () => {
    expect(nouns).toEqual(expect.arrayContaining(['message', 'room', 'user']));
    expect(mechanisms.filter((name) => !entries('src/chat', 'folder').includes(name))).toEqual([]);
    expect(Object.keys(untold).filter((name) => !nouns.includes(name) || told.includes(name))).toEqual([]);
    expect(Object.keys(unhandled).filter((name) => nouns.includes(name) || !declaring.includes(name))).toEqual([]);
  });

  test('has its folder in store/', () => {
    expect(nouns.filter((name) => !stored.includes(name))).toEqual([]);
  });

  test('has its file in protocol/, which declares something', () => {
    expect(nouns.filter((name) => !declaring.includes(name) && !(name in untold))).toEqual([]);
  });
});

describe('a noun of protocol/', () => {
  test('has its folder in chat/', () => {
    expect(declaring.filter((name) => !nouns.includes(name) && !(name in unhandled))).toEqual([]);
  });

  test('has all that it declares in the catalogue, which has nothing else', async () => {
    const declared = { Requests: new Map<string, unknown>(), Notifications: new Map<string, unknown>() };
    for (const name of declaring) {
      const exported = (await import(`../../src/protocol/${name}.ts`)) as Readonly<Record<string, object>>;
      for (const kind of ['Requests', 'Notifications'] as const) {
        for (const [method, declaration] of Object.entries(exported[`${name}${kind}`] ?? {})) {
          expect([name, method, declared[kind].has(method)]).toEqual([name, method, false]);
          declared[kind].set(method, declaration);
        }
      }
    }
    const differing = (known: object, found: ReadonlyMap<string, unknown>): string[] => {
      const methods = new Map<string, unknown>(Object.entries(known));
      return [...new Set([...methods.keys(), ...found.keys()])].filter((each) => methods.get(each) !== found.get(each));
    };
    expect(differing(requests, declared.Requests)).toEqual([]);
    expect(differing(notifications, declared.Notifications)).toEqual([]);
  });
});
