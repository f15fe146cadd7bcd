// Child processes that end with the test process, however that ends. What runs in them, and when it is ready, is up to
// the callers.
import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** How a process ended: an exit code or a signal. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface OwnedProcess {
  readonly pid: number;
  /** Null unless it was asked for. */
  readonly stdin: Writable | null;
  /** Resolves when the process has ended and all that it printed was handed to `onLine`. */
  readonly exited: Promise<Exit>;
  /** Sends a signal; to a process that has ended, nothing. */
  signal(name: NodeJS.Signals): void;
  /** SIGKILL, also to a stopped process; resolves when it has ended. */
  kill(): Promise<Exit>;
}

export interface ProcessOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** The program reads what is written to `stdin`; otherwise it has nothing to read. */
  stdin?: boolean;
  /** Called for every line printed. */
  onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
}

/** Starts a program; rejects when it cannot be started at all. */
export async function startProcess(command: string, args: string[], options: ProcessOptions): Promise<OwnedProcess> {
  const { onLine, stdin = false, ...rest } = options;
  const child: ChildProcessByStdio<Writable | null, Readable, Readable> = stdin
    ? spawn(command, args, { ...rest, stdio: ['pipe', 'pipe', 'pipe'] })
    : spawn(command, args, { ...rest, stdio: ['ignore', 'pipe', 'pipe'] });
  // A program that ends before it has read all is no error of who writes.
  child.stdin?.on('error', () => undefined);
  const closed = new Promise<Exit>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  const printed = (['stdout', 'stderr'] as const).map((stream) => {
    const lines = createInterface({ input: child[stream] });
    lines.on('line', (line) => onLine?.(line, stream));
    return new Promise<void>((resolve) => lines.once('close', resolve));
  });
  await once(child, 'spawn');
  const { pid } = child;
  if (pid === undefined) throw new Error(`${command} was started without a process id`);
  reaper.watch(pid);
  const exited = closed.then(async (exit) => {
    reaper.forget(pid);
    await Promise.all(printed);
    return exit;
  });
  const signal = (name: NodeJS.Signals): void => {
    child.kill(name);
  };
  const kill = (): Promise<Exit> => {
    signal('SIGKILL');
    return exited;
  };
  return { pid, stdin: child.stdin, exited, signal, kill };
}

/**
 * Kills what is left when its standard input ends, which happens even if this process is killed. Exit handlers would not do:
 * they do not run on SIGKILL, nor inside jest, which gives tests a copy of `process`.
 */
const reaperScript = `
pids=' '
while read -r op pid; do
  case $op in
    watch) pids="$pids$pid " ;;
    forget) pids="\${pids%% $pid *} \${pids#* $pid }" ;;
  esac
done
for pid in $pids; do kill -9 "$pid"; done
`;

const reaper = ((): { watch(pid: number): void; forget(pid: number): void } => {
  const watched = new Set<number>();
  let shell: ChildProcess | undefined;
  return {
    watch: (pid) => {
      watched.add(pid);
      // Its own process group, so that Ctrl-C in a terminal does not end it before its work is done.
      shell ??= startReaper();
      shell.stdin?.write(`watch ${pid}\n`);
    },
    forget: (pid) => {
      if (!watched.delete(pid)) return;
      shell?.stdin?.write(`forget ${pid}\n`);
      if (watched.size > 0) return;
      shell?.stdin?.end();
      shell = undefined;
    },
  };
})();

function startReaper(): ChildProcess {
  const shell = spawn('sh', ['-c', reaperScript], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  shell.unref();
  // The pipe must not keep the test process alive. It is a socket, which the type of `stdin` does not tell.
  if ('unref' in shell.stdin && typeof shell.stdin.unref === 'function') shell.stdin.unref();
  // A reaper that died takes only the safety net with it; writing to it must not become an uncaught error.
  shell.stdin.on('error', () => undefined);
  return shell;
}
