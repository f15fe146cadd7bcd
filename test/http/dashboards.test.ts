// The dashboard and the alert rules, held against the tables: every metric, label and label value they name exists.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { closeReason, closeLabels } from '../../src/gateway/close-label.ts';
import { upgradeRefusalReasons } from '../../src/gateway/upgrade.ts';
import { redisErrorKinds } from '../../src/ops/counters.ts';
import { metrics, type MetricDeclaration } from '../../src/ops/metrics.ts';
import { requests } from '../../src/protocol/catalogue.ts';
import { errorTable } from '../../src/protocol/errors/table.ts';
import { allPapers, sectionOf } from '../ground/papers.ts';

const table: Readonly<Record<string, MetricDeclaration>> = metrics;

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** The texts under all properties of that name, at any depth. */
function textsOf(value: unknown, property: string): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    name === property && typeof inner === 'string' ? [inner] : textsOf(inner, property),
  );
}

/** What Prometheus adds to every sample, and its own metric. */
const everyLabel = ['instance', 'job'];
const ownMetric = 'up';

/** Values that are asked for by name; other labels are only grouped by. */
const values: Readonly<Record<string, readonly string[]>> = {
  outcome: ['ok', 'failed', 'refused', ...Object.keys(errorTable)],
  method: ['unknown', ...Object.keys(requests)],
  reason: [...closeLabels.map(closeReason), ...upgradeRefusalReasons],
  code: closeLabels,
  kind: [...redisErrorKinds, 'event', 'gap', 'dropped'],
  check: ['redis', 'bus', 'lease', 'accepting'],
  quantile: ['0.5', '0.99', '1'],
  job: ['parley'],
};

const functions = /\b(?:sum|min|max|rate|increase|histogram_quantile|min_over_time|label_values)\b/g;

/** What is wrong with an expression; empty where nothing is. */
function mistakesOf(expression: string): string[] {
  const matchers = [...expression.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"/g)];
  const groups = [...expression.matchAll(/\bby\s*\(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/\s*,\s*/));
  const bare = expression
    .replace(/"[^"]*"/g, '')
    .replace(/\{[^}]*\}|\[[^\]]*\]|\bby\s*\([^)]*\)/g, ' ')
    .replace(functions, ' ');
  const names = bare.match(/[a-z_]\w*/gi)?.filter((name) => name !== ownMetric) ?? [];
  const described = names.map((name): [string, MetricDeclaration | undefined] => [name, declarationOf(name)]);
  const labels = new Set([...everyLabel, 'le', ...described.flatMap(([, declared]) => declared?.labels ?? [])]);
  const used = [...groups, ...matchers.map(([, label = '']) => label)];
  return [
    ...described.filter(([, declared]) => declared === undefined).map(([name]) => `no metric ${name}`),
    ...used.filter((label) => !labels.has(label)).map((label) => `no label ${label}`),
    ...matchers.flatMap(([, label = '', value = '']) =>
      (value.startsWith('$') ? [] : value.split('|'))
        .filter((word) => !(values[label] ?? []).includes(word))
        .map((word) => `no ${label} ${word}`),
    ),
  ];
}

/** Of a name as it stands in an expression: histograms are asked for by their parts. */
function declarationOf(name: string): MetricDeclaration | undefined {
  const plain = Object.hasOwn(table, name) ? table[name] : undefined;
  if (plain !== undefined) return plain.kind === 'histogram' ? undefined : plain;
  const whole = name.replace(/_(?:bucket|count|sum)$/, '');
  const declared = Object.hasOwn(table, whole) ? table[whole] : undefined;
  return declared?.kind === 'histogram' ? declared : undefined;
}

const alerts: unknown = parse(read('config/prometheus/alerts.yml'));
const dashboard: unknown = JSON.parse(read('config/grafana/parley.json'));

test('mistakes in expressions are found', () => {
  expect(mistakesOf('sum by (code) (rate(parley_closes_total{reason=~"slowConsumer|abnormal"}[5m])) > 5')).toEqual([]);
  expect(mistakesOf('rate(parley_close_total[5m]) > 0')).toEqual(['no metric parley_close_total']);
  expect(mistakesOf('parley_request_duration_seconds')).toEqual(['no metric parley_request_duration_seconds']);
  expect(mistakesOf('parley_users_count')).toEqual(['no metric parley_users_count']);
  expect(mistakesOf('sum by (room) (parley_users)')).toEqual(['no label room']);
  expect(mistakesOf('parley_users{state="user"}')).toEqual(['no label state', 'no state user']);
  expect(mistakesOf('parley_closes_total{reason="tired"}')).toEqual(['no reason tired']);
});

describe.each<[string, unknown, number]>([
  ['the alert rules', alerts, 15],
  ['the dashboard', dashboard, 30],
])('%s', (_, file, atLeast) => {
  test('name only what there is', () => {
    const expressions = textsOf(file, 'expr');
    expect(expressions.length).toBeGreaterThanOrEqual(atLeast);
    expect(expressions.flatMap((expression) => mistakesOf(expression).map((it) => [it, expression]))).toEqual([]);
  });
});

test('every metric of the table is on the dashboard', () => {
  const text = textsOf(dashboard, 'expr').join('\n');
  expect(Object.keys(metrics).filter((name) => !text.includes(name))).toEqual([]);
});

test('each alert has a name of its own, a severity, a summary, and its line in src/ops/README.md', () => {
  const names = textsOf(alerts, 'alert');
  expect(new Set(names).size).toBe(names.length);
  expect(textsOf(alerts, 'severity').toSorted()).toEqual(
    names.map(() => expect.stringMatching(/^(info|page|ticket)$/)),
  );
  expect(textsOf(alerts, 'summary')).toHaveLength(names.length);
  const lines = sectionOf(read('src/ops/README.md'), 'What to look at when …');
  expect(names.filter((name) => !lines.includes(`\`${name}\``))).toEqual([]);
});

test('READMEs name only metrics that there are', () => {
  const texts = allPapers().filter(({ path }) => path.endsWith('README.md'));
  const named = texts.flatMap(({ text }) => text.match(/`(?:parley|process|nodejs)_[a-z_]+/g) ?? []);
  expect(named.length).toBeGreaterThan(Object.keys(table).length);
  const known = (name: string): boolean => Object.hasOwn(table, name) || declarationOf(name) !== undefined;
  expect(named.map((name) => name.slice(1)).filter((name) => !known(name))).toEqual([]);
});
