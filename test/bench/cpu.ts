// What the operating system says about a process: CPU time, resident memory; which core it may use, and how many files. Linux only; elsewhere
// the bench says so and ends.
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** User and system time of the process so far, in microseconds. */
export function cpuMicros(pid: number): number {
  const tasks = `/proc/${pid}/task`;
  let nanoseconds = 0;
  for (const task of readdirSync(tasks)) {
    // The same time as in /proc/PID/stat, but in nanoseconds instead of ticks of 10 ms.
    nanoseconds += Number(readFileSync(`${tasks}/${task}/schedstat`, 'latin1').split(' ')[0]);
  }
  return nanoseconds / 1000;
}

/** CPU time of the whole machine so far, what its host took away included, in seconds. */
function machineSeconds(): number {
  const [, ...ticks] = (readFileSync('/proc/stat', 'latin1').split('\n')[0] ?? '').split(/\s+/).map(Number);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0, steal = 0] = ticks;
  return (user + nice + system + irq + softIrq + steal) / TICKS_PER_SECOND;
}

/** CPU time so far of this process and of those it started that have ended, in seconds. */
function ownSeconds(): number {
  const stat = readFileSync('/proc/self/stat', 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS_PER_SECOND;
}

const TICKS_PER_SECOND = 100;

/** Tells, once everything that was started has ended, how many cores all others kept busy since now. */
export function watchOthers(): () => number {
  const [machine, own, startedAt] = [machineSeconds(), ownSeconds(), performance.now()];
  return () => {
    const others = machineSeconds() - machine - (ownSeconds() - own);
    return Math.max(0, (1000 * others) / (performance.now() - startedAt));
  };
}

export function rssBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) * 1024;
}

/** Resolves when the processes have done next to nothing for a moment: what a run left behind is over. */
export async function quiet(pids: readonly number[]): Promise<void> {
  const total = (): number => pids.reduce((sum, pid) => sum + cpuMicros(pid), 0);
  let before = total();
  for (let look = 0; look < LOOKS_MAX; look++) {
    await pauseMs(LOOK_MS);
    const now = total();
    if (now - before < LOOK_MS * 1000 * QUIET_SHARE * pids.length) return;
    before = now;
  }
}

const LOOK_MS = 100;
const LOOKS_MAX = 100;
const QUIET_SHARE = 0.05;

export const pauseMs = (durationMs: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(() => resolve(), durationMs);
  });

/** Where processes run: gateways on a core of their own, where there are two and `taskset` can say so. */
export const canPin = availableParallelism() > 1 && spawnSync('taskset', ['--version']).status === 0;

export function pin(pid: number, core: 'gateway' | 'others'): void {
  if (canPin) execFileSync('taskset', ['-acp', core === 'gateway' ? '0' : '1', String(pid)], { stdio: 'ignore' });
}

/** Lets a running process open so many files; throws a sentence where that cannot be. */
export function allowFiles(pid: number, files: number): void {
  const limits = /^Max open files\s+(\d+|unlimited)\s+(\d+|unlimited)/m.exec(
    readFileSync(`/proc/${pid}/limits`, 'latin1'),
  );
  const [soft, hard] = [limits?.[1], limits?.[2]].map((limit) => (limit === 'unlimited' ? Infinity : Number(limit)));
  if ((soft ?? 0) >= files) return;
  const wanted = Math.max(files, hard ?? 0);
  if (spawnSync('prlimit', ['--pid', String(pid), `--nofile=${files}:${wanted}`]).status === 0) return;
  throw new Error(`a process needs ${files} open files and may have ${hard}: raise that limit before`);
}
