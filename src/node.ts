/**
 * The composition root of one gateway node: builds every part by its constructor, starts them in order, and takes them
 * down again. No rule of the chat is here.
 */
import { Topics, TICK_MS } from './bus/topics.ts';
import { RedisBus } from './bus/redis-bus.ts';
import type { FeedParts } from './bus/feed.ts';
import { Authenticator } from './chat/authenticator.ts';
import { Departures } from './chat/departures.ts';
import { bindHandlers } from './chat/handlers.ts';
import type { Services } from './chat/services.ts';
import type { Config } from './config.ts';
import { Dispatcher } from './gateway/dispatcher.ts';
import { Gateway } from './gateway/gateway.ts';
import { Hub } from './gateway/hub.ts';
import type { Uws } from './gateway/native.ts';
import { addressList } from './gateway/upgrade.ts';
import { newCounters } from './ops/counters.ts';
import { about, sampled, type Log, type SampledLog } from './ops/log.ts';
import { Commands } from './state/commands.ts';
import { onTopology, openClient, type Client, type RedisEndpoint } from './state/connect.ts';
import { Keyspace } from './state/keys.ts';
import { Lease } from './state/lease.ts';
import { checkRedis } from './state/requirements.ts';
import { RoomState } from './state/room-state.ts';
import { Sweeper } from './state/sweep.ts';
import { TopicLog } from './state/topic-log.ts';
import { UserState } from './state/user-state.ts';

const RECONCILE_MS = 1000;
/** Sockets sent away per second at most while draining. */
const AWAY_PER_SECOND = 2000;

export class GatewayNode {
  readonly #config: Config;
  readonly #log: Log;
  readonly #errors: SampledLog;
  readonly #counters = newCounters();
  readonly #client: Client;
  readonly #commands: Commands;
  readonly #lease: Lease;
  readonly #bus: RedisBus;
  readonly #topics: Topics;
  readonly #hub: Hub;
  readonly #departures: Departures;
  readonly #sweeper: Sweeper;
  readonly #gateway: Gateway;
  readonly #timers: NodeJS.Timeout[] = [];
  #draining = false;

  constructor(config: Config, redis: RedisEndpoint, uws: Uws, log: Log) {
    this.#config = config;
    this.#log = log;
    this.#errors = sampled(log, 5000);
    const keys = new Keyspace(config.redis.prefix);
    const nodeId = (): string => this.#lease.nodeId;

    this.#client = openClient(redis, 'commands');
    this.#client.on('error', (error: unknown) => this.#errors.warn('redis', about(error), 'Redis connection'));
    onTopology(this.#client, () => this.#redisIsBack());
    this.#commands = new Commands(this.#client, {
      timeoutMs: config.redis.timeoutMs,
      queueMax: config.redis.queueMax,
      mayAct: () => this.#lease.held,
      onError: (error) => this.#errors.warn('command', about(error), 'Redis refuses commands'),
    });
    this.#lease = new Lease(this.#commands, keys, config.node.leaseMs, {
      suspended: () => log.warn('the lease has run out: nothing is delivered or acknowledged until Redis answers'),
      resumed: () => this.#resumed(),
      lost: () => this.#lost(),
      onError: (error) => this.#errors.warn('lease', about(error), 'the lease is not renewed'),
    });
    this.#bus = new RedisBus({
      openSubscriber: () => openClient(redis, 'subscriber'),
      commands: this.#commands,
      keys,
      nodeId: this.#lease.nodeId,
      timeoutMs: config.redis.timeoutMs,
      counters: this.#counters,
      onError: (what, error) => this.#errors.warn(what, about(error), what),
    });

    const app = uws.App();
    this.#hub = new Hub({
      publish: (topic, data) => this.#gateway.publish(topic, data),
      onDetached: (topic) => this.#topics.unfollow(topic),
      nodeId,
    });
    this.#topics = new Topics(this.#feedParts(keys), this.#bus, this.#lease, config.node);
    const rooms = new RoomState(this.#commands, keys, {
      dedupMs: config.dedupMs,
      pageMax: config.limits.historyMaxGetMessages,
    });
    const users = new UserState(this.#commands, keys, { socketsMax: config.socketsPerUser });
    this.#departures = new Departures({
      rooms,
      users,
      topics: this.#topics,
      audience: this.#hub,
      nodeId,
      owns: (id) => this.#lease.owns(id),
      onError: (what, error) => this.#errors.warn('departures', about(error), what),
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
      topics: this.#topics,
      audience: this.#hub,
      departures: this.#departures,
      authenticator: new Authenticator({ ...config.auth, nameBytes: config.limits.nameBytes }),
      nodeId,
    };
    const dispatcher = new Dispatcher({
      handlers: bindHandlers(services),
      services,
      hub: this.#hub,
      mayAct: () => this.#lease.held,
      onDefect: (error, method, socketId) => this.#defect(error, method, socketId),
      onLogin: (session) => log.debug({ socket: session.socketId, user: session.userName }, 'logged in'),
    });
    this.#gateway = new Gateway(app, {
      uws,
      options: this.#gatewayOptions(),
      hub: this.#hub,
      dispatcher,
      departed: (session, roomNames) =>
        this.#draining || !this.#lease.owns(session.nodeId)
          ? Promise.resolve()
          : this.#departures.disconnect(session, roomNames, session.nodeId),
      health: () => this.#health(),
      onClosed: (socket, code) => log.debug({ socket, code }, 'closed'),
    });
    this.#sweeper = new Sweeper({
      commands: this.#commands,
      keys,
      lease: this.#lease,
      cleaner: this.#departures,
      onSwept: (node, topics) => {
        this.#counters.nodesSwept++;
        log.info({ swept: node, topics }, 'swept after a node that is gone');
      },
      onError: (error) => this.#errors.warn('sweep', about(error), 'sweeping is put off'),
    });
  }

  get nodeId(): string {
    return this.#lease.nodeId;
  }

  /** Starts all parts; resolves with the port that is listened on. Waits for Redis as long as it takes. */
  async start(): Promise<number> {
    for (;;) {
      try {
        if (this.#client.status === 'wait' || this.#client.status === 'end') await this.#client.connect();
        await checkRedis(this.#client, this.#log);
        await this.#lease.register();
        await this.#bus.start(this.#topics);
        break;
      } catch (error) {
        if (error instanceof Error && error.name === 'RedisUnfit') throw error;
        this.#errors.error('start', about(error), 'waiting for Redis');
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    }
    this.#sweeper.start();
    this.#timers.push(
      setInterval(() => this.#topics.tick(), TICK_MS),
      setInterval(() => this.#reconcile(), RECONCILE_MS),
    );
    return this.#gateway.listen();
  }

  /**
   * Leaves without losing anything: no new sockets, the open ones are sent elsewhere, peers announce the leaves of
   * users who do not come back within the grace.
   */
  async drain(): Promise<void> {
    if (this.#draining) return;
    this.#draining = true;
    const { drainMs, drainGraceMs } = this.#config.node;
    const deadline = performance.now() + drainMs;
    this.#gateway.stopAccepting();
    const spreadMs = Math.min(drainMs / 2, (this.#gateway.size / AWAY_PER_SECOND) * 1000);
    await this.#gateway.sendAway(spreadMs, deadline - DRAIN_RESERVE_SHARE * drainMs);
    await this.#lease
      .release(drainGraceMs)
      .catch((error: unknown) => this.#log.warn({ err: error }, 'the lease is left to run out'));
    await this.stop();
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#sweeper.stop();
    this.#lease.stop();
    this.#gateway.stop();
    await this.#bus.stop();
    this.#commands.close();
    this.#client.disconnect();
    this.#errors.flush();
  }

  #feedParts(keys: Keyspace): FeedParts {
    return {
      listener: this.#hub,
      reader: new TopicLog(this.#commands, keys, () => this.#lease.nodeId),
      counters: this.#counters,
      mayDeliver: () => this.#lease.held,
      gapFill: this.#config.gapFill,
      onError: (topic, error) => this.#errors.warn('feed', { topic, ...about(error) }, 'a topic is not up to date'),
    };
  }

  #gatewayOptions(): ConstructorParameters<typeof Gateway>[1]['options'] {
    const { config } = { config: this.#config };
    return {
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
    };
  }

  #redisIsBack(): void {
    this.#lease.hurry();
    this.#topics.checkAll();
  }

  #resumed(): void {
    this.#log.info('the lease is held again');
    this.#topics.checkAll();
  }

  /** Peers own what this instance left behind, or Redis has lost everything: all clients start afresh. */
  #lost(): void {
    this.#counters.leasesLost++;
    this.#log.warn({ sockets: this.#hub.size }, 'the lease was lost: all sockets are closed');
    this.#gateway.closeAll('nodeLost');
    this.#departures.forgetSuspects();
    this.#topics.clear().catch((error: unknown) => this.#errors.warn('clear', about(error), 'unsubscribing'));
  }

  #reconcile(): void {
    if (this.#lease.held && !this.#draining) void this.#departures.reconcile();
  }

  #defect(error: unknown, method: string, socketId: string): string {
    const reference = Math.random().toString(36).slice(2, 10);
    this.#errors.error(`defect ${method}`, { err: error, method, socket: socketId, reference }, 'a request failed');
    return reference;
  }

  #health(): { live: boolean; ready: boolean; details: Record<string, unknown> } {
    const checks = {
      redis: this.#commands.healthy && this.#lease.ageMs < this.#config.node.leaseMs / 2,
      bus: this.#bus.healthy,
      lease: this.#lease.held,
      accepting: !this.#draining,
    };
    return {
      live: true,
      ready: Object.values(checks).every(Boolean),
      details: {
        node: this.nodeId,
        checks,
        sockets: this.#hub.size,
        topics: this.#topics.size,
        counters: this.#counters,
      },
    };
  }
}

/** The part of the drain time that is kept for what comes after the sockets are gone. */
const DRAIN_RESERVE_SHARE = 0.2;
