// The engine of this version of Node knows the flags of a node, and honours them while it runs.
import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { ENGINE_FLAGS } from '../../src/ops/process.ts';

/** What a process prints that sets the flag as it starts. */
function counted(flag: string | undefined, program: string, options: readonly string[] = []): number {
  const set = flag === undefined ? '' : `require('node:v8').setFlagsFromString('${flag}');`;
  const { stdout, stderr } = spawnSync(process.execPath, [...options, '-e', set + program], { encoding: 'utf8' });
  expect(stderr).toBe('');
  return parseInt(stdout, 10);
}

test('the heap is collected more often while it grows', () => {
  const fullCollections = `
    const { PerformanceObserver, constants } = require('node:perf_hooks');
    const isFull = ({ detail }) => detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR;
    let full = 0;
    new PerformanceObserver((seen) => (full += seen.getEntries().filter(isFull).length)).observe({ entryTypes: ['gc'] });
    const kept = [];
    const turn = () => {
      for (let i = 0; i < 20_000; i++) kept.push({ i, held: [i] });
      setImmediate(kept.length < 2_000_000 ? turn : () => console.log(full));
    };
    turn();`;
  const [small, usual] = [counted(ENGINE_FLAGS.smallHeap, fullCollections), counted(undefined, fullCollections)];
  expect({ small, usual, isSooner: small > usual }).toEqual({ small, usual, isSooner: true });
});

test('a function is compiled well after fewer calls', () => {
  const calls = `
    const asked = (at) => { let sum = 0; for (let i = at; i < at + 8; i++) sum = (sum * 31 + i) | 0; return sum; };
    const isOptimized = () => (%GetOptimizationStatus(asked) & 16) !== 0;
    let calls = 0;
    while (!isOptimized() && calls < 10_000_000) asked(calls++);
    console.log(calls);`;
  const withNatives = ['--allow-natives-syntax', '--no-concurrent-recompilation'];
  const [soon, usual] = [
    counted(ENGINE_FLAGS.compiledSoon, calls, withNatives),
    counted(undefined, calls, withNatives),
  ];
  expect({ soon, usual, isSooner: soon * 4 < usual }).toEqual({ soon, usual, isSooner: true });
});
