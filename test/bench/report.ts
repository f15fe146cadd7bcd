// Collects samples, takes medians, compares them with the targets, and prints and writes the outcome.
import { targetsOf, type Target } from './targets.ts';

export interface Verdict {
  /** The column compared with; absent where only a bound of its own holds. */
  readonly against?: string;
  /** How many times the other figure it is; below one when it is less. */
  readonly ratio?: number;
  readonly target: Target;
  readonly met: boolean;
}

export interface Row {
  readonly metric: string;
  /** Median by system, or by the size that grows. */
  readonly medians: Readonly<Record<string, number>>;
  readonly samples: Readonly<Record<string, readonly number[]>>;
  /** Of every target whose figures were measured. */
  readonly verdicts: readonly Verdict[];
}

export class Samples {
  readonly #byMetric = new Map<string, Map<string, number[]>>();

  add(metric: string, column: string, value: number): void {
    const columns = this.#byMetric.get(metric) ?? new Map<string, number[]>();
    this.#byMetric.set(metric, columns);
    columns.set(column, [...(columns.get(column) ?? []), value]);
  }

  rows(): Row[] {
    return [...this.#byMetric].map(([metric, columns]) => {
      const medians = Object.fromEntries([...columns].map(([column, values]) => [column, median(values)]));
      const verdicts = targetsOf(metric, [...columns.keys()]).flatMap((target) => judge(target, medians));
      return { metric, medians, samples: Object.fromEntries(columns), verdicts };
    });
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

function judge(target: Target, medians: Readonly<Record<string, number>>): Verdict[] {
  const { subject, baseline, timesMax = Infinity, lessMin = 0, valueMax = Infinity } = target;
  const value = medians[subject];
  if (value === undefined) return [];
  if (baseline === undefined) return [{ target, met: value <= valueMax }];
  const other = medians[baseline];
  if (other === undefined) return [];
  const ratio = value / other;
  return [{ against: baseline, ratio, target, met: ratio <= timesMax && ratio * lessMin <= 1 && value <= valueMax }];
}

function told({ ratio = NaN, target, met }: Verdict): string {
  const { baseline, timesMax, lessMin, valueMax } = target;
  const own = valueMax === undefined ? '' : `at most ${valueMax}`;
  const compared =
    lessMin === undefined
      ? `${ratio.toFixed(2)} × ${baseline}, target ≤ ${timesMax}`
      : `${(1 / ratio).toFixed(2)} × less than ${baseline}, target ≥ ${lessMin}`;
  const what = baseline === undefined ? `target ${own}` : own === '' ? compared : `${compared} and ${own}`;
  return `${what}: ${met ? 'met' : 'MISSED'}`;
}

/** A table for people. */
export function table(rows: readonly Row[]): string {
  const lines = rows.flatMap(({ metric, medians, verdicts }) => {
    const figures = Object.entries(medians).map(([column, value]) => `${column} ${figure(value)}`);
    const [first = '', ...others] = verdicts.map(told);
    return [[metric, figures.join('  '), first], ...others.map((other) => ['', '', other])];
  });
  const widths = [0, 1].map((at) => Math.max(0, ...lines.map((line) => line[at]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('   ')
        .trimEnd(),
    )
    .join('\n');
}

/** A figure to three places or so. */
export function figure(value: number): string {
  if (value >= 1000) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
