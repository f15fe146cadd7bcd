// How long something takes of the processor: on a machine that others use, too, time by the clock says little.

/** Milliseconds of the processor that this process spends in `work`. */
export function cpuMsOf(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** The least of several runs. */
export const leastCpuMsOf = (runs: number, work: () => unknown): number =>
  Math.min(...Array.from({ length: runs }, () => cpuMsOf(work)));
