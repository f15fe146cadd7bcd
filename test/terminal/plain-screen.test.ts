// The screen of a pipe: what nobody reads does not fill the memory, and what was left out for it is told.
import { Writable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { PlainScreen } from '../../src/terminal/screen.ts';

/** A stream whose reader takes nothing until it is told to. */
function slow() {
  const taken: string[] = [];
  let go: () => void = () => undefined;
  let isOpen = false;
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      taken.push(String(chunk));
      if (isOpen) done();
      else go = done;
    },
  });
  const open = (): void => {
    isOpen = true;
    go();
  };
  return { stream, taken, open };
}

const drained = (stream: Writable): Promise<void> => new Promise((done) => stream.once('drain', done));

test('what nobody reads is bounded, and how much was left out is told where there is room again', async () => {
  const [output, notices] = [slow(), slow()];
  const screen = new PlainScreen(output.stream, notices.stream);
  const text = 'x'.repeat(3_000);
  const said = { place: 'lobby', isElsewhere: false, author: 'bob', isOwn: false, timestamp: 0 };
  for (let each = 0; each < 3_000; each++) {
    screen.message({ ...said, text: `${each} ${text}` });
    screen.notice(`${each} ${text}`);
  }
  for (const { stream } of [output, notices]) expect(stream.writableLength).toBeLessThan(4_100_000);
  const bothDrained = Promise.all([drained(output.stream), drained(notices.stream)]);
  notices.open();
  output.open();
  await bothDrained;
  screen.message({ ...said, text: 'later' });
  expect(output.taken.at(-1)).toMatch(/\[lobby\] bob: later\n$/);
  const count = output.taken.length - 1;
  expect(notices.taken).toContain(`* ${3_000 - count} messages left out: they were not read in time.\n`);
  expect(notices.taken.filter((line) => line.includes(' lines left out: '))).toHaveLength(1);
  // What was not left out is all there, in its order.
  expect(output.taken.slice(0, -1).map((line) => Number(/bob: (\d+)/.exec(line)?.[1]))).toEqual(
    Array.from({ length: count }, (_, each) => each),
  );
});
