/**
 * The composition root: builds every part of a node by its constructor, layer by layer from Redis outwards. Starting,
 * draining and stopping them is node.ts.
 */
import { randomBytes } from 'node:crypto';
import type { FeedDeps } from '../bus/feed.ts';
import { RedisBus } from '../bus/redis-bus.ts';
import { Topics } from '../bus/topics.ts';
import { Authenticator } from '../chat/auth/authenticator.ts';
import { Comparison } from '../chat/repair/comparison.ts';
import { Departures } from '../chat/membership/departures.ts';
import { Disconnects } from '../chat/membership/disconnects.ts';
import type { Handlers } from '../chat/caller.ts';
import { bindHandlers } from '../chat/handlers.ts';
import { hookedHandlers } from '../chat/hooks/around.ts';
import { Echoes } from '../chat/user/echoes.ts';
import { Losses } from '../chat/room/losses.ts';
import { Quotas } from '../chat/quota/quotas.ts';
import { Repairs } from '../chat/repair/repairs.ts';
import { Reconciler } from '../chat/repair/reconciler.ts';
import { Restrictions, type RestrictionsDeps } from '../chat/repair/restrictions.ts';
import { createTokenKeys } from '../chat/auth/token-keys.ts';
import type { ChatSettings, Services } from '../chat/services.ts';
import { UserlistChanges } from '../chat/membership/userlist-changes.ts';
import type { Config } from '../config/config.ts';
import { Accounts } from '../gateway/account.ts';
import { Hub, type HubDeps } from '../gateway/hub.ts';
import type { LoadedHooks } from '../hooks/load.ts';
import { HookRunner } from '../hooks/runner.ts';
import type { Counters, Measurements } from '../ops/counters.ts';
import { about, type Log, type SampledLog } from '../ops/log.ts';
import type { RedisEndpoint } from '../outside/redis-endpoint.ts';
import { Evictions } from '../store/access/evictions.ts';
import { AccessStore } from '../store/access/access-store.ts';
import { Commands } from '../redis/commands.ts';
import { primaryIds } from '../redis/connect.ts';
import { Deletions } from '../store/room/deletions.ts';
import { DirectStore } from '../store/direct/direct-store.ts';
import type { Keyspace } from '../redis/keys.ts';
import { Lease, type LeaseEvents } from '../store/node/lease.ts';
import { Links, type LinksOptions } from '../redis/links.ts';
import { Peers } from '../store/node/peers.ts';
import { QuotaStore } from '../store/quota/quota-store.ts';
import { HistoryStore } from '../store/history/history-store.ts';
import { MembershipStore } from '../store/membership/membership-store.ts';
import { MessageStore } from '../store/message/message-store.ts';
import { RoomStore } from '../store/room/room-store.ts';
import { SessionStore } from '../store/session/session-store.ts';
import { Sweeper } from '../store/node/sweep.ts';
import { TopicLog } from '../store/topic/topic-log.ts';
import { UserStore } from '../store/user/user-store.ts';

/** What every part may need. */
export interface Shared {
  readonly config: Config;
  readonly log: Log;
  /** For what comes by the thousand while Redis is away. */
  readonly errors: SampledLog;
  readonly counters: Counters;
  readonly measured: Measurements;
  readonly keys: Keyspace;
  /** What users have asked of this node. */
  readonly accounts: Accounts;
}

export interface StoreParts {
  readonly links: Links;
  readonly commands: Commands;
  /** On the lease's own connection. */
  readonly leaseCommands: Commands;
  readonly lease: Lease;
  readonly rooms: RoomStore;
  readonly memberships: MembershipStore;
  readonly messages: MessageStore;
  readonly histories: HistoryStore;
  readonly access: AccessStore;
  readonly users: UserStore;
  readonly directs: DirectStore;
  readonly sessions: SessionStore;
  readonly deletions: Deletions;
  readonly evictions: Evictions;
  readonly quotas: QuotaStore;
  readonly peers: Peers;
}

export interface DeliveryParts {
  readonly bus: RedisBus;
  readonly topics: Topics;
  readonly hub: Hub;
}

export interface ChatParts {
  readonly services: Services;
  readonly departures: Departures;
  readonly repairs: Repairs;
  readonly reconciler: Reconciler;
  readonly restrictions: Restrictions;
  readonly userlistChanges: UserlistChanges;
  /** What clients ask for goes through the operator's hooks, if there are any. */
  readonly handlers: Handlers;
  /** The same without hooks around them. */
  readonly bareHandlers: Handlers;
}

/** A renewal at a time, and what a silent connection has left behind. */
const LEASE_QUEUE_MAX = 100;

/** What a socket may leave unread before it counts as slow. */
export const softMarkBytesOf = ({ backpressureBytes }: Config): number => backpressureBytes / 2;

/** The largest reply: who has not read a few of them yet is not slow. */
export const replyBytesOf = (config: Config): number => softMarkBytesOf(config) / 4;

export function composeStore(
  { config, errors, keys, measured }: Shared,
  redis: RedisEndpoint,
  events: LeaseEvents & Pick<LinksOptions, 'onLeave'>,
): StoreParts {
  const { timeoutMs, queueMax, queueBytes: queueBytesMax } = config.redis;
  const links = new Links(redis, {
    timeoutMs,
    leaseMs: config.node.leaseMs,
    onError: (what, error) => errors.warn(what, about(error), what),
    onLeave: events.onLeave,
  });
  const shared = {
    timeoutMs,
    queueBytesMax,
    onError: (error: Error) => errors.warn('command', about(error), 'a command failed'),
    measured: { durations: measured.distributions.parley_redis_command_duration_seconds, errors: measured.redisErrors },
  };
  const commands: Commands = new Commands(links.commands, { ...shared, queueMax, mayAct: () => lease.held });
  const leaseCommands = new Commands(links.lease, { ...shared, queueMax: LEASE_QUEUE_MAX, mayAct: () => lease.held });
  const lease: Lease = new Lease({ own: leaseCommands, commands }, keys, config.node.leaseMs, events);
  const pageMax = config.limits.historyMaxGetMessages;
  const replyBytes = replyBytesOf(config);
  return {
    links,
    commands,
    leaseCommands,
    lease,
    rooms: new RoomStore(commands, keys, config),
    memberships: new MembershipStore(commands, keys, { ...config.rooms, pageMax, replyBytes }),
    messages: new MessageStore(commands, keys, { ...config.rooms, dedupMs: config.dedupMs }),
    histories: new HistoryStore(commands, keys, { replyBytes }),
    deletions: new Deletions(commands, keys),
    quotas: new QuotaStore(commands, keys, config.quotas),
    peers: new Peers(commands, keys),
    access: new AccessStore(commands, keys, { ...config.rooms, nodeId: () => lease.nodeId }),
    evictions: new Evictions(commands, keys),
    users: new UserStore(commands, keys, {
      socketsMax: config.socketsPerUser,
      watch: lease,
      // What it was answered before is remembered for twice as long as repeats are.
      anonymousMs: Math.max(config.auth.resumeTokenMs, 2 * config.dedupMs),
    }),
    sessions: new SessionStore(commands, keys, config),
    directs: new DirectStore(commands, keys, { dedupMs: config.dedupMs, listSizeLimit: config.direct.listSizeLimit }),
  };
}

export function composeDelivery(
  { config, errors, counters, keys, measured }: Shared,
  { links, commands, lease }: Pick<StoreParts, 'commands' | 'lease'> & { readonly links: Pick<Links, 'shards'> },
  { publish, onLost, onArrival, settle }: Pick<HubDeps, 'publish' | 'onLost' | 'onArrival'> & Pick<FeedDeps, 'settle'>,
): DeliveryParts {
  const bus = new RedisBus({
    shards: links.shards,
    commands,
    keys,
    nodeId: lease.nodeId,
    timeoutMs: config.redis.timeoutMs,
    counters,
    onError: (what, error) => errors.putOff(what, error, what),
  });
  const hub = new Hub({
    publish,
    onDetached: (topic, id) => topics.unfollow(topic, id),
    onLost,
    onArrival,
    positionOf: (topic) => topics.positionOf(topic),
    nodeId: () => lease.nodeId,
    redisNow: () => lease.redisNow(),
    messageAges: measured.distributions.parley_publish_to_socket_seconds.of(''),
  });
  const feeds = {
    listener: hub,
    reader: new TopicLog(commands, keys, () => lease.nodeId),
    counters,
    mayDeliver: () => lease.held,
    settle,
    gapFill: config.gapFill,
    onError: (topic: string, error: unknown) => errors.putOff('feed', error, 'a topic is not up to date', { topic }),
  };
  const topics: Topics = new Topics(feeds, bus, lease, config.node);
  return { bus, topics, hub };
}

/** The operator's hooks; none where none are loaded. */
export function composeHooks(shared: Shared, loaded: LoadedHooks | undefined): HookRunner | undefined {
  if (loaded === undefined) return undefined;
  const { config, errors, measured } = shared;
  return new HookRunner(loaded, {
    timeoutMs: config.hooks.timeoutMs,
    pendingMax: config.hooks.pendingMax,
    onFailure: (hook, what, error) => {
      measured.hookFailures.add(hook);
      const reference = newReference();
      const told = error === undefined ? { hook, reference } : { hook, reference, err: error };
      errors.error(`hook ${hook}${error === undefined ? '' : ' threw'}`, told, `the hook ${hook} ${what}`);
      return reference;
    },
  });
}

export function composeChat(
  shared: Shared,
  store: StoreParts,
  { topics, hub }: DeliveryParts,
  {
    hooks,
    askToSettle,
    socketRooms,
  }: { hooks: HookRunner | undefined } & Pick<RestrictionsDeps, 'askToSettle'> & Pick<Services, 'socketRooms'>,
): ChatParts {
  const { config, errors, counters } = shared;
  const { rooms, memberships, access, users, deletions, lease, peers } = store;
  const nodeId = (): string => lease.nodeId;
  const onRepairError = (what: string, error: unknown): void => errors.putOff('reconciler', error, what);
  const repairs = new Repairs({ instance: lease, onError: onRepairError });
  const quotas = new Quotas({ quotas: store.quotas, rooms, repairs });
  const losses = new Losses({ deletions, evictions: store.evictions, quotas, users });
  const redisNow = (): number => lease.redisNow();
  const echoes = new Echoes({ users, topics, repairs });
  const userlistChanges = composeUserlistChanges(shared, access);
  const departures = new Departures({
    ...store,
    topics,
    echoes,
    losses,
    userlistChanges,
    hooks,
    repairs,
  });
  const reconciler = new Reconciler({
    repairs,
    memberships,
    users,
    peers,
    topics,
    audience: hub,
    departures,
    userlistChanges,
    instance: lease,
    onError: onRepairError,
  });
  const shares = { access, topics, peers, audience: hub, departures, reconciler, losses, userlistChanges, nodeId };
  const restrictions = new Restrictions({ ...shares, askToSettle, repairs });
  const services: Services = {
    settings: chatSettings(config),
    ...store,
    topics,
    audience: hub,
    departures,
    disconnects: new Disconnects({ departures, topics, repairs }),
    repairs,
    restrictions,
    echoes,
    socketRooms,
    losses,
    quotas,
    userlistChanges,
    redisNow,
    authenticator: composeAuthenticator(config, errors),
    counters,
    hooks,
    nodeId,
    debtMs: (userName) => shared.accounts.debtMs(userName, performance.now()),
  };
  return {
    services,
    departures,
    repairs,
    reconciler,
    restrictions,
    userlistChanges,
    ...composeHandlers(shared, services),
  };
}

function composeUserlistChanges({ errors }: Shared, access: AccessStore): UserlistChanges {
  const onError = (error: unknown): void => errors.putOff('userlists', error, 'telling who came and went is put off');
  return new UserlistChanges({ access, onError });
}

function composeHandlers(shared: Shared, services: Services): Pick<ChatParts, 'handlers' | 'bareHandlers'> {
  const { hooks } = services;
  const bareHandlers = bindHandlers(services);
  if (hooks === undefined) return { handlers: bareHandlers, bareHandlers };
  const parts = { hooks, limits: shared.config.limits, onDefect: defectLog(shared) };
  return { handlers: hookedHandlers(bareHandlers, parts), bareHandlers };
}

function chatSettings(config: Config): ChatSettings {
  return {
    limits: config.limits,
    roomsManagement: config.rooms.management,
    userlistUpdates: config.rooms.userlistUpdates,
    accessListsUpdates: config.rooms.accessListsUpdates,
    directMessages: config.direct.messages,
    historyMaxSize: config.rooms.historyMaxSize,
    heartbeatMs: config.node.heartbeatMs,
    resumeTokenMs: config.auth.resumeTokenMs,
    replyBytes: replyBytesOf(config),
  };
}

/** Writes down what a request has thrown; gives the reference that its caller is told. */
export function defectLog({ counters, errors }: Shared): (error: unknown, method: string, socketId: string) => string {
  return (error, method, socket) => {
    counters.defects++;
    const reference = newReference();
    errors.error(`defect ${method}`, { err: error, method, socket, reference }, 'a request failed');
    return reference;
  };
}

const newReference = (): string => randomBytes(6).toString('hex');

function composeAuthenticator({ auth, limits }: Config, errors: SampledLog): Authenticator {
  const keys = createTokenKeys(auth, (reason) =>
    errors.warn('jwks', { reason }, 'the keys that tokens are checked with cannot be fetched'),
  );
  const onUnfit = (reason: string): void => errors.warn('token', { reason }, 'a good token is refused');
  return new Authenticator({ ...auth, limits, onUnfit }, keys);
}

export function composeSweeper(
  { keys, log, errors, counters }: Shared,
  { commands, lease }: StoreParts,
  { departures }: ChatParts,
): Sweeper {
  return new Sweeper({
    commands,
    keys,
    lease,
    cleaner: departures,
    onSwept: (node, topics) => {
      counters.nodesSwept++;
      log.info({ swept: node, topics }, 'swept after a node that is gone');
    },
    onError: (error) => errors.putOff('sweep', error, 'sweeping is put off'),
  });
}

/** What is done when another server is written to than before. */
export function composeComparison(
  { log, errors }: Shared,
  { links, lease }: StoreParts,
  { topics }: DeliveryParts,
  { repairs }: ChatParts,
  sweeper: Sweeper,
): Comparison {
  return new Comparison({
    primaryIds: () => primaryIds(links.commands),
    lease,
    topics,
    repairs,
    sweeper,
    onBreak: () => log.warn('Redis was restarted or failed over: memberships are compared'),
    onError: (error) => errors.putOff('comparison', error, 'comparing memberships is put off'),
  });
}
