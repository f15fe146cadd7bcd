// A pipe whose reader does what a test says.
import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Scope } from './scope.ts';

export interface Fifo {
  /** To write to; blocks like that of a shell. */
  readonly fd: number;
  /** To write to as far as there is room. */
  readonly unblocked: number;
  /** Leaves room for nothing. */
  fill(): void;
  /** What has been written; '' where there is nothing. */
  read(): string;
  /** The reader goes away. */
  closeReader(): void;
}

export function makeFifo(scope: Scope): Fifo {
  const dir = mkdtempSync(join(tmpdir(), 'parley-test-fifo-'));
  scope.add(() => rmSync(dir, { recursive: true, force: true }));
  const path = join(dir, 'fifo');
  execFileSync('mkfifo', [path]);
  const open = (flags: number): number => {
    const fd = openSync(path, flags);
    scope.add(() => {
      if (fd !== reader || isRead) closeSync(fd);
    });
    return fd;
  };
  let isRead = true;
  const reader: number = open(constants.O_RDONLY | constants.O_NONBLOCK);
  const filler = open(constants.O_WRONLY | constants.O_NONBLOCK);
  const chunk = Buffer.alloc(65_536);
  const untilRefused = (act: () => number): void => {
    try {
      while (act() > 0);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  };
  return {
    fd: open(constants.O_WRONLY),
    unblocked: filler,
    fill: () => {
      untilRefused(() => writeSync(filler, chunk));
      untilRefused(() => writeSync(filler, chunk, 0, 1));
    },
    read: () => {
      const texts: string[] = [];
      untilRefused(() => {
        const bytes = readSync(reader, chunk);
        texts.push(chunk.toString('latin1', 0, bytes));
        return bytes;
      });
      return texts.join('');
    },
    closeReader: () => {
      closeSync(reader);
      isRead = false;
    },
  };
}
