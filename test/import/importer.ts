// The importer as it is started, what it prints, and what users read afterwards.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { root } from '../ground/source-files.ts';
import { startProcess, type Exit, type OwnedProcess } from '../support/owned-process.ts';
import type { Scope } from '../support/disposal.ts';
import type { RedisServer } from '../support/redis.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { apiEnv, apiKey } from '../support/server-api.ts';
import type { Service, ServiceNode } from '../support/service.ts';
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';

const tsx = join(root, 'node_modules/tsx/dist/esm/index.mjs');

export interface Importer {
  readonly process: OwnedProcess;
  readonly output: string[];
  readonly notices: string[];
  readonly exited: Promise<Exit>;
  /** What it has in its folder for temporary files. */
  readonly temporary: () => string[];
}

/** With the addresses of these nodes, and their key. */
export async function startImporter(
  scope: Scope,
  nodes: readonly Pick<ServiceNode, 'apiPort'>[],
  ...args: readonly string[]
): Promise<Importer> {
  const [output, notices]: [string[], string[]] = [[], []];
  const program = join(root, 'config', 'tools', 'import', 'main.ts');
  const urls = nodes.flatMap(({ apiPort }) => ['--url', `http://127.0.0.1:${apiPort}`]);
  const key = nodes.length === 0 ? [] : ['--token', apiKey];
  const folder = mkdtempSync(join(tmpdir(), 'parley-importer-'));
  const env = { ...process.env, TMPDIR: folder };
  const running = await startProcess(process.execPath, ['--import', tsx, program, ...urls, ...key, ...args], {
    env,
    onLine: (line, stream) => void (stream === 'stdout' ? output : notices).push(line),
  });
  scope.add(async () => {
    await running.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  // What runs TypeScript has something there, too.
  const temporary = (): string[] => readdirSync(folder).filter((name) => name.startsWith('parley-'));
  return { process: running, output, notices, exited: running.exited, temporary };
}

/** To its end. */
export async function runImporter(
  ...given: Parameters<typeof startImporter>
): Promise<Pick<Importer, 'output' | 'notices'> & { readonly code: number | null }> {
  const { output, notices, exited, temporary } = await startImporter(...given);
  const { code } = await exited;
  expect(temporary()).toEqual([]);
  return { output, notices, code };
}

export const example = (name: string): string => join(root, 'test', 'import', name);

/** Of nodes that keep all of it. */
export const env = { ...apiEnv, PARLEY_DIRECT_MESSAGES: 'stored', PARLEY_HISTORY_MAX_SIZE: '100000' };

export const login = (scope: Scope, service: Service<RedisServer>, node: 0 | 1, userName: string): Promise<User> =>
  loginRpc(scope, service.node(node).url, userName);

export const listOf = (value: Value): ValueMap[] => (Array.isArray(value) ? value.map((each) => Object(each)) : []);

/** Messages, oldest first, without their ids, which are 1, 2, 3 …. */
export async function said(user: User, roomName: string): Promise<ValueMap[]> {
  const messages = listOf(await user.call('roomHistoryGet', roomName, 0, 100)).toReversed();
  expect(messages.map(({ id }) => id)).toEqual(messages.map((_, i) => i + 1));
  return messages.map((message) => Object.fromEntries(Object.entries(message).filter(([field]) => field !== 'id')));
}
