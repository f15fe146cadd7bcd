/**
 * The composition root: builds every part of a node by its constructor, layer by layer from Redis outwards. Starting,
 * draining and stopping them is node.ts.
 */
import { randomBytes } from 'node:crypto';
import { RedisBus } from './bus/redis-bus.ts';
import { Topics } from './bus/topics.ts';
import { Authenticator } from './chat/authenticator.ts';
import { Departures } from './chat/departures.ts';
import { bindHandlers } from './chat/handlers.ts';
import { Reconciler } from './chat/reconciler.ts';
import type { Services } from './chat/services.ts';
import type { Config } from './config.ts';
import { Dispatcher } from './gateway/dispatcher.ts';
import { Gateway, type GatewayParts } from './gateway/gateway.ts';
import { Hub, type HubParts } from './gateway/hub.ts';
import type { Uws } from './gateway/native.ts';
import { addressList } from './gateway/upgrade.ts';
import type { Counters } from './ops/counters.ts';
import { about, type Log, type SampledLog } from './ops/log.ts';
import { Commands } from './state/commands.ts';
import { openClient, type Client, type RedisEndpoint } from './state/connect.ts';
import type { Keyspace } from './state/keys.ts';
import { Lease, type LeaseEvents } from './state/lease.ts';
import { RoomState } from './state/room-state.ts';
import { Sweeper } from './state/sweep.ts';
import { TopicLog } from './state/topic-log.ts';
import { UserState } from './state/user-state.ts';

/** What every part may need. */
export interface Shared {
  readonly config: Config;
  readonly log: Log;
  /** For what comes by the thousand while Redis is away. */
  readonly errors: SampledLog;
  readonly counters: Counters;
  readonly keys: Keyspace;
}

export interface StateParts {
  readonly client: Client;
  readonly commands: Commands;
  readonly lease: Lease;
  readonly rooms: RoomState;
  readonly users: UserState;
}

export interface DeliveryParts {
  readonly bus: RedisBus;
  readonly topics: Topics;
  readonly hub: Hub;
}

export interface ChatParts {
  readonly services: Services;
  readonly departures: Departures;
  readonly reconciler: Reconciler;
}

export function composeState({ config, errors, keys }: Shared, redis: RedisEndpoint, events: LeaseEvents): StateParts {
  const client = openClient(redis, 'commands');
  client.on('error', (error: unknown) => errors.warn('redis', about(error), 'the connection for commands'));
  const commands: Commands = new Commands(client, {
    timeoutMs: config.redis.timeoutMs,
    queueMax: config.redis.queueMax,
    mayAct: () => lease.held,
    onError: (error) => errors.warn('command', about(error), 'a command failed'),
  });
  const lease = new Lease(commands, keys, config.node.leaseMs, events);
  const pageMax = config.limits.historyMaxGetMessages;
  return {
    client,
    commands,
    lease,
    rooms: new RoomState(commands, keys, { dedupMs: config.dedupMs, pageMax }),
    users: new UserState(commands, keys, { socketsMax: config.socketsPerUser }),
  };
}

export function composeDelivery(
  { config, errors, counters, keys }: Shared,
  { commands, lease }: StateParts,
  redis: RedisEndpoint,
  publish: HubParts['publish'],
): DeliveryParts {
  const bus = new RedisBus({
    openSubscriber: () => openClient(redis, 'subscriber'),
    commands,
    keys,
    nodeId: lease.nodeId,
    timeoutMs: config.redis.timeoutMs,
    counters,
    onError: (what, error) => errors.putOff(what, error, what),
  });
  const hub = new Hub({ publish, onDetached: (topic) => topics.unfollow(topic), nodeId: () => lease.nodeId });
  const feeds = {
    listener: hub,
    reader: new TopicLog(commands, keys, () => lease.nodeId),
    counters,
    mayDeliver: () => lease.held,
    gapFill: config.gapFill,
    onError: (topic: string, error: unknown) => errors.putOff('feed', error, 'a topic is not up to date', { topic }),
  };
  const topics: Topics = new Topics(feeds, bus, lease, config.node);
  return { bus, topics, hub };
}

export function composeChat(
  { config, errors }: Shared,
  { rooms, users, lease }: StateParts,
  { topics, hub }: DeliveryParts,
): ChatParts {
  const nodeId = (): string => lease.nodeId;
  const departures = new Departures({
    rooms,
    users,
    topics,
    suspect: (topic, id, cause) => reconciler.suspect(topic, id, cause),
  });
  const reconciler = new Reconciler({
    rooms,
    users,
    topics,
    audience: hub,
    departures,
    nodeId,
    owns: (id) => lease.owns(id),
    onError: (what, error) => errors.putOff('reconciler', error, what),
  });
  const services: Services = {
    settings: {
      limits: config.limits,
      roomsManagement: config.rooms.management,
      userlistUpdates: config.rooms.userlistUpdates,
      accessListsUpdates: config.rooms.accessListsUpdates,
      historyMaxSize: config.rooms.historyMaxSize,
      heartbeatMs: config.node.heartbeatMs,
      resumeTokenMs: config.auth.resumeTokenMs,
    },
    rooms,
    users,
    topics,
    audience: hub,
    departures,
    reconciler,
    authenticator: new Authenticator({ ...config.auth, nameBytes: config.limits.nameBytes }),
    nodeId,
  };
  return { services, departures, reconciler };
}

export function composeGateway(
  { config, log, errors }: Shared,
  uws: Uws,
  { lease }: StateParts,
  { hub }: DeliveryParts,
  { services }: ChatParts,
  callbacks: Pick<GatewayParts, 'departed' | 'health'>,
): Gateway {
  const dispatcher = new Dispatcher({
    handlers: bindHandlers(services),
    services,
    hub,
    mayAct: () => lease.held,
    onDefect: (error, method, socket) => {
      const reference = randomBytes(6).toString('hex');
      errors.error(`defect ${method}`, { err: error, method, socket, reference }, 'a request failed');
      return reference;
    },
    onLogin: (session) => log.debug({ socket: session.socketId, user: session.userName }, 'logged in'),
  });
  return new Gateway(uws.App(), {
    uws,
    options: {
      limits: config.limits,
      perSecond: config.rate.perSecond,
      burst: config.rate.burst,
      host: config.host,
      port: config.port,
      rules: { allowedOrigins: config.allowedOrigins, trustedProxies: addressList(config.trustedProxies) },
      heartbeatMs: config.node.heartbeatMs,
      loginTimeoutMs: config.node.loginTimeoutMs,
      backpressureBytes: config.backpressureBytes,
      socketsPerAddress: config.socketsPerAddress,
    },
    hub,
    dispatcher,
    onClosed: (socket, code) => log.debug({ socket, code }, 'closed'),
    ...callbacks,
  });
}

export function composeSweeper(
  { keys, log, errors, counters }: Shared,
  { commands, lease }: StateParts,
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
