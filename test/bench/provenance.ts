// What the figures of a run are figures of: when, of which commit, on what machine, and how busy that was otherwise.
import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { canPin } from './cpu.ts';
import { authentication, type Topology } from './systems.ts';

export interface Provenance {
  readonly takenAt: string;
  /** Short; with a `+` where files differ from it. */
  readonly commit: string;
  readonly cpu: string;
  readonly node: string;
  /** Whether the gateways had a core of their own. */
  readonly pinned: boolean;
  readonly authentication: string;
  /** Of Redis. */
  readonly topology: Topology;
  readonly rounds: number;
  readonly cutShort: boolean;
  readonly windowMs: number;
  /** Cores that others kept busy meanwhile, on average. */
  readonly othersCores: number;
}

export type Run = Pick<Provenance, 'topology' | 'rounds' | 'cutShort' | 'windowMs' | 'othersCores'>;

export const provenanceOf = (run: Run): Provenance => ({
  takenAt: new Date().toISOString(),
  commit: commit(),
  cpu: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
  node: process.version,
  pinned: canPin,
  authentication,
  ...run,
});

function commit(): string {
  const git = (...args: string[]): string =>
    execFileSync('git', args, {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no', ':/') !== '';
    return `${git('rev-parse', '--short', 'HEAD')}${changed ? '+' : ''}`;
  } catch {
    return 'unknown'; // no repository, or no git
  }
}
