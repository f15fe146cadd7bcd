// What the bench tells its load generator to do, and what it hears back: the types of the messages between the two processes.
import type { WireName } from './wire.ts';

/** A set of sockets: socket i is in room floor(i / roomSize), on port i mod the number of ports. */
export interface PoolPlan {
  readonly pool: string;
  readonly wire: WireName;
  readonly ports: readonly number[];
  readonly sockets: number;
  readonly roomSize: number;
  /** Room k is called `<roomPrefix><k>`. */
  readonly roomPrefix: string;
  readonly userPrefix: string;
  /** Whether the sockets join their rooms; else they only log in. */
  readonly join: boolean;
  /** Sockets being opened at the same time. */
  readonly concurrency: number;
}

/**
 * How posts are made. `paced`: so many per second by the posters in turn, whatever comes back. `window`: so many outstanding until all
 * receivers have them, by the posters in turn. `each`: every socket posts, and again when it is answered.
 */
export type Pattern =
  | {
      readonly kind: 'paced';
      readonly perSecond: number;
      readonly posters: number;
      /** Every so-many-th socket tells how long its messages took: looking for the number costs the generator. */
      readonly probeEvery: number;
    }
  | { readonly kind: 'window'; readonly messages: number; readonly posters: number }
  | { readonly kind: 'each' };

export interface PostRun {
  readonly pool: string;
  readonly pattern: Pattern;
  readonly durationMs: number;
  readonly textBytes: number;
}

export interface Percentiles {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
}

export interface Tally {
  /** Posts, joins or whatever was asked for, all acknowledged without an error. */
  readonly requests: number;
  /** Room messages received, all of them waited for. */
  readonly messages: number;
  readonly elapsedMs: number;
  /** From the writing of a post to the parsing of its acknowledgement. */
  readonly acknowledged: Percentiles;
  /** From the writing of a post to the parsing of the frame in which it arrives; of paced posts only. */
  readonly delivered: Percentiles;
  /** CPU time of the generator, in percent of a core: near 100, rates say more about it than about the system. */
  readonly generatorPercent: number;
}

export interface Commands {
  /** Opens a pool; resolves when all of its sockets are logged in (and joined). */
  open(plan: PoolPlan): { elapsedMs: number };
  /** Posts for the duration, then waits for everything outstanding. */
  post(run: PostRun): Tally;
  /** Every socket joins and leaves its room again and again. */
  cycle(run: { readonly pool: string; readonly durationMs: number }): Tally;
  close(run: { readonly pool: string }): { closed: number };
}

export type CommandName = keyof Commands;
export type Argument<N extends CommandName> = Parameters<Commands[N]>[0];
export type Result<N extends CommandName> = ReturnType<Commands[N]>;

export type Order = { readonly [N in CommandName]: { readonly name: N; readonly argument: Argument<N> } }[CommandName];
export interface Report {
  readonly result?: unknown;
  readonly error?: string;
}
