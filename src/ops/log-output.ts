/** Where the log goes: standard output, for as long as somebody reads it, and never at the cost of the node. */
import { pino } from 'pino';

/** What waits for a reader who is slow. More is left out: a node must not grow with what nobody reads. */
const waitingMost = 16 * 1024 * 1024;
/** How long the end of a process waits for a reader. */
const lastMs = 1000;

export interface LogOutput {
  readonly destination: ReturnType<typeof pino.destination>;
  /** Lets out what waits, as far as it is read within a second. Before the end of a process. */
  readonly end: () => Promise<void>;
}

/**
 * @param fd a file descriptor; whatever it is, and whatever becomes of it, the node goes on
 * @param leftOut is told how many lines are missing, when others go out again
 */
export function logOutput(fd: number, leftOut: (lines: number) => void, waitingMaxBytes = waitingMost): LogOutput {
  // The least that is written at once is a line: without a least, `flush` waits for nothing.
  const destination = pino.destination({ dest: fd, sync: false, minLength: 1, maxLength: waitingMaxBytes });
  // It would try for ever at an exit, where the reader is gone or does not read.
  destination.flushSync = () => undefined;
  // A disk that is full, say. What could not be written is tried again with the next line.
  destination.on('error', () => undefined);
  let lines = 0;
  destination.on('drop', () => {
    lines++;
    // Behind an error only a line that is taken would be a try, and at the bound none is.
    destination.flush();
  });
  destination.on('drain', () => {
    const missing = lines;
    lines = 0;
    if (missing > 0) leftOut(missing);
  });
  return {
    destination,
    end: () =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, lastMs);
        destination.flush(() => {
          clearTimeout(timer);
          resolve();
        });
      }),
  };
}
