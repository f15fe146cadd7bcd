/**
 * The connections by which a node reads and writes: one for all that users make it ask, one for its lease alone, so that
 * nothing users ask for is waited for by a renewal. Opened and closed together; both are kept at the same server.
 */
import type { Redis } from 'ioredis';
import { every, type Beat } from '../ops/beat.ts';
import type { RedisEndpoint } from '../outside/redis-endpoint.ts';
import { inTime } from './unavailable.ts';
import {
  clusterOf,
  onNodeError,
  onTopology,
  openClient,
  openSentinels,
  openServer,
  primaryIds,
  type Client,
  primariesOf,
} from './connect.ts';
import { fieldsOf } from './reply.ts';
import type { Sentinels } from './sentinels.ts';
import { Shards } from './shards.ts';

export interface LinksOptions {
  /** Another way to the same server, for subscriptions only. */
  readonly subscriber?: RedisEndpoint | undefined;
  /** The longest wait for the answer to one command, and how long a lease lasts. */
  readonly timeoutMs: number;
  readonly leaseMs: number;
  /** One of the connections is broken, or is made again for a reason. */
  onError(what: string, error: unknown): void;
}

/** How often a connection has to prove itself. */
const PROVE_MS = 1000;
/** Silence after which a connection is replaced. Commands may be answered slowly; a lease cannot wait. */
const SILENT_MS = 4000;
const LEASE_SILENT_MS = 2000;
const LEASE_SILENT_SHARE = 0.2;

/** How often, and how many times in a row, connections to different servers are made again. */
const ALIGN_MS = 500;
const ALIGN_TRIES_MAX = 20;
const ASK_MS = 5000;

export class Links {
  readonly commands: Client;
  readonly lease: Client;
  /** Where subscriptions are made. */
  readonly shards: Shards;
  readonly #sentinels: Sentinels | undefined;
  readonly #options: LinksOptions;
  readonly #proofs: Beat;
  #left: () => void = () => undefined;
  #tries = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(endpoint: RedisEndpoint, options: LinksOptions) {
    const { timeoutMs, leaseMs } = options;
    this.#options = options;
    const onError = (what: string, error: unknown): void => options.onError(what, error);
    const sentinels = openSentinels(endpoint, { onError, onLeave: (reason) => this.#leave(reason) });
    this.#sentinels = sentinels;
    const silentMs = Math.max(SILENT_MS, 2 * timeoutMs);
    const leaseSilentMs = Math.min(LEASE_SILENT_MS, LEASE_SILENT_SHARE * leaseMs);
    this.commands = openClient(endpoint, { use: 'commands', silentMs, sentinels });
    this.lease = openClient(endpoint, { use: 'lease', silentMs: leaseSilentMs, sentinels });
    this.commands.on('error', (error: unknown) => onError('the connection for commands', error));
    this.lease.on('error', (error: unknown) => onError('the connection for the lease', error));
    for (const client of this.#clients) {
      onTopology(client, () => this.#align());
      onNodeError(client, (server, error) => onError(`the node ${server} of the cluster`, error));
    }
    this.shards = new Shards({
      commands: this.commands,
      open: (server) => openServer(options.subscriber ?? endpoint, { use: 'subscriber', server, sentinels, silentMs }),
    });
    this.#proofs = every(PROVE_MS, () => this.#prove());
  }

  get #clients(): readonly Client[] {
    return [this.commands, this.lease];
  }

  /** Told when the primary is another one, or will be: all that is connected to the former one has to connect anew. */
  onLeave(left: () => void): void {
    this.#left = left;
  }

  /** May be called again where it has failed. */
  async connect(): Promise<void> {
    await Promise.all(
      this.#clients.map(async (client) => {
        if (client.status === 'wait' || client.status === 'end') await client.connect();
      }),
    );
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#proofs.stop();
    this.#sentinels?.stop();
    for (const client of this.#clients) client.disconnect();
  }

  /**
   * Something is asked of each connection, so that a silent one is noticed when nobody else asks; and that is what it is
   * connected to. A primary that was made a replica keeps its connections, answers what is read, and is behind.
   */
  #prove(): void {
    for (const client of this.#clients) {
      for (const server of primariesOf(client).values()) {
        if (server.status === 'ready') void this.#proveOne(server);
      }
    }
  }

  async #proveOne(server: Redis): Promise<void> {
    try {
      const { role } = fieldsOf(await server.call('HELLO'));
      if (role !== 'replica') return;
      // In Cluster that is a matter of slots; elsewhere all that is connected to it has to go.
      if (clusterOf(this.commands) === undefined) this.#leave('the server is a replica');
      else this.#reconnect(server, 'the server is a replica');
    } catch {
      // It is not told, or not asked for any more: the connection's own events say so.
    }
  }

  #reconnect(client: Client, reason: string): void {
    // One that is being made finds the right server by itself, and would not try again if it was told to stop.
    if (this.#closed || (client.status !== 'ready' && client.status !== 'connect')) return;
    this.#options.onError('a connection is made again', new Error(reason));
    client.disconnect(true);
  }

  /** What the present primary would acknowledge from now on is lost: nothing is asked of it any more. */
  #leave(reason: string): void {
    if (this.#closed) return;
    for (const client of this.#clients) this.#reconnect(client, reason);
    this.#left();
  }

  /**
   * A lease that is renewed at one server says nothing about commands that go to another: after a failover one connection
   * may stay with the old primary. Cluster sees to that by itself, slot by slot.
   */
  #align(): void {
    if (clusterOf(this.commands) !== undefined || this.#timer !== undefined) return;
    // Where one is not connected yet, its own event leads here again.
    this.#areApart().then(
      (apart) => {
        if (apart) this.#alignSoon();
        else this.#tries = 0;
      },
      () => undefined,
    );
  }

  #alignSoon(): void {
    // A proxy that spreads connections over servers is not fought for ever.
    if (this.#closed || this.#timer !== undefined || this.#tries >= ALIGN_TRIES_MAX) return;
    this.#timer = setTimeout(() => void this.#alignNow(), this.#tries === 0 ? 0 : ALIGN_MS);
    this.#tries++;
  }

  async #alignNow(): Promise<void> {
    // Asked again: what was found before may have been seen to meanwhile, and commands are under way.
    const apart = await this.#areApart().catch(() => false);
    this.#timer = undefined;
    if (!apart || this.#closed) return;
    for (const client of this.#clients) this.#reconnect(client, 'commands and lease are at different servers');
  }

  async #areApart(): Promise<boolean> {
    const asked = Promise.all(this.#clients.map(primaryIds));
    const [commands, lease] = await inTime(asked, ASK_MS);
    return [...(commands ?? [])].join() !== [...(lease ?? [])].join();
  }
}
