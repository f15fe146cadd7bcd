/** Where the value of each counter and gauge is read: the table of metrics put to the parts of a node. */
import type { Aftermath, Delivery } from './build-delivery.ts';
import type { RedisSide } from './build-storage.ts';
import type { NodeHealth } from './health.ts';
import type { Shared } from './shared.ts';
import type { Services } from '../chat/services.ts';
import { closeReason } from '../gateway/close-label.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { HookRunner } from '../hooks/runner.ts';
import type { Reading, Readings } from '../ops/metrics.ts';
import { processReadings, type BuildInfo, type LoopDelay } from '../ops/process.ts';

export interface ReadingsDeps
  extends
    Pick<Shared, 'counters' | 'measured'>,
    Pick<RedisSide, 'commands' | 'lease' | 'memory'>,
    Pick<Aftermath, 'repairs'>,
    Pick<Delivery, 'hub' | 'topics' | 'bus'> {
  readonly gateway: Gateway;
  readonly hooks: HookRunner | undefined;
  readonly health: Pick<NodeHealth, 'checks'>;
  readonly services: Pick<Services, 'webhooks'>;
  readonly build: BuildInfo;
  readonly loopDelay: LoopDelay;
}

export function buildReadings(deps: ReadingsDeps): Readings {
  const { build, loopDelay, gateway, counters, measured, hub, topics, bus } = deps;
  return {
    ...processReadings,
    parley_build_info: () => [
      { labels: { version: build.version, node_version: build.nodeVersion, uws: build.uws }, value: 1 },
    ],
    parley_ready: () =>
      Object.entries(deps.health.checks()).map(([check, passes]) => ({ labels: { check }, value: Number(passes) })),
    parley_defects_total: () => counters.defects,
    parley_hook_failures_total: () => by(measured.hookFailures, (hook) => ({ hook })),
    parley_hook_endpoint_away: () =>
      [...(deps.hooks?.away() ?? [])].map(([hook, isAway]) => ({ labels: { hook }, value: Number(isAway) })),
    parley_absent_dropped_total: () => counters.absentDropped,
    ...webhookReadings(deps),
    parley_recoveries_total: () => [
      { labels: { outcome: 'ok' }, value: counters.recoveriesOk },
      { labels: { outcome: 'failed' }, value: counters.recoveriesFailed },
      { labels: { outcome: 'refused' }, value: counters.recoveriesRefused },
    ],
    parley_sockets: () => [
      { labels: { state: 'guest' }, value: gateway.size - hub.size },
      { labels: { state: 'user' }, value: hub.size },
    ],
    parley_users: () => hub.counts.users,
    parley_rooms: () => hub.counts.rooms,
    parley_topics: () => topics.size,
    parley_queue_bytes: () => gateway.queueBytes,
    parley_closes_total: () => by(measured.closes, (code) => ({ code, reason: closeReason(code) })),
    parley_upgrades_refused_total: () => by(measured.upgradesRefused, (reason) => ({ reason })),
    parley_api_keys_refused_total: () => counters.apiKeysRefused,
    parley_deliveries_total: () => hub.deliveries,
    parley_gaps_found_total: () => counters.gapsFound,
    parley_gaps_filled_total: () => counters.gapsFilled,
    parley_resets_total: () => counters.resets,
    parley_forks_total: () => counters.forks,
    parley_arrivals_held_total: () => counters.arrivalsHeld,
    parley_message_changes_total: () => by(measured.messageChanges, (kind) => ({ kind })),
    parley_transients_coalesced_total: () => counters.transientsCoalesced,
    parley_transients_dropped_total: () => [
      { labels: { reason: 'behind' }, value: counters.transientsLeftOut },
      { labels: { reason: 'refused' }, value: counters.transientsRefused },
    ],
    parley_barrier_timeouts_total: () => counters.barrierTimeouts,
    parley_link_probe_age_seconds: () => bus.probeAgeMs / 1000,
    parley_link_rebuilds_total: () => counters.linkRebuilds,
    parley_lease_age_seconds: () => deps.lease.ageMs / 1000,
    parley_leases_lost_total: () => counters.leasesLost,
    parley_nodes_swept_total: () => counters.nodesSwept,
    parley_suspect_topics: () => deps.repairs.size,
    parley_redis_errors_total: () => by(measured.redisErrors, (kind) => ({ kind })),
    parley_redis_commands_outstanding: () => deps.commands.budget.count,
    parley_redis_memory_ratio: () =>
      deps.memory.readings.map(({ server, ratio }) => ({ labels: { server }, value: ratio })),
    parley_redis_outstanding_bytes: () => deps.commands.budget.bytes,
    parley_event_loop_delay_seconds: () => loopDelay.read(),
  };
}

type WebhookReadings = Pick<Readings, Extract<keyof Readings, `parley_webhook_${string}`>>;

const BREAKER = { closed: 0, open: 1, off: 2 } as const;

const webhookReadings = ({ counters, services }: ReadingsDeps): WebhookReadings => ({
  parley_webhook_requests_total: () => [
    { labels: { outcome: 'ok' }, value: counters.webhookTaken },
    { labels: { outcome: 'failed' }, value: counters.webhookFailed },
  ],
  parley_webhook_events_total: () => [
    { labels: { kind: 'event' }, value: counters.webhookEvents },
    { labels: { kind: 'gap' }, value: counters.webhookGaps },
    { labels: { kind: 'dropped' }, value: counters.webhookDropped },
  ],
  parley_webhook_lag_seconds: () => (services.webhooks?.relay.lagMs(performance.now()) ?? 0) / 1000,
  parley_webhook_logs: () => services.webhooks?.relay.size ?? 0,
  parley_webhook_open: () => BREAKER[services.webhooks?.relay.breaker.state ?? 'closed'],
});

const by = <L extends string>(
  tally: Iterable<[string, number]>,
  labels: (word: string) => Record<L, string>,
): Reading<L>[] => [...tally].map(([word, value]) => ({ labels: labels(word), value }));
