// Collects samples, takes medians, compares them with the targets, and prints and writes the outcome.
import { targetOf } from './targets.ts';

export interface Verdict {
  readonly against: string;
  readonly ratio: number;
  readonly ratioMax: number;
  readonly met: boolean;
}

export interface Row {
  readonly metric: string;
  /** Median by system, or by the size that grows. */
  readonly medians: Readonly<Record<string, number>>;
  readonly samples: Readonly<Record<string, readonly number[]>>;
  /** Absent where nothing is aimed at, or what it is compared with was not measured. */
  readonly verdict?: Verdict;
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
      const verdict = judge(metric, [...columns.keys()], medians);
      return {
        metric,
        medians,
        samples: Object.fromEntries(columns),
        ...(verdict === undefined ? {} : { verdict }),
      };
    });
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

function judge(metric: string, columns: readonly string[], medians: Record<string, number>): Verdict | undefined {
  const target = targetOf(metric, columns);
  const value = medians[target?.subject ?? ''];
  const baseline = medians[target?.baseline ?? ''];
  if (target === undefined || value === undefined || baseline === undefined) return undefined;
  const ratio = value / baseline;
  const { ratioMax, valueMax = Infinity } = target;
  return { against: target.baseline, ratio, ratioMax, met: ratio <= ratioMax && value <= valueMax };
}

/** A table for people. */
export function table(rows: readonly Row[]): string {
  const lines = rows.map(({ metric, medians, verdict }) => [
    metric,
    Object.entries(medians)
      .map(([column, value]) => `${column} ${figure(value)}`)
      .join('  '),
    verdict === undefined
      ? ''
      : `${verdict.ratio.toFixed(2)} × ${verdict.against}, target ≤ ${verdict.ratioMax}: ${verdict.met ? 'met' : 'MISSED'}`,
  ]);
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

function figure(value: number): string {
  if (value >= 1000) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
