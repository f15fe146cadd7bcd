/**
 * The connections by which a node reads and writes: one for all that users make it ask, one for its lease alone, so that
 * nothing users ask for is waited for by a renewal. Opened and closed together; both are kept at the same server.
 */
import { inTime } from './commands.ts';
import { clusterOf, onTopology, openClient, primaryIds, type Client, type RedisEndpoint } from './connect.ts';

export interface LinksOptions {
  /** The longest wait for the answer to one command, and how long a lease lasts. */
  readonly timeoutMs: number;
  readonly leaseMs: number;
  /** One of the connections is broken, or is made again for a reason. */
  onError(what: string, error: unknown): void;
}

/** Silence after which a connection is replaced. Commands may be answered slowly; a lease cannot wait. */
const COMMANDS_SILENT_MS = 10_000;
const LEASE_SILENT_MS = 2000;
const LEASE_SILENT_SHARE = 0.2;

/** How often, and how many times in a row, connections to different servers are made again. */
const ALIGN_MS = 500;
const ALIGN_TRIES_MAX = 20;
const ASK_MS = 5000;

export class Links {
  readonly commands: Client;
  readonly lease: Client;
  readonly #options: LinksOptions;
  #tries = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(endpoint: RedisEndpoint, options: LinksOptions) {
    const { timeoutMs, leaseMs } = options;
    this.#options = options;
    this.commands = openClient(endpoint, 'commands', Math.max(COMMANDS_SILENT_MS, 2 * timeoutMs));
    this.lease = openClient(endpoint, 'lease', Math.min(LEASE_SILENT_MS, LEASE_SILENT_SHARE * leaseMs));
    this.commands.on('error', (error: unknown) => options.onError('the connection for commands', error));
    this.lease.on('error', (error: unknown) => options.onError('the connection for the lease', error));
    for (const client of [this.commands, this.lease]) onTopology(client, () => this.#align());
  }

  /** May be called again where it has failed. */
  async connect(): Promise<void> {
    await Promise.all(
      [this.commands, this.lease].map(async (client) => {
        if (client.status === 'wait' || client.status === 'end') await client.connect();
      }),
    );
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.commands.disconnect();
    this.lease.disconnect();
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
    const error = new Error('commands and lease are at different servers');
    this.#options.onError('both connections are made again', error);
    this.commands.disconnect(true);
    this.lease.disconnect(true);
  }

  async #areApart(): Promise<boolean> {
    const asked = Promise.all([this.commands, this.lease].map(primaryIds));
    const [commands, lease] = await inTime(asked, ASK_MS);
    return [...(commands ?? [])].join() !== [...(lease ?? [])].join();
  }
}
