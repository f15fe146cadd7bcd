// A tiny run of the bench: it ends by itself, leaves no process, tells its verdicts and writes its figures. At that size the
// figures mean nothing and are not looked at; how they are judged is.
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { startProcess } from '../support/owned-process.ts';
import { useScope } from '../support/scope.ts';
import { readOptions } from './options.ts';
import { median, Samples, table } from './report.ts';
import { metrics } from './targets.ts';

const scope = useScope();
const program = fileURLToPath(new URL('./main.ts', import.meta.url));

/** In the environment of the bench, and so of all that it starts. */
const mark = randomUUID();

/** Runs the bench and resolves with its exit code and all that it printed. */
async function run(args: readonly string[]): Promise<{ code: number | null; printed: string[] }> {
  const printed: string[] = [];
  const bench = await startProcess(process.execPath, ['--import', 'tsx', program, ...args], {
    env: { ...process.env, BENCH_MARK: mark },
    onLine: (line) => printed.push(line),
  });
  scope.add(async () => {
    await bench.kill();
  });
  return { code: (await bench.exited).code, printed };
}

/** Processes that were started by the bench, whoever their parent is by now. */
function marked(): string[] {
  return readdirSync('/proc').filter((name) => {
    try {
      return readFileSync(`/proc/${name}/environ`, 'latin1').includes(mark);
    } catch {
      return false; // no process, or gone meanwhile
    }
  });
}

test('a tiny run completes and writes what it found', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'parley-test-bench-'));
  scope.add(() => rm(dir, { recursive: true, force: true }));
  const out = join(dir, 'result.json');
  const sizes = ['--seconds', '0.1', '--rounds', '2', '--rooms', '4', '--sockets', '20', '--members', '50'];
  let seen = 0;
  const looking = setInterval(() => (seen = Math.max(seen, marked().length)), 200);
  scope.add(() => clearInterval(looking));
  const { code, printed } = await run(['--only', 'small-rooms,growth-members', ...sizes, '--out', out]);
  expect([code, printed.filter((line) => line.includes('FAILED'))]).toEqual([0, []]);
  const { rows, failures, setting } = JSON.parse(readFileSync(out, 'utf8'));
  expect(failures).toEqual([]);
  expect(setting).toMatchObject({ authentication: 'open', rounds: 2, cutShort: false });
  const row = rows.find(({ metric }: { metric: string }) => metric === metrics.smallRooms);
  expect(row).toMatchObject({
    samples: {
      parley: [expect.any(Number), expect.any(Number)],
      relay: [expect.any(Number), expect.any(Number)],
      bare: [expect.any(Number), expect.any(Number)],
    },
    verdict: { against: 'relay', ratioMax: 1 },
  });
  expect(printed.join('\n')).toMatch(/authentication: open[\s\S]*small rooms: gateway[^\n]*target ≤ 1/);
  expect(seen).toBeGreaterThan(1);
  await eventually(() => expect(marked()).toEqual([]), { what: 'nothing that the bench had started' });
});

test('a mistake in the command line is told, and nothing is started', async () => {
  expect(readOptions(['--rounds', 'many'])).toMatch(/^rounds must be a number/);
  expect(readOptions(['--nonsense'])).toContain('--quick');
  expect(readOptions(['--quick', '--rounds', '2'])).toMatchObject({ rounds: 2, windowMs: 2000 });
  expect(await run(['--only', 'nothing'])).toMatchObject({ code: 2, printed: ['there is no scenario nothing'] });
});

test('a figure is judged by its median against the floor, and growth by the largest against the smallest', () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
  const samples = new Samples();
  for (const [metric, column, ...values] of [
    [metrics.smallRooms, 'parley', 90, 110, 100],
    [metrics.smallRooms, 'relay', 80, 100, 90],
    [metrics.fanoutPaced, 'parley', 11],
    [metrics.fanoutPaced, 'bare', 10],
    [metrics.memory, 'parley', 6],
    [metrics.memory, 'relay', 6],
    [metrics.membersMessage, '10', 20],
    [metrics.membersMessage, '1000', 99],
    [metrics.membersMessage, '100000', 21],
    [metrics.stormRedis, 'parley', 7],
  ] as const) {
    for (const value of values) samples.add(metric, column, value);
  }
  const rows = samples.rows();
  const verdicts = rows.map(({ metric, verdict }) => [metric, verdict?.against, verdict?.met]);
  expect(verdicts).toEqual([
    [metrics.smallRooms, 'relay', false],
    [metrics.fanoutPaced, 'bare', true],
    // Level with the floor, but above the bound of its own.
    [metrics.memory, 'relay', false],
    [metrics.membersMessage, '10', true],
    [metrics.stormRedis, undefined, undefined],
  ]);
  expect(table(rows)).toMatch(/1\.11 × relay, target ≤ 1: MISSED/);
});
