// The entry of `npm run bench`: runs the scenarios one after the other, prints a table and writes the figures. What they
// measure is in `scenarios/`, what is aimed at in targets.ts.
import { existsSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { drawChart } from './chart.ts';
import { watchOthers } from './cpu.ts';
import { runScenario } from './lab.ts';
import { readOptions, type BenchOptions } from './options.ts';
import { createProgress } from './progress.ts';
import { provenanceOf, type Run } from './provenance.ts';
import { Samples, table } from './report.ts';
import { scenarios } from './scenarios/index.ts';
import { authentication } from './systems.ts';

const builtMain = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** Cores busy with other things from which on they bend figures: a gateway that waits for its core sends more at once. */
const BUSY = 0.3;
const HINT = ': repeat it on a quiet machine; latencies, rates and what is paced say least';

const options = readOptions(process.argv.slice(2));
process.exit(typeof options === 'string' ? refuse(options) : await bench(options));

function refuse(problem: string): number {
  process.stderr.write(`${problem}\n`);
  return 2;
}

/** Resolves with the exit code: 1 when a scenario failed. Missed targets are a finding, not a failure. */
async function bench(asked: BenchOptions): Promise<number> {
  const unknown = asked.only.filter((name) => !scenarios.some((scenario) => scenario.name === name));
  if (unknown.length > 0) return refuse(`there is no scenario ${unknown.join(', ')}`);
  if (process.platform !== 'linux') return refuse('the bench reads CPU times from /proc: it runs on Linux only');
  if (!existsSync(builtMain)) return refuse('dist/ is missing: run npm run build');
  const chosen = scenarios.filter(({ name }) => asked.only.length === 0 || asked.only.includes(name));
  const progress = createProgress(process.stderr);
  const samples = new Samples();
  const failures: string[] = [];
  const startedAt = performance.now();
  const othersCores = watchOthers();
  const late = (): boolean => performance.now() - startedAt > asked.limitMs;
  let cutShort = false;
  function* rounds(): Generator<number> {
    for (let round = 0; round <= asked.rounds; round++) {
      if (late()) cutShort = true;
      // One round at least, so that every scenario that began has figures.
      if (late() && round > 1) return;
      yield round;
    }
  }
  for (const [at, scenario] of chosen.entries()) {
    const show = (what: string): void => {
      const seconds = Math.round((performance.now() - startedAt) / 1000);
      progress.show(`[${at + 1}/${chosen.length}] ${scenario.name}: ${what} (${seconds} s)`);
    };
    if (late()) {
      failures.push(`${scenario.name}: not run, the time was up`);
      continue;
    }
    try {
      await runScenario(scenario, { options: asked, samples, progress: show, rounds });
    } catch (error) {
      failures.push(`${scenario.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  progress.clear();
  const { rounds: count, windowMs, topology } = asked;
  tell(asked, samples, failures, { topology, rounds: count, cutShort, windowMs, othersCores: othersCores() });
  return failures.length === 0 ? 0 : 1;
}

function tell(asked: BenchOptions, samples: Samples, failures: readonly string[], run: Run): void {
  const rows = samples.rows();
  const setting = provenanceOf(run);
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  writeFileSync(asked.outPath, `${JSON.stringify({ setting, options: asked, rows, failures }, null, 2)}\n`);
  const { topology, rounds, cutShort, pinned, othersCores } = setting;
  say(
    `authentication: ${authentication}; Redis: ${topology}; medians of ${rounds} interleaved rounds${cutShort ? ' (cut short)' : ''}`,
  );
  say(
    `${setting.cpu}; Node ${setting.node}; ${pinned ? 'gateways on one core, the rest on another' : 'not pinned to cores'}`,
  );
  say(
    `commit ${setting.commit}; others kept ${othersCores.toFixed(1)} cores busy meanwhile${othersCores > BUSY ? HINT : ''}`,
  );
  say('');
  say(table(rows));
  for (const failure of failures) say(`FAILED ${failure}`);
  say(`\nwritten to ${asked.outPath}`);
  if (asked.chartPath === '') return;
  writeFileSync(asked.chartPath, drawChart(rows, setting));
  say(`drawn in ${asked.chartPath}`);
}
