// Reads what a node tells at /metrics. What the metrics mean is the business of those who ask.

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Metrics {
  readonly text: string;
  /** By the name of the metric: its `# TYPE` and `# HELP`. */
  readonly described: ReadonlyMap<string, { readonly type: string; readonly help: string }>;
  readonly samples: readonly Sample[];
  /** The sum of the samples of that name which have these labels; NaN where there is none. */
  sum(name: string, labels?: Readonly<Record<string, string>>): number;
}

export function parseMetrics(text: string): Metrics {
  const described = new Map<string, { type: string; help: string }>();
  const samples: Sample[] = [];
  for (const line of text.split('\n')) {
    const [, what, about = '', told = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (what !== undefined) {
      const known = described.get(about) ?? { type: '', help: '' };
      described.set(about, what === 'HELP' ? { ...known, help: told } : { ...known, type: told });
      continue;
    }
    const [, name, labels = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (name !== undefined) samples.push({ name, labels: parseLabels(labels), value: numberOf(value) });
    else if (line !== '') throw new Error(`not a line of metrics: ${line}`);
  }
  const sum: Metrics['sum'] = (name, labels = {}) => {
    const wanted = Object.entries(labels);
    const found = samples.filter((each) => each.name === name && wanted.every(([k, v]) => each.labels[k] === v));
    return found.length === 0 ? Number.NaN : found.reduce((total, { value }) => total + value, 0);
  };
  return { text, described, samples, sum };
}

const numberOf = (value: string): number => (value === '+Inf' ? Infinity : Number(value));

function parseLabels(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)];
  return Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, value]));
}
