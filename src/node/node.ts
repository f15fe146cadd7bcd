/**
 * The life of one gateway node: starts its parts in order, notices what happens to Redis and to its lease, drains and stops. How the
 * parts are put together is in build.ts; no rule of the chat is here.
 */
import type { NodeParts } from './build.ts';
import { makeGlobalRoom } from '../chat/membership/global-room.ts';
import { pageUrl } from '../http/page.ts';
import { about } from '../ops/log.ts';
import { every, type Beat } from '../ops/beat.ts';
import type { Looked } from '../ops/pulse.ts';
import { onBreak, onTopology } from '../redis/connect.ts';
import { checkRedis, RedisUnfit } from '../redis/start/requirements.ts';
import { inTime } from '../redis/unavailable.ts';
import { drain } from './drain.ts';
import { ReadinessLog } from './readiness-log.ts';

const RECONCILE_MS = 1000;
const READINESS_MS = 1000;
const START_RETRY_MS = 500;
const START_STEP_MS = 5000;
/** The first look at Redis has limits of its own for each of the servers. */
const START_LOOK_MS = 30_000;
/** For the hook `onClose` of a node that could not open its port. */
const HOOKS_CLOSE_MS = 2000;
export class GatewayNode {
  readonly #parts: NodeParts;
  readonly #beats: Beat[] = [];
  readonly #readiness: ReadinessLog;
  /** What tells of changes a while after they were made, of what this instance was in. */
  readonly #tellers: readonly (Looked & { forget(): void })[];
  readonly #looked: readonly Looked[];
  #draining = false;
  #hooksStart: Promise<unknown> | undefined;

  constructor(parts: NodeParts) {
    this.#parts = parts;
    this.#readiness = new ReadinessLog(parts);
    const { userlistChanges, changesDue, presence, stateTelling, memberNews, unreadNews, services } = parts;
    this.#tellers = [userlistChanges, changesDue, presence, stateTelling, memberNews, unreadNews];
    this.#looked = services.webhooks === undefined ? this.#tellers : [...this.#tellers, services.webhooks];
    const { lease, links, commands, leaseCommands, log, errors } = parts;
    lease.start(
      { own: leaseCommands, commands },
      {
        suspended: () => log.warn('the lease has run out: nothing is delivered or acknowledged until Redis answers'),
        resumed: () => this.#resumed(),
        lost: () => this.#lost(),
        onError: (error) => errors.putOff('lease', error, 'the lease is not renewed'),
      },
    );
    links.onLeave(() => this.#primaryChanges());
    onBreak([links.commands, links.lease], () => lease.doubt());
    onTopology(links.commands, () => this.#redisIsBack());
    onTopology(links.lease, () => this.#leaseMoves());
  }

  get nodeId(): string {
    return this.#parts.lease.nodeId;
  }

  /**
   * Starts all parts; resolves with the ports that are listened on, and where the page is; with nothing where it was told to drain
   * meanwhile. Waits for Redis as long as it takes.
   */
  async start(): Promise<{ port: number; apiPort: number; page?: string } | undefined> {
    const { links, lease, bus, topics, redis, keys, log, config, hasPage } = this.#parts;
    const apiPort = await this.#parts.operatorPort.listen();
    await this.#whenRedisIsThere(() => checkRedis(redis, keys, log), START_LOOK_MS);
    await this.#whenRedisIsThere(async () => {
      await links.connect();
      await this.#parts.commands.allowWhenFull();
      await this.#parts.leaseCommands.allowWhenFull();
      await this.#parts.commands.keepFunctions();
    });
    await this.#whenRedisIsThere(() => lease.register());
    await this.#whenRedisIsThere(() => bus.start(topics));
    await this.#whenRedisIsThere(() => this.#parts.calls.follow());
    await this.#whenRedisIsThere(() => this.#parts.comparison.start());
    await this.#whenRedisIsThere(async () => this.#parts.services.webhooks?.start());
    // Without it a node can begin, and the next login makes it.
    await makeGlobalRoom(this.#parts.services).catch((error: unknown) =>
      this.#parts.errors.putOff('globalRoom', error, 'the global room is made later'),
    );
    if (this.#draining) return undefined;
    this.#parts.authenticator.start();
    this.#parts.sweeper.start();
    this.#parts.memory.start();
    this.#beats.push(
      every(RECONCILE_MS, () => this.#reconcile()),
      every(READINESS_MS, () => {
        if (!this.#draining) this.#readiness.look(this.nodeId);
      }),
    );
    this.#parts.pulse.start(() => this.#look());
    const port = await this.#open();
    if (port === undefined) return undefined;
    return { port, apiPort, ...(hasPage ? { page: pageUrl(config.host, port) } : {}) };
  }

  /** Lets users in, once the hooks have begun; undefined where the node is to drain. */
  async #open(): Promise<number | undefined> {
    const { hooks, gateway, lease, service } = this.#parts;
    if (this.#draining) return undefined;
    this.#hooksStart = hooks?.start({ service });
    try {
      await this.#hooksStart;
    } catch (error) {
      this.#parts.log.error({ err: error }, 'the hook onStart failed');
      // Nobody has to wait for the lease of a node that never was.
      await lease.release(0).catch(() => undefined);
      throw new Error('the hook onStart failed', { cause: error });
    }
    if (this.#draining) return undefined;
    try {
      const port = await gateway.listen();
      if (this.#draining) gateway.stopAccepting();
      return port;
    } catch (error) {
      await hooks?.close(HOOKS_CLOSE_MS);
      await lease.release(0).catch(() => undefined);
      throw error;
    }
  }

  async #whenRedisIsThere(step: () => Promise<void>, limitMs = START_STEP_MS): Promise<void> {
    for (;;) {
      if (this.#draining) throw new Error('the node is to end');
      try {
        // The Redis client's own calls have no limit; what hangs is asked again.
        return await inTime(step(), limitMs);
      } catch (error) {
        if (error instanceof RedisUnfit) throw error;
        this.#parts.errors.error('start', about(error), 'waiting for Redis');
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
    await drain(this.#parts, this.#hooksStart);
    this.stop();
  }

  stop(): void {
    for (const beat of this.#beats) beat.stop();
    this.#parts.pulse.stop();
    this.#parts.sweeper.stop();
    this.#parts.services.webhooks?.stop();
    this.#parts.erasures.stop();
    this.#parts.memory.stop();
    this.#parts.authenticator.stop();
    this.#parts.lease.stop();
    this.#parts.gateway.stop();
    this.#parts.operatorPort.stop();
    this.#parts.calls.stop();
    this.#parts.loopDelay.stop();
    this.#parts.bus.stop();
    this.#parts.commands.close();
    this.#parts.leaseCommands.close();
    this.#parts.links.close();
    this.#parts.errors.flush();
  }

  /** A failover is under way: who is connected to the former primary leaves it. */
  #primaryChanges(): void {
    this.#parts.lease.restartSteady();
    this.#parts.bus.reconnect();
  }

  /** Peers may not have been there yet, and what the server knows of them may be old. */
  #leaseMoves(): void {
    this.#parts.lease.restartSteady();
    this.#parts.lease.doubt();
  }

  #redisIsBack(): void {
    this.#parts.lease.doubt();
    this.#parts.topics.checkAll();
    // Another server may lack the last writes: logs show it by themselves, memberships have to be compared.
    this.#parts.comparison.notice();
    if (this.#parts.lease.held) void this.#parts.comparison.run();
  }

  #resumed(): void {
    this.#parts.log.info('the lease is held again');
    this.#parts.topics.checkAll();
  }

  /** Peers own what this instance left behind, or Redis has lost everything: all clients start afresh. */
  #lost(): void {
    this.#parts.counters.leasesLost++;
    this.#parts.log.warn({ sockets: this.#parts.hub.size }, 'the lease was lost: all sockets are closed');
    this.#parts.gateway.closeAll('nodeLost');
    this.#parts.repairs.forget();
    this.#parts.comparison.forget();
    for (const one of this.#tellers) one.forget();
    this.#leaveToSweepers();
    this.#parts.topics.clear().catch((error: unknown) => this.#parts.errors.putOff('clear', error, 'unsubscribing'));
  }

  /** The lease may be lost with its manifest, by a failover of where they were: what the instance was in is written anew. */
  #leaveToSweepers(): void {
    const { lease } = this.#parts;
    const { nodeId } = lease;
    const { touched } = this.#parts.topics;
    this.#parts.repairs.retry(() => lease.bequeath(nodeId, touched), new Error('the lease was lost'));
  }

  #reconcile(): void {
    if (!this.#parts.lease.held || this.#draining) return;
    void this.#parts.comparison.run();
    void this.#parts.reconciler.run();
    void this.#parts.erasures.run();
    void this.#parts.endings.run();
    void this.#parts.anonymousLeaves.run();
    // The instance may be another one than a second ago.
    this.#parts.calls
      .follow()
      .catch((error: unknown) => this.#parts.errors.putOff('calls', error, 'calls of other nodes are not heard yet'));
  }

  /** Begins what is due; gives whether anything is left to be looked after. */
  #look(): boolean {
    const { topics, lease } = this.#parts;
    topics.tick();
    if (lease.held) for (const one of this.#looked) void one.run();
    return topics.hasWork || this.#looked.some(({ hasWork }) => hasWork);
  }
}
