/**
 * One gateway node: starts its parts in order, notices what happens to Redis and to its lease, drains and stops. How the
 * parts are put together is in compose.ts; no rule of the chat is here.
 */
import { TICK_MS } from '../bus/topics.ts';
import type { Comparison } from '../chat/repair/comparison.ts';
import { tellLeft } from '../chat/hooks/points.ts';
import {
  composeChat,
  composeComparison,
  composeDelivery,
  composeHooks,
  composeStore,
  composeSweeper,
  type ChatParts,
  type DeliveryParts,
  type Shared,
  type StoreParts,
} from './compose.ts';
import { composeGateway } from './compose-gateway.ts';
import { composeOperatorPort, composeServerApi, type ApiDeps } from './compose-operator.ts';
import type { Config } from '../config/config.ts';
import type { LoadedHooks } from '../hooks/load.ts';
import type { HookRunner } from '../hooks/runner.ts';
import type { Health } from '../http/health.ts';
import type { OperatorPort } from '../http/operator-port.ts';
import { Accounts } from '../gateway/account.ts';
import { closeLabels } from '../gateway/close-label.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { Uws } from '../gateway/native.ts';
import type { Session } from '../gateway/session.ts';
import { upgradeRefusalReasons } from '../gateway/upgrade.ts';
import { newCounters, newMeasurements } from '../ops/counters.ts';
import { Exposition } from '../ops/exposition.ts';
import { about, sampled, type Log } from '../ops/log.ts';
import { LoopDelay, type BuildInfo } from '../ops/process.ts';
import type { RedisEndpoint } from '../outside/redis-endpoint.ts';
import { composeReadings } from './readings.ts';
import { inTime } from '../redis/unavailable.ts';
import { onBreak, onTopology } from '../redis/connect.ts';
import { Keyspace } from '../redis/keys.ts';
import { RedisMemory } from '../redis/redis-memory.ts';
import { checkRedis, RedisUnfit } from '../redis/requirements.ts';
import type { Sweeper } from '../store/node/sweep.ts';

const RECONCILE_MS = 1000;
const CHANGES_MS = 100;
const READINESS_MS = 1000;
const START_RETRY_MS = 500;
const START_STEP_MS = 5000;
/** The first look at Redis has limits of its own for each of the servers. */
const START_LOOK_MS = 30_000;
/** Sockets sent away per second at most while draining. */
const AWAY_PER_SECOND = 2000;

export class GatewayNode {
  readonly #shared: Shared;
  readonly #redis: RedisEndpoint;
  readonly #store: StoreParts;
  readonly #delivery: DeliveryParts;
  readonly #chat: ChatParts;
  readonly #hooks: HookRunner | undefined;
  readonly #gateway: Gateway;
  readonly #sweeper: Sweeper;
  readonly #comparison: Comparison;
  readonly #api: ApiDeps;
  readonly #operatorPort: OperatorPort;
  readonly #memory: RedisMemory;
  readonly #loopDelay = new LoopDelay();
  readonly #timers: NodeJS.Timeout[] = [];
  #unreadySinceMs: number | undefined;
  #draining = false;

  constructor(config: Config, redis: RedisEndpoint, uws: Uws, build: BuildInfo, log: Log, hooks?: LoadedHooks) {
    this.#redis = redis;
    this.#shared = {
      config,
      log,
      errors: sampled(log, 10_000),
      counters: newCounters(),
      measured: newMeasurements(closeLabels, [...(hooks?.functions.keys() ?? [])], upgradeRefusalReasons),
      keys: new Keyspace(config.redis.prefix),
      accounts: new Accounts(config.userRate),
    };
    this.#hooks = composeHooks(this.#shared, hooks);
    this.#store = composeStore(this.#shared, redis, {
      suspended: () => log.warn('the lease has run out: nothing is delivered or acknowledged until Redis answers'),
      resumed: () => this.#resumed(),
      lost: () => this.#lost(),
      onError: (error) => this.#shared.errors.putOff('lease', error, 'the lease is not renewed'),
      onLeave: () => this.#primaryChanges(),
    });
    this.#memory = new RedisMemory({
      commands: this.#store.commands,
      onLevel: (level, ratio) => log[level === 'ample' ? 'info' : 'warn']({ level, ratio }, 'the memory of Redis'),
    });
    const { commands, lease } = this.#store.links;
    onBreak([commands, lease], () => this.#store.lease.doubt());
    onTopology(commands, () => this.#redisIsBack());
    onTopology(lease, () => this.#leaseMoves());
    this.#delivery = composeDelivery(this.#shared, this.#store, {
      publish: (topic, data) => this.#gateway.publish(topic, data),
      onLost: (session, roomName) => tellLeft(this.#hooks, session, roomName, { njoined: 0, cause: 'lost' }),
      onArrival: (userName, since) => this.#chat.services.echoes.arrived(userName, since),
      settle: (topic, at) => this.#chat.restrictions.settle(topic, at),
    });
    this.#chat = composeChat(this.#shared, this.#store, this.#delivery, {
      hooks: this.#hooks,
      askToSettle: (nodeId, roomName) => this.#api.sockets.askToSettle(nodeId, roomName),
      socketRooms: { roomsOf: (...asked) => this.#api.sockets.roomsOf(...asked) },
    });
    this.#gateway = composeGateway(this.#shared, uws, this.#store, this.#delivery, this.#chat, {
      departed: (session, roomNames) => this.#departed(session, roomNames),
      health: () => this.#health(),
    });
    this.#sweeper = composeSweeper(this.#shared, this.#store, this.#chat);
    this.#comparison = composeComparison(this.#shared, this.#store, this.#delivery, this.#chat, this.#sweeper);
    this.#api = composeServerApi(this.#shared, this.#store, this.#delivery, this.#chat, this.#gateway);
    const metrics = this.#exposition(build);
    this.#operatorPort = composeOperatorPort(this.#shared, metrics, () => this.#health(), this.#api.api);
  }

  #exposition(build: BuildInfo): Exposition {
    const readings = composeReadings({
      shared: this.#shared,
      state: this.#store,
      delivery: this.#delivery,
      chat: this.#chat,
      gateway: this.#gateway,
      build,
      loopDelay: this.#loopDelay,
      memory: this.#memory,
      checks: () => this.#checks(),
    });
    return new Exposition(readings, this.#shared.measured.distributions);
  }

  get nodeId(): string {
    return this.#store.lease.nodeId;
  }

  /** Starts all parts; resolves with the ports that are listened on. Waits for Redis as long as it takes. */
  async start(): Promise<{ port: number; apiPort: number }> {
    const { links, lease } = this.#store;
    const { bus, topics } = this.#delivery;
    const apiPort = await this.#operatorPort.listen();
    await this.#whenRedisIsThere(() => checkRedis(this.#redis, this.#shared.keys, this.#shared.log), START_LOOK_MS);
    await this.#whenRedisIsThere(async () => {
      await links.connect();
      await this.#store.commands.allowWhenFull();
      await this.#store.leaseCommands.allowWhenFull();
    });
    await this.#whenRedisIsThere(() => lease.register());
    await this.#whenRedisIsThere(() => bus.start(topics));
    await this.#whenRedisIsThere(() => this.#api.calls.follow());
    await this.#whenRedisIsThere(() => this.#comparison.start());
    this.#chat.services.authenticator.start();
    this.#sweeper.start();
    this.#memory.start();
    this.#timers.push(
      setInterval(() => topics.tick(), TICK_MS),
      setInterval(() => this.#reconcile(), RECONCILE_MS),
      setInterval(() => this.#tellChanges(), CHANGES_MS),
      setInterval(() => this.#tellReadiness(), READINESS_MS),
    );
    await this.#startHooks();
    return { port: await this.#gateway.listen(), apiPort };
  }

  async #startHooks(): Promise<void> {
    try {
      await this.#hooks?.start({ service: this.#api.service });
    } catch (error) {
      this.#shared.log.error({ err: error }, 'the hook onStart failed');
      // Nobody has to wait for the lease of a node that never was.
      await this.#store.lease.release(0).catch(() => undefined);
      throw new Error('the hook onStart failed', { cause: error });
    }
  }

  async #whenRedisIsThere(step: () => Promise<void>, limitMs = START_STEP_MS): Promise<void> {
    for (;;) {
      try {
        // The Redis client's own calls have no limit; what hangs is asked again.
        return await inTime(step(), limitMs);
      } catch (error) {
        if (error instanceof RedisUnfit) throw error;
        this.#shared.errors.error('start', about(error), 'waiting for Redis');
        await new Promise((resolve) => setTimeout(resolve, START_RETRY_MS));
      }
    }
  }

  /**
   * Leaves without losing anything: no new sockets, the open ones are sent elsewhere, peers announce the leaves of
   * users who do not come back within the grace.
   */
  async drain(): Promise<void> {
    if (this.#draining) return;
    this.#draining = true;
    const { drainMs, drainGraceMs } = this.#shared.config.node;
    const deadline = performance.now() + drainMs;
    this.#gateway.stopAccepting();
    const { lease } = this.#store;
    void lease
      .beginDrain()
      .catch((error: unknown) => this.#shared.errors.putOff('lease', error, 'draining is not told'));
    const spreadMs = Math.min(drainMs / 2, (this.#gateway.size / AWAY_PER_SECOND) * 1000);
    await this.#gateway.sendAway(spreadMs, deadline - DRAIN_RESERVE_SHARE * drainMs);
    await this.#hooks?.close((DRAIN_RESERVE_SHARE * drainMs) / 2);
    await lease
      .release(drainGraceMs)
      .catch((error: unknown) => this.#shared.log.warn(about(error), 'the lease is left to run out'));
    this.stop();
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#sweeper.stop();
    this.#memory.stop();
    this.#chat.services.authenticator.stop();
    this.#store.lease.stop();
    this.#gateway.stop();
    this.#operatorPort.stop();
    this.#api.calls.stop();
    this.#loopDelay.stop();
    this.#delivery.bus.stop();
    this.#store.commands.close();
    this.#store.leaseCommands.close();
    this.#store.links.close();
    this.#shared.errors.flush();
  }

  /** A logged-in socket is gone. While draining, and after a lease was lost, that is left to the sweepers. */
  #departed(session: Session, roomNames: readonly string[]): void {
    if (this.#draining || !this.#store.lease.owns(session.nodeId)) return;
    this.#chat.services.disconnects.add(session, roomNames, session.nodeId);
  }

  /** A failover is under way: who is connected to the former primary leaves it. */
  #primaryChanges(): void {
    this.#store.lease.unsettle();
    this.#delivery.bus.reconnect();
  }

  /** Peers may not have been there yet, and what the server knows of them may be old. */
  #leaseMoves(): void {
    this.#store.lease.unsettle();
    this.#store.lease.doubt();
  }

  #redisIsBack(): void {
    this.#store.lease.doubt();
    this.#delivery.topics.checkAll();
    // Another server may lack the last writes: logs show it by themselves, memberships have to be compared.
    this.#comparison.notice();
    if (this.#store.lease.held) void this.#comparison.run();
  }

  #resumed(): void {
    this.#shared.log.info('the lease is held again');
    this.#delivery.topics.checkAll();
  }

  /** Peers own what this instance left behind, or Redis has lost everything: all clients start afresh. */
  #lost(): void {
    this.#shared.counters.leasesLost++;
    this.#shared.log.warn({ sockets: this.#delivery.hub.size }, 'the lease was lost: all sockets are closed');
    this.#gateway.closeAll('nodeLost');
    this.#chat.repairs.forget();
    this.#comparison.forget();
    this.#chat.userlistChanges.forget();
    this.#leaveToSweepers();
    this.#delivery.topics
      .clear()
      .catch((error: unknown) => this.#shared.errors.putOff('clear', error, 'unsubscribing'));
  }

  /** The lease may be lost with its manifest, by a failover of where they were: what the instance was in is written anew. */
  #leaveToSweepers(): void {
    const { lease } = this.#store;
    const { nodeId } = lease;
    const { touched } = this.#delivery.topics;
    this.#chat.repairs.retry(() => lease.bequeath(nodeId, touched), new Error('the lease was lost'));
  }

  #reconcile(): void {
    if (!this.#store.lease.held || this.#draining) return;
    void this.#comparison.run();
    void this.#chat.reconciler.run();
    // The instance may be another one than a second ago.
    this.#api.calls
      .follow()
      .catch((error: unknown) => this.#shared.errors.putOff('calls', error, 'calls of other nodes are not heard yet'));
  }

  #tellChanges(): void {
    if (this.#store.lease.held) void this.#chat.userlistChanges.run();
  }

  /** One line when this node stops being ready and one when it is again: what an operator looks for after an outage. */
  #tellReadiness(): void {
    const { log, errors } = this.#shared;
    const { ready, details } = this.#health();
    if (ready === (this.#unreadySinceMs === undefined) || this.#draining) return;
    if (this.#unreadySinceMs === undefined) {
      this.#unreadySinceMs = performance.now();
      log.warn({ node: this.nodeId, checks: details['checks'] }, 'not ready');
      return;
    }
    const forMs = Math.round(performance.now() - this.#unreadySinceMs);
    this.#unreadySinceMs = undefined;
    errors.flush();
    log.info({ node: this.nodeId, forMs }, 'ready again');
  }

  #checks(): Record<string, boolean> {
    return {
      redis:
        this.#store.links.commands.status === 'ready' &&
        this.#store.commands.healthy &&
        this.#store.lease.confirmed &&
        this.#store.lease.ageMs < this.#shared.config.node.leaseMs / 2,
      bus: this.#delivery.bus.healthy,
      lease: this.#store.lease.held,
      accepting: !this.#draining,
    };
  }

  /** Told, and no reason to be out of rotation: all nodes would be at once, and most of what clients ask goes on. */
  #warnings(): Record<string, boolean> {
    const { level } = this.#memory;
    return { redisMemory: level !== 'short' && level !== 'full' };
  }

  #health(): Health {
    const checks = this.#checks();
    return {
      live: true,
      ready: Object.values(checks).every(Boolean),
      details: {
        node: this.nodeId,
        checks: { ...checks, ...this.#warnings() },
        sockets: this.#delivery.hub.size,
        topics: this.#delivery.topics.size,
      },
    };
  }
}

/** The part of the drain time that is kept for what comes after the sockets are gone. */
const DRAIN_RESERVE_SHARE = 0.2;
