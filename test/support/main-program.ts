// The built program as an operator starts it, and what it prints: for tests of its start and its end. Nodes that serve are service.ts's.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Scope } from './disposal.ts';

export const mainPath = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** What every start needs: on loopback, on free ports. */
export const mainSettings = {
  PATH: process.env.PATH,
  PARLEY_AUTH: 'open',
  PARLEY_HOST: '127.0.0.1',
  PARLEY_PORT: '0',
  PARLEY_API_PORT: '0',
};

export interface MainProgram {
  readonly child: ChildProcess;
  /** Lines of the log. */
  readonly lines: readonly Record<string, unknown>[];
  /** What was printed and is no line of JSON. */
  readonly strays: readonly string[];
  readonly exited: Promise<[code: number | null, signal: NodeJS.Signals | null]>;
}

/** It may not come to listen. */
export function startMain(scope: Scope, env: Readonly<Record<string, string>>): MainProgram {
  const lines: Record<string, unknown>[] = [];
  const strays: string[] = [];
  const child = spawn(process.execPath, [mainPath], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...mainSettings, ...env },
  });
  scope.add(() => void child.kill('SIGKILL'));
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream.on('data', (bytes: Buffer) => {
      const texts = `${rest}${bytes.toString()}`.split('\n');
      rest = texts.pop() ?? '';
      for (const text of texts) {
        if (text.startsWith('{')) lines.push(JSON.parse(text) as Record<string, unknown>);
        else strays.push(text);
      }
    });
  }
  return { child, lines, strays, exited: once(child, 'close') as MainProgram['exited'] };
}
