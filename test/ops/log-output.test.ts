// Where the log goes keeps a bounded part of it for a slow reader, and lets out all of it at the end.
import { expect, test } from '@jest/globals';
import { logOutput } from '../../src/ops/log-output.ts';
import { eventually } from '../support/eventually.ts';
import { makeFifo } from '../support/fifo.ts';
import { useScope } from '../support/scope.ts';

const scope = useScope();

test('keeps so much for a slow reader and no more, and tells how much is missing', async () => {
  const fifo = makeFifo(scope);
  fifo.fill();
  const missing: number[] = [];
  // As of a process whose standard output is a pipe, writing is not to wait.
  const { destination, end } = logOutput(fifo.unblocked, (lines) => missing.push(lines), 500_000);
  const line = `${'x'.repeat(9999)}\n`;
  const most = 500_000 / line.length;
  for (let i = 0; i < most + 7; i++) destination.write(line);
  expect(missing).toEqual([]);
  let read = '';
  await eventually(() => {
    read += fifo.read();
    expect(missing).toEqual([7]);
  });
  await end();
  read += fifo.read();
  expect(read.replaceAll('\0', '')).toBe(line.repeat(most));
});

test('lets out what waits before the end', async () => {
  const fifo = makeFifo(scope);
  const { destination, end } = logOutput(fifo.unblocked, () => undefined);
  for (let i = 0; i < 100; i++) destination.write(`${i}\n`);
  await end();
  expect(fifo.read().trim().split('\n')).toEqual(Array.from({ length: 100 }, (_, i) => String(i)));
});
