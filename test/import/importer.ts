// The importer as it is started, and what it prints.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { root } from '../ground/source-files.ts';
import { startProcess, type Exit, type OwnedProcess } from '../support/owned-process.ts';
import type { Scope } from '../support/disposal.ts';
import { apiKey } from '../support/server-api.ts';
import type { ServiceNode } from '../support/service.ts';

const tsx = join(root, 'node_modules/tsx/dist/esm/index.mjs');

export interface Importer {
  readonly process: OwnedProcess;
  readonly output: string[];
  readonly notices: string[];
  readonly exited: Promise<Exit>;
  /** What it has in its folder for temporary files. */
  temporary(): string[];
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
