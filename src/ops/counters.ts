/** What a node counts and measures while it works, in one place; what that is called outside is left to `metrics.ts`. */
import { Distributions, Tally } from './distribution.ts';
import { metrics, type HistogramName } from './metrics.ts';

/** What the feeds and their transport count. */
export interface BusCounters {
  gapsFound: number;
  gapsFilled: number;
  /** Gaps that could not be filled, and logs that were replaced: told to the clients as `roomReset`. */
  resets: number;
  /** Logs found to have lost events that were delivered. */
  forks: number;
  /** What came of busy topics and waited for what else would come. */
  arrivalsHeld: number;
  /** Responses that went out before the notifications they caused. */
  barrierTimeouts: number;
  linkRebuilds: number;
}

/** Rooms that came with a position in `roomsJoin`. */
export interface RecoveryCounters {
  recoveriesOk: number;
  recoveriesFailed: number;
  recoveriesRefused: number;
}

/** Transient messages that are coalesced, or left out. */
export interface TransientCounters {
  /** Replaced by a later one before they went. */
  transientsCoalesced: number;
  /** Had waited, and came to nothing: their sender is not in the room any more, or Redis does not answer. */
  transientsRefused: number;
  /** Once for each socket that was too far behind to be sent one. */
  transientsLeftOut: number;
}

export interface Counters extends BusCounters, RecoveryCounters, TransientCounters {
  /** Messages of which the hook `onAbsent` was not told. */
  absentDropped: number;
  /** Requests to the webhook that were taken, with their events and gaps; that were not; and what was not noted, for there was too much. */
  webhookTaken: number;
  webhookEvents: number;
  webhookGaps: number;
  webhookFailed: number;
  webhookDropped: number;
  leasesLost: number;
  nodesSwept: number;
  /** Requests that failed in a way nobody foresaw. */
  defects: number;
  /** Requests of the server API without its key. */
  apiKeysRefused: number;
}

export const redisErrorKinds = ['timeout', 'overload', 'connection', 'refused', 'full', 'defect'] as const;

export const changeKinds = ['update', 'recall', 'react', 'append'] as const;

export const newCounters = (): Counters => ({
  gapsFound: 0,
  gapsFilled: 0,
  resets: 0,
  forks: 0,
  arrivalsHeld: 0,
  barrierTimeouts: 0,
  linkRebuilds: 0,
  recoveriesOk: 0,
  recoveriesFailed: 0,
  recoveriesRefused: 0,
  transientsCoalesced: 0,
  transientsRefused: 0,
  absentDropped: 0,
  webhookTaken: 0,
  webhookEvents: 0,
  webhookGaps: 0,
  webhookFailed: 0,
  webhookDropped: 0,
  transientsLeftOut: 0,
  leasesLost: 0,
  nodesSwept: 0,
  defects: 0,
  apiKeysRefused: 0,
});

export interface Measurements {
  readonly distributions: Readonly<Record<HistogramName, Distributions>>;
  readonly redisErrors: Tally;
  /** By close code, as few words. */
  readonly closes: Tally;
  /** By the name of the hook. */
  readonly hookFailures: Tally;
  /** By kind. */
  readonly messageChanges: Tally;
  /** By reason. */
  readonly upgradesRefused: Tally;
}

/** The words that closes, failures of hooks and refused upgrades are counted by, where they are known before. */
export const newMeasurements = (
  closeLabels: readonly string[] = [],
  hookNames: readonly string[] = [],
  upgradeRefusals: readonly string[] = [],
): Measurements => ({
  distributions: {
    parley_request_duration_seconds: new Distributions(metrics.parley_request_duration_seconds.boundsMs),
    parley_api_request_duration_seconds: new Distributions(metrics.parley_api_request_duration_seconds.boundsMs),
    parley_hook_request_duration_seconds: new Distributions(metrics.parley_hook_request_duration_seconds.boundsMs),
    parley_publish_to_socket_seconds: new Distributions(metrics.parley_publish_to_socket_seconds.boundsMs),
    parley_redis_command_duration_seconds: new Distributions(metrics.parley_redis_command_duration_seconds.boundsMs),
  },
  redisErrors: new Tally(redisErrorKinds),
  closes: new Tally(closeLabels),
  hookFailures: new Tally(hookNames),
  messageChanges: new Tally(changeKinds),
  upgradesRefused: new Tally(upgradeRefusals),
});
