// The command line of the bench: what may be asked for, the defaults, and what is wrong with what was given.
import { parseArgs } from 'node:util';

import type { Topology } from './systems.ts';

export interface BenchOptions {
  /** Scenarios to run; all when empty. */
  readonly only: readonly string[];
  /** Interleaved rounds of which medians are taken. */
  readonly rounds: number;
  /** Length of one measured window. */
  readonly windowMs: number;
  readonly sockets: number;
  readonly rooms: number;
  readonly idleSockets: number;
  /** How long idle sockets are watched for what they cost. */
  readonly idleMs: number;
  /** Members of the largest room. */
  readonly members: number;
  readonly topology: Topology;
  /** No new round begins after it. */
  readonly limitMs: number;
  readonly outPath: string;
  /** Where a chart of the figures goes; none when empty. */
  readonly chartPath: string;
}

export const usage = `npm run bench -- [options]
  --only a,b       scenarios: fanout, one-poster, hot-room, two-nodes, small-rooms, storm,
                   memory, growth-members, growth-rooms, growth-nodes
  --rounds N       interleaved rounds, of which medians are taken (5)
  --quick          one round of shorter windows, fewer idle sockets and planted members
  --seconds S      length of one measured window (3)
  --sockets N      sockets of a fan-out, and of a storm (1000)
  --rooms N        small rooms of five (200)
  --idle N         idle sockets whose memory and CPU time are measured (10000)
  --idle-seconds S how long their CPU time is (26, more than the pause between two pings)
  --members N      members of the largest room (100000)
  --cluster        on a Redis Cluster of three masters, without Socket.IO
  --minutes M      no new round begins after that time (40)
  --out PATH       where the figures go as JSON (bench-result.json)
  --chart PATH     draws the main figures as an SVG`;

/** The options, or a sentence on what is wrong with them. */
export function readOptions(args: readonly string[]): BenchOptions | string {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        only: text,
        rounds: text,
        quick: flag,
        cluster: flag,
        seconds: text,
        sockets: text,
        rooms: text,
        idle: text,
        'idle-seconds': text,
        members: text,
        minutes: text,
        out: text,
        chart: text,
        help: flag,
      },
    });
    if (values.help === true) return usage;
    const quick = values.quick === true;
    const options: BenchOptions = {
      only: values.only === undefined ? [] : values.only.split(',').map((name) => name.trim()),
      rounds: Number(values.rounds ?? (quick ? 1 : 5)),
      windowMs: 1000 * Number(values.seconds ?? (quick ? 2 : 3)),
      sockets: Number(values.sockets ?? 1000),
      rooms: Number(values.rooms ?? 200),
      idleSockets: Number(values.idle ?? (quick ? 3000 : 10_000)),
      idleMs: 1000 * Number(values['idle-seconds'] ?? (quick ? 10 : 26)),
      members: Number(values.members ?? (quick ? 10_000 : 100_000)),
      topology: values.cluster === true ? 'cluster' : 'single',
      limitMs: 60_000 * Number(values.minutes ?? 40),
      outPath: values.out ?? 'bench-result.json',
      chartPath: values.chart ?? '',
    };
    const wrong = Object.entries(options).find(([, value]) => typeof value === 'number' && !(value > 0));
    return wrong === undefined ? options : `${wrong[0]} must be a number above zero.\n${usage}`;
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\n${usage}`;
  }
}
