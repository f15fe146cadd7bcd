// The time of day of a Redis server of the test's own, which can be set while it runs, as an operator or a time service would:
// by a few lines of C that are preloaded (Debian's faketime does not get along with the allocator of Redis).
import { execFile } from 'node:child_process';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Scope } from './disposal.ts';

export interface SettableClock {
  /** For the server to be started with. */
  readonly env: Readonly<Record<string, string>>;
  /** Seconds by which its time differs from the machine's from now on. */
  set(aheadSeconds: number): Promise<void>;
}

const source = fileURLToPath(new URL('set-clock.c', import.meta.url));

/** Needs a C compiler, `cc`. */
export async function settableClock(scope: Scope): Promise<SettableClock> {
  const dir = await mkdtemp(join(tmpdir(), 'parley-test-clock-'));
  scope.add(() => rm(dir, { recursive: true, force: true }));
  const library = join(dir, 'set-clock.so');
  await promisify(execFile)('cc', ['-shared', '-fPIC', '-O1', '-o', library, source]);
  const path = join(dir, 'ahead');
  const file = await open(path, 'w');
  scope.add(() => file.close());
  const set = async (aheadSeconds: number): Promise<void> => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(aheadSeconds));
    await file.write(bytes, 0, bytes.length, 0);
  };
  await set(0);
  return { env: { LD_PRELOAD: library, SET_CLOCK: path }, set };
}
