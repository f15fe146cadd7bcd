// A node's heap holds little beside what lives: the engine of this version of Node knows the flag, and honours it while it runs.
import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { SMALL_HEAP } from '../../src/ops/process.ts';

/** While a heap grows to a hundred megabytes, turn by turn. */
function fullCollections(flags: readonly string[]): number {
  const grow = `
    const { setFlagsFromString } = require('node:v8');
    const { PerformanceObserver, constants } = require('node:perf_hooks');
    for (const flag of ${JSON.stringify(flags)}) setFlagsFromString(flag);
    const isFull = ({ detail }) => detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR;
    let full = 0;
    new PerformanceObserver((seen) => (full += seen.getEntries().filter(isFull).length)).observe({ entryTypes: ['gc'] });
    const kept = [];
    const turn = () => {
      for (let i = 0; i < 20_000; i++) kept.push({ i, held: [i] });
      setImmediate(kept.length < 2_000_000 ? turn : () => console.log(full));
    };
    turn();`;
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', grow], { encoding: 'utf8' });
  expect(stderr).toBe('');
  return parseInt(stdout, 10);
}

test('it is collected more often while it grows', () => {
  const [small, usual] = [fullCollections([SMALL_HEAP]), fullCollections([])];
  expect({ small, usual, isSooner: small > usual }).toEqual({ small, usual, isSooner: true });
});
