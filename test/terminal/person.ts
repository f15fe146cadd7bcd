// Somebody at a terminal of its own: what it types, and what it sees. What should come of it is up to the tests.
import { join } from 'node:path';
import { root } from '../ground/source-files.ts';
import type { Scope } from '../support/disposal.ts';
import { eventually } from '../support/eventually.ts';
import type { ServiceNode } from '../support/service.ts';
import { startTerminal, type Terminal } from '../support/terminal.ts';

const tsx = join(root, 'node_modules/tsx/dist/esm/index.mjs');

export interface Person {
  readonly terminal: Terminal;
  /** Types a line and enters it. */
  enter(line: string): Promise<void>;
  /** Resolves when the program has ended well. */
  ends(): Promise<void>;
  /** Resolves when some row of the screen is, or holds, this; gives all rows, times as `00:00`. */
  sees(what: string | RegExp): Promise<string[]>;
}

export async function startPerson(
  scope: Scope,
  name: string,
  nodes: readonly ServiceNode[],
  ...args: readonly string[]
): Promise<Person> {
  const urls = nodes.flatMap(({ url }) => ['--url', url]);
  const program = join(root, 'src', 'terminal', 'main.ts');
  const terminal = await startTerminal(scope, [
    process.execPath,
    '--import',
    tsx,
    program,
    '--user',
    name,
    ...urls,
    ...args,
  ]);
  const rows = async (): Promise<string[]> =>
    (await terminal.rows()).map((row) => row.replace(/^\d\d:\d\d /, '00:00 '));
  return {
    terminal,
    enter: async (line) => {
      await terminal.type(line);
      await terminal.press('Enter');
    },
    ends: () =>
      eventually(async () => {
        const code = await terminal.exitCode();
        if (code !== 0) throw new Error(`${name} has not left well (${code}):\n${(await rows()).join('\n')}`);
      }),
    sees: (what) =>
      eventually(async () => {
        const shown = await rows();
        const isThere = shown.some((row) => (typeof what === 'string' ? row === what : what.test(row)));
        if (!isThere) throw new Error(`${name} does not see ${String(what)} but\n${shown.join('\n')}`);
        return shown;
      }),
  };
}
