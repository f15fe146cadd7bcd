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
import { drawChart } from './chart.ts';
import { allowFiles } from './cpu.ts';
import { postsFrom, sequenceIn } from './generator/frames.ts';
import { Latencies } from './generator/latencies.ts';
import { wires } from './generator/wire.ts';
import { readOptions } from './options.ts';
import { provenanceOf, type Run } from './provenance.ts';
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
  const [out, chart] = [join(dir, 'result.json'), join(dir, 'chart.svg')];
  const sizes = ['--seconds', '0.1', '--rounds', '2', '--rooms', '4', '--sockets', '20', '--members', '50'];
  let seen = 0;
  const looking = setInterval(() => (seen = Math.max(seen, marked().length)), 200);
  scope.add(() => clearInterval(looking));
  const { code, printed } = await run([
    '--only',
    'small-rooms,growth-members',
    ...sizes,
    '--out',
    out,
    '--chart',
    chart,
  ]);
  expect([code, printed.filter((line) => line.includes('FAILED'))]).toEqual([0, []]);
  const { rows, failures, setting } = JSON.parse(readFileSync(out, 'utf8'));
  expect(failures).toEqual([]);
  expect(setting).toMatchObject({
    authentication: 'open',
    topology: 'single',
    rounds: 2,
    cutShort: false,
    commit: expect.any(String),
  });
  expect(readFileSync(chart, 'utf8')).toContain(`${setting.takenAt.slice(0, 10)} · commit ${setting.commit} · `);
  const row = rows.find(({ metric }: { metric: string }) => metric === metrics.smallRooms);
  expect(row).toMatchObject({
    samples: {
      parley: [expect.any(Number), expect.any(Number)],
      relay: [expect.any(Number), expect.any(Number)],
      bare: [expect.any(Number), expect.any(Number)],
      'socket.io': [expect.any(Number), expect.any(Number)],
      'socket.io storing': [expect.any(Number), expect.any(Number)],
    },
    verdicts: [
      { against: 'relay', target: { timesMax: 1 } },
      { against: 'socket.io storing', target: { lessMin: 2.5 } },
    ],
  });
  expect(printed.join('\n')).toMatch(
    /authentication: open; Redis: single[\s\S]*small rooms: gateway[^\n]*target ≤ 1[^\n]*\n[^\n]*less than socket.io storing, target ≥ 2.5/,
  );
  expect(seen).toBeGreaterThan(1);
  await eventually(() => expect(marked()).toEqual([]), { what: 'nothing that the bench had started' });
});

test('a mistake in the command line is told, and nothing is started', async () => {
  expect(readOptions(['--rounds', 'many'])).toMatch(/^rounds must be a number/);
  expect(readOptions(['--nonsense'])).toContain('--quick');
  expect(readOptions(['--quick', '--rounds', '2'])).toMatchObject({ rounds: 2, windowMs: 2000 });
  expect(await run(['--only', 'nothing'])).toMatchObject({ code: 2, printed: ['there is no scenario nothing'] });
});

test('posts are told apart by their number, and their latencies counted to the percent', () => {
  for (const wire of Object.values(wires)) {
    const next = postsFrom((content) => wire.post('room0', content), 100);
    const [first, second] = [next(), next()];
    expect(second.sequence).toBe(first.sequence + 1);
    expect(second.frame.length).toBe(first.frame.length);
    // As it arrives: one message behind another in one read.
    const both = Buffer.concat([first.frame, second.frame]);
    expect(sequenceIn(both, first.frame.length)).toBe(first.sequence);
    expect(sequenceIn(both, both.length)).toBe(second.sequence);
  }
  const latencies = new Latencies();
  expect(latencies.percentiles()).toEqual({ p50Ms: 0, p99Ms: 0, p999Ms: 0 });
  for (let ms = 1; ms <= 1000; ms++) latencies.add(ms);
  const { p50Ms, p99Ms, p999Ms } = latencies.percentiles();
  expect([p50Ms / 500, p99Ms / 990, p999Ms / 999].filter((ratio) => ratio < 1 || ratio > 1.01)).toEqual([]);
});

test('a process is allowed more files where that can be, and else a sentence says how', () => {
  expect(() => allowFiles(process.pid, 10)).not.toThrow();
  expect(() => allowFiles(process.pid, 2 ** 40)).toThrow(
    /^a process needs 1099511627776 open files and may have \d+: raise that limit before/,
  );
});

test('the chart draws what was measured, in its order, and nothing else', () => {
  const samples = new Samples();
  samples.add(metrics.smallRooms, 'parley', 100);
  samples.add(metrics.smallRooms, 'relay', 50);
  samples.add(metrics.smallRooms, 'socket.io', 150);
  samples.add(metrics.smallRooms, 'socket.io storing', 200);
  const run: Run = { topology: 'single', rounds: 3, cutShort: false, windowMs: 1000, othersCores: 0.2 };
  const chart = drawChart(samples.rows(), { ...provenanceOf(run), commit: 'a<b', cpu: '2 × "some" & other' });
  expect([...chart.matchAll(/<text[^>]*>([^<]*)/g)].map(([, words]) => words)).toEqual([
    'What it costs: shorter is better',
    '200 rooms of five, everybody posts',
    'µs of CPU per message',
    'Parley',
    '100.0',
    'Socket.IO, storing',
    '200.0',
    'bare relay',
    '50.0',
    expect.stringMatching(/^\d{4}-\d\d-\d\d · commit a&lt;b · 2 × &quot;some&quot; &amp; other · Node v/),
    expect.stringMatching(/^medians of 3 interleaved rounds; others kept 0\.2 cores busy/),
  ]);
  expect(chart).toContain('prefers-color-scheme: dark');
});

test('a figure is judged by its median against the floor, against Socket.IO, and growth by the largest against the smallest', () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
  const samples = new Samples();
  for (const [metric, column, ...values] of [
    [metrics.smallRooms, 'parley', 90, 110, 100],
    [metrics.smallRooms, 'relay', 80, 100, 90],
    [metrics.fanoutPaced, 'parley', 11],
    [metrics.fanoutPaced, 'bare', 10],
    [metrics.fanoutPaced, 'socket.io', 21],
    [metrics.hotRoomP99, 'parley', 20],
    [metrics.memory, 'parley', 6],
    [metrics.memory, 'relay', 6],
    [metrics.membersMessage, '10', 20],
    [metrics.membersMessage, '1000', 99],
    [metrics.membersMessage, '100000', 21],
    // Nothing to compare it with.
    [metrics.stormRedis, 'parley', 7],
  ] as const) {
    for (const value of values) samples.add(metric, column, value);
  }
  const rows = samples.rows();
  const verdicts = rows.flatMap(({ metric, verdicts: all }) => all.map(({ against, met }) => [metric, against, met]));
  expect(verdicts).toEqual([
    [metrics.smallRooms, 'relay', false],
    [metrics.fanoutPaced, 'bare', true],
    [metrics.fanoutPaced, 'socket.io', false],
    [metrics.hotRoomP99, undefined, true],
    // Level with the floor, but above the bound of its own.
    [metrics.memory, 'relay', false],
    [metrics.membersMessage, '10', true],
  ]);
  const told = table(rows);
  expect(told).toMatch(/1\.11 × relay, target ≤ 1: MISSED/);
  expect(told).toMatch(/1\.91 × less than socket\.io, target ≥ 2\.1: MISSED/);
  expect(told).toMatch(/hot room[^\n]* target at most 20: met/);
});
