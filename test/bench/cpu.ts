// What the operating system says about a process: CPU time, resident memory; and which core it may use. Linux only; elsewhere
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
