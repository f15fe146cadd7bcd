// A real terminal, by tmux: a program runs in it, keys are pressed, and what its screen shows can be looked at. What should
// be there is up to the tests.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Scope } from './disposal.ts';
import { eventually } from './eventually.ts';
import { startProcess } from './owned-process.ts';

export interface Terminal {
  /** Types text as it is. */
  type(text: string): Promise<void>;
  /** Presses keys by their names in tmux: `Enter`, `C-c`, `Left` … */
  press(...keys: readonly string[]): Promise<void>;
  /** The rows of the screen, without what is blank behind them; scrolled ones first. */
  rows(): Promise<string[]>;
  /** The same with the escape sequences of colours. */
  colouredRows(): Promise<string[]>;
  /** Where the cursor is, from 0. */
  cursor(): Promise<{ column: number; row: number }>;
  resize(columns: number): Promise<void>;
  /** The exit code; undefined while the program runs. */
  exitCode(): Promise<number | undefined>;
}

export interface TerminalOptions {
  readonly columns?: number;
  readonly env?: Readonly<Record<string, string>>;
}

const run = promisify(execFile);
const rowCount = 40;

/** Runs a program in a terminal of its own, which ends with the scope. */
export async function startTerminal(
  scope: Scope,
  command: readonly string[],
  { columns = 80, env = {} }: TerminalOptions = {},
): Promise<Terminal> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-terminal-'));
  scope.add(() => rm(folder, { recursive: true, force: true }));
  const common = ['-u', '-S', join(folder, 'socket'), '-f', '/dev/null'];
  const { NO_COLOR: _, TMUX: __, ...inherited } = process.env;
  const environment = { ...inherited, LC_ALL: 'C.UTF-8', TERM: 'xterm-256color', ...env };
  // In the foreground, so that it ends with this process whatever happens.
  const server = await startProcess('tmux', [...common, '-D'], { env: environment });
  scope.add(async () => {
    await server.kill();
  });
  const tmux = async (...args: readonly string[]): Promise<string> => {
    // Never by a server that it would start itself, which nobody ends.
    const { stdout } = await run('tmux', ['-N', ...common, ...args], { env: environment });
    return stdout;
  };
  await eventually(() => tmux('start-server'), { what: 'a tmux server' });
  // The terminal outlives the program, so that its screen can be looked at; a signal counts as 128 and more.
  const codeFile = join(folder, 'code');
  const outlived = ['sh', '-c', '"$@"; echo $? > "$0"; exec sleep 100000', codeFile, ...command];
  await tmux('new-session', '-d', '-s', 'main', '-x', String(columns), '-y', String(rowCount), ...outlived);
  const at = ['-t', 'main'];
  const rowsOf = async (...how: readonly string[]): Promise<string[]> => {
    const text = await tmux('capture-pane', '-p', '-S', '-', ...how, ...at);
    return text
      .trimEnd()
      .split('\n')
      .map((row) => row.trimEnd());
  };
  const ask = async (format: string): Promise<string> => (await tmux('display-message', '-p', ...at, format)).trim();
  return {
    type: async (text) => void (await tmux('send-keys', ...at, '-l', '--', text)),
    press: async (...keys) => void (await tmux('send-keys', ...at, ...keys)),
    rows: () => rowsOf(),
    colouredRows: () => rowsOf('-e'),
    cursor: async () => {
      const [column, row] = (await ask('#{cursor_x} #{cursor_y}')).split(' ').map(Number);
      return { column: column ?? 0, row: row ?? 0 };
    },
    resize: async (width) => void (await tmux('resize-window', ...at, '-x', String(width))),
    exitCode: async () => {
      const code = await readFile(codeFile, 'utf8').catch(() => '');
      return code.endsWith('\n') ? Number(code) : undefined;
    },
  };
}
