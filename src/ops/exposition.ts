/**
 * The text that Prometheus reads, made by prom-client from the table of metrics. Everything is read when it is asked for:
 * between two scrapes nothing of this runs.
 */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Distribution, Distributions } from './distribution.ts';
import { metrics, type HistogramName, type MetricDeclaration, type Reading, type Readings } from './metrics.ts';

/** What a metric is read from, whatever its kind. */
type Source = (() => number | readonly Reading[]) | Distributions;

export class Exposition {
  readonly #registry = new Registry();

  constructor(readings: Readings, distributions: Readonly<Record<HistogramName, Distributions>>) {
    const sources: Readonly<Record<string, Source>> = { ...readings, ...distributions };
    for (const [name, declaration] of Object.entries<MetricDeclaration>(metrics)) {
      const source = sources[name];
      if (source === undefined) throw new Error(`${name} has no source`);
      if (typeof source === 'function') this.#addReading(name, declaration, source);
      else this.#registry.registerMetric(new Measured(name, declaration, source));
    }
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #addReading(name: string, { kind, help, labels }: MetricDeclaration, read: () => number | readonly Reading[]): void {
    const registers = [this.#registry];
    const told = (tell: (labels: Readonly<Record<string, string>>, value: number) => void): void => {
      const now = read();
      if (typeof now === 'number') tell({}, now);
      else for (const reading of now) tell(reading.labels, reading.value);
    };
    const options = { name, help, labelNames: labels, registers };
    if (kind === 'gauge') {
      const gauge: Gauge = new Gauge({
        ...options,
        collect: () => {
          gauge.reset();
          told((which, value) => gauge.set(which, value));
        },
      });
      return;
    }
    const counter: Counter = new Counter({
      ...options,
      collect: () => {
        // Counted elsewhere: this only repeats it.
        counter.reset();
        told((which, value) => counter.inc(which, value));
      },
    });
  }
}

/** A histogram whose observations were counted elsewhere: prom-client's own looks its labels up for each of them. */
class Measured extends Histogram {
  readonly #declaration: MetricDeclaration;
  readonly #name: string;
  readonly #distributions: Distributions;

  constructor(name: string, declaration: MetricDeclaration, distributions: Distributions) {
    super({ name, help: declaration.help, labelNames: declaration.labels, registers: [] });
    this.#name = name;
    this.#declaration = declaration;
    this.#distributions = distributions;
  }

  /** What the registry asks for text; `get` of the base class goes through it as well. */
  getForPromString(): Promise<{ name: string; help: string; type: 'histogram'; values: Value[] }> {
    const { help } = this.#declaration;
    const values = [...this.#distributions].flatMap(([first, second, distribution]) =>
      valuesOf(this.#name, this.#labels(first, second), distribution),
    );
    return Promise.resolve({ name: this.#name, help, type: 'histogram', values });
  }

  #labels(...words: readonly string[]): Record<string, string> {
    return Object.fromEntries(this.#declaration.labels.map((label, i) => [label, words[i] ?? '']));
  }
}

/** One line of the text. */
interface Value {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

function valuesOf(
  name: string,
  labels: Readonly<Record<string, string>>,
  { boundsMs, counts, sumMs }: Distribution,
): Value[] {
  let upTo = 0;
  const buckets = [...boundsMs, Infinity].map((boundMs, i) => {
    upTo += counts[i] ?? 0;
    const le = boundMs === Infinity ? '+Inf' : boundMs / 1000;
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: upTo };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sumMs / 1000 },
    { metricName: `${name}_count`, labels, value: upTo },
  ];
}
