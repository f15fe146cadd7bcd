/**
 * The table of all metrics: name, kind, help, labels. Units are in the names, as Prometheus wants them. Where each value
 * comes from is left to the composition root, the text to `exposition.ts`; dashboard and alerts are held to this table.
 */

export interface MetricDeclaration {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram's buckets, milliseconds; told in seconds. */
  readonly boundsMs?: readonly number[];
}

const REQUEST_BOUNDS_MS = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000];
const REDIS_BOUNDS_MS = [0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500];
/** Timestamps are whole milliseconds: finer buckets would pretend. */
const DELIVERY_BOUNDS_MS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000];

const counter = <const L extends readonly string[]>(help: string, ...labels: L) =>
  ({ kind: 'counter', help, labels }) as const;
const gauge = <const L extends readonly string[]>(help: string, ...labels: L) =>
  ({ kind: 'gauge', help, labels }) as const;
const histogram = <const L extends readonly string[]>(help: string, boundsMs: readonly number[], ...labels: L) =>
  ({ kind: 'histogram', help, labels, boundsMs }) as const;

export const metrics = {
  parley_build_info: gauge('Always 1; the labels tell what runs.', 'version', 'node_version', 'uws'),
  parley_ready: gauge('1 where a check of readiness passes. A node is ready when all do.', 'check'),

  parley_request_duration_seconds: histogram(
    'Time from taking up a request to its response, by outcome: ok, the code of the error, or own for one that only the hooks know.',
    REQUEST_BOUNDS_MS,
    'method',
    'outcome',
  ),
  parley_api_request_duration_seconds: histogram(
    'Time from taking up a request of the server API, or of a hook, to its answer, by outcome: ok, or the code of the error.',
    REQUEST_BOUNDS_MS,
    'method',
    'outcome',
  ),
  parley_defects_total: counter(
    'Requests that failed in a way nobody foresaw (internalError). The log line has the reference told to the client.',
  ),
  parley_hook_failures_total: counter(
    "Calls of the operator's hooks that threw, took too long, were too many, or gave an answer that is none.",
    'hook',
  ),
  parley_hook_request_duration_seconds: histogram(
    'Time from asking a hook of PARLEY_HOOK_URL to its answer, by outcome: ok, refused (by the endpoint), or the code of what came of no answer: timeout, unavailable (also where it was not asked, for it is away or has too much to do), internalError (no answer that is one).',
    REQUEST_BOUNDS_MS,
    'hook',
    'outcome',
  ),
  parley_hook_endpoint_away: gauge(
    '1 where the endpoint of PARLEY_HOOK_URL has given no answer to this hook for a while, and is only tried now and then.',
    'hook',
  ),
  parley_absent_dropped_total: counter(
    "Messages whose receivers may be away, and of which the operator's hook onAbsent was not told: too many waited, or Redis did not answer.",
  ),
  parley_webhook_requests_total: counter(
    'Requests to the webhook, by outcome: ok where it was taken, failed where it will be made again.',
    'outcome',
  ),
  parley_webhook_events_total: counter(
    'Events that the webhook has taken; gap for what was lost before it was sent, dropped for what was not even noted.',
    'kind',
  ),
  parley_webhook_lag_seconds: gauge(
    'For how long the oldest of what this node knows to be left for the webhook has waited.',
  ),
  parley_webhook_logs: gauge('Rooms of which this node knows that something is left for the webhook.'),
  parley_webhook_open: gauge(
    'Whether this node leaves the webhook alone: 1 while it takes nothing, 2 for good, since it said 410.',
  ),
  parley_recoveries_total: counter(
    'Rooms that came with a position in roomsJoin: ok where what was missed was given, failed where it could not be, refused where the room could not be joined.',
    'outcome',
  ),

  parley_sockets: gauge('Open sockets on this node: user where logged in, else guest.', 'state'),
  parley_users: gauge('Users with a socket on this node.'),
  parley_rooms: gauge('Rooms with a socket on this node.'),
  parley_topics: gauge('Topics (rooms and users) that this node follows on the bus.'),
  parley_queue_bytes: gauge('Bytes that wait to be read by clients, over all sockets.'),
  parley_closes_total: counter('Sockets closed, by close code.', 'code', 'reason'),

  parley_upgrades_refused_total: counter(
    'WebSockets that were not opened, by reason: origin, subprotocol, noUpgrade (plain HTTP came), draining; tooManySockets, tooManyGuests, tooFast of an address; crowded (guests of all).',
    'reason',
  ),
  parley_api_keys_refused_total: counter('Requests of the server API that came without its key, or with a wrong one.'),

  parley_deliveries_total: counter('Events handed to sockets, counted once for each socket.'),
  parley_publish_to_socket_seconds: histogram(
    'Time from the timestamp of a message to its hand-over to the sockets here; one message in 16. Clocks of nodes that differ show in it.',
    DELIVERY_BOUNDS_MS,
  ),
  parley_gaps_found_total: counter('Holes noticed in the events of a topic.'),
  parley_gaps_filled_total: counter('Holes filled by reading the log again.'),
  parley_resets_total: counter('Holes that could not be filled, and logs replaced: told to the clients as roomReset.'),
  parley_forks_total: counter('Logs found to have lost events that were delivered: a failover lost writes.'),
  parley_arrivals_held_total: counter(
    'What came from the bus for busy rooms and waited up to PARLEY_BUSY_WINDOW_MS, to be delivered with what came next.',
  ),
  parley_message_changes_total: counter(
    'Changes of messages that this node has asked for and that were made, by kind: update, recall, react, append.',
    'kind',
  ),
  parley_transients_coalesced_total: counter(
    'Transient messages with an `event` that a later one of the same socket, target and event has replaced before they went.',
  ),
  parley_transients_dropped_total: counter(
    'Transient messages that did not go, by reason: behind, once for each socket that was too far behind to be sent one; refused, where one had waited and could not be published any more.',
    'reason',
  ),
  parley_barrier_timeouts_total: counter('Responses that went out before the notifications they caused.'),
  parley_link_probe_age_seconds: gauge('Time since the oldest echo of a probe among the links of the bus.'),
  parley_link_rebuilds_total: counter('Connections for subscriptions that were replaced, as no echo came.'),

  parley_lease_age_seconds: gauge('Time since the last successful renewal of the lease was sent.'),
  parley_leases_lost_total: counter('Leases lost: all sockets were closed each time.'),
  parley_nodes_swept_total: counter('Dead nodes that this node cleaned up after.'),
  parley_suspect_topics: gauge('Topics in which Redis may know sockets of this node that are gone.'),

  parley_redis_command_duration_seconds: histogram(
    'Time to the answer of a script or command, waiting on this node included, also where it came too late.',
    REDIS_BOUNDS_MS,
    'command',
  ),
  parley_redis_errors_total: counter(
    'Commands that failed, by kind: timeout, overload (too many outstanding, or too many bytes of them), connection, refused (Redis cannot now), full (it has no memory left), defect.',
    'kind',
  ),
  parley_redis_commands_outstanding: gauge('Commands sent and not answered.'),
  parley_redis_outstanding_bytes: gauge('Bytes of their arguments.'),

  parley_redis_memory_ratio: gauge(
    'Used memory of a Redis server by its maxmemory; 1 is full. Not there where there is no limit, or the server does not tell.',
    'server',
  ),

  parley_event_loop_delay_seconds: gauge(
    'How late the event loop was, since the scrape before; quantile 1 is the longest.',
    'quantile',
  ),
  process_cpu_seconds_total: counter('Processor time of the process, user and system.'),
  process_resident_memory_bytes: gauge('Resident memory of the process.'),
  process_open_fds: gauge('Files that the process has open, one for each socket; 0 where the system does not tell.'),
  process_max_fds: gauge('Files that it may open; 0 where the system does not tell.'),
  process_start_time_seconds: gauge('Start of the process, seconds since the epoch.'),
  nodejs_heap_size_used_bytes: gauge('Used part of the JavaScript heap.'),
} satisfies Record<string, MetricDeclaration>;

type Metrics = typeof metrics;
export type MetricName = keyof Metrics;
export type HistogramName = { [N in MetricName]: Metrics[N]['kind'] extends 'histogram' ? N : never }[MetricName];

/** A value of a metric with labels. */
export interface Reading<L extends string = string> {
  readonly labels: Readonly<Record<L, string>>;
  readonly value: number;
}

/** How each counter and gauge is read, when it is asked for. A metric without a reading does not compile. */
export type Readings = {
  readonly [N in Exclude<MetricName, HistogramName>]: Metrics[N]['labels'] extends readonly []
    ? () => number
    : () => readonly Reading<Metrics[N]['labels'][number]>[];
};
