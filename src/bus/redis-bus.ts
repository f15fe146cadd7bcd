/**
 * The bus over Redis's sharded pub/sub: one connection for subscriptions to each primary, proved every two seconds by a probe
 * that has to come back. A link that does not echo is replaced, and its owner is told that events may be missing.
 */
import { every, type Beat } from '../ops/beat.ts';
import type { BusCounters } from '../ops/counters.ts';
import type { Commands } from '../redis/commands.ts';
import type { Key, Keyspace, TopicKey } from '../redis/keys.ts';
import { grouped, inPages } from '../redis/pages.ts';
import type { Shards } from '../redis/shards.ts';
import { REDIRECTED, StateUnavailable } from '../redis/unavailable.ts';
import { BusLink } from './bus-link.ts';
import type { Topic, Transport, TransportListener } from './bus.ts';

export interface RedisBusDeps {
  readonly shards: Shards;
  readonly commands: Pick<Commands, 'plain'>;
  readonly keys: Keyspace;
  readonly nodeId: string;
  /** How long a subscription may take. */
  readonly timeoutMs: number;
  readonly counters: BusCounters;
  onError(what: string, error: unknown): void;
}

const PROBE_MS = 2000;
const LIVE_MS = 1000;
/** Probes in a row that may be missing before the link is replaced; the first one makes it unhealthy. */
const MISSES_MAX = 2;
const RETRY_MS = 50;
const SALTS_MAX = 100_000;

/** A primary with the link to it, and what proves it. */
interface Shard {
  readonly link: BusLink;
  /** Undefined until a slot of this primary is found. */
  probe: Key | undefined;
  sent: number;
  echoed: number;
  misses: number;
  /** The last probe could not be sent. */
  isMute: boolean;
}

export class RedisBus implements Transport {
  readonly #deps: RedisBusDeps;
  readonly #channels = new Map<string, Topic>();
  /** Channels that are no topics, and who hears them. */
  readonly #hearers = new Map<string, (bytes: Buffer) => void>();
  /** By primary. */
  readonly #shards = new Map<string, Shard>();
  /** The primary of each slot, as the links are set up. */
  #owners: readonly (string | undefined)[] = [];
  #listener: TransportListener | undefined;
  #beats: Beat[] = [];
  #healthy = false;
  #count = 0;
  #probing = false;
  #closed = false;

  constructor(deps: RedisBusDeps) {
    this.#deps = deps;
    deps.shards.onMoved(() => this.#assign());
  }

  get healthy(): boolean {
    // What was proven of a former connection says nothing of this one.
    return (
      this.#healthy && [...this.#shards.values()].every(({ link, echoed }) => link.isReady && echoed >= link.readyAt)
    );
  }

  /** Milliseconds since the oldest echo among the links; Infinity where one has never come. */
  get probeAgeMs(): number {
    const now = performance.now();
    const ages = [...this.#shards.values()].map(({ echoed }) => (echoed === 0 ? Infinity : now - echoed));
    return ages.length === 0 ? Infinity : Math.max(...ages);
  }

  /** Resolves when every link has been proven to be able to. May be called again where it has failed. */
  async start(listener: TransportListener): Promise<void> {
    this.#listener = listener;
    this.#assign();
    if (this.#beats.length === 0) {
      this.#beats = [
        every(PROBE_MS, () => void this.#probe()),
        every(LIVE_MS, () => this.#shards.forEach(({ link }) => link.tick())),
      ];
    }
    await this.#subscribe([...this.#all(), ...this.#probes()]);
    await this.#probe();
  }

  stop(): void {
    this.#closed = true;
    for (const beat of this.#beats) beat.stop();
    for (const { link } of this.#shards.values()) link.close();
  }

  /** Connects anew, everywhere: the servers are others than before. */
  reconnect(): void {
    for (const { link } of this.#shards.values()) link.replace();
  }

  async subscribe(topics: readonly Topic[]): Promise<void> {
    const channels = topics.map((topic) => this.#channelOf(topic));
    for (const [i, channel] of channels.entries()) this.#channels.set(channel, topics[i] ?? '');
    await this.#subscribe(channels);
  }

  async unsubscribe(topics: readonly Topic[]): Promise<void> {
    const channels = topics.map((topic) => this.#channelOf(topic));
    for (const channel of channels) this.#channels.delete(channel);
    await this.#unsubscribe(channels);
  }

  /** Hears another channel from now on, whatever becomes of the link; `subscribe`'s promises hold for it. */
  async listen(channel: Key, hear: (bytes: Buffer) => void): Promise<void> {
    this.#hearers.set(channel, hear);
    await this.#subscribe([channel]);
  }

  async unlisten(channel: Key): Promise<void> {
    this.#hearers.delete(channel);
    await this.#unsubscribe([channel]);
  }

  // Topics are made by keys.ts; the bus treats them as plain names.
  #channelOf(topic: Topic): string {
    return this.#deps.keys.channel(topic as TopicKey);
  }

  /** A slot that has moved is looked for as long as a subscription may take. */
  async #subscribe(channels: readonly string[]): Promise<void> {
    const deadline = performance.now() + this.#deps.timeoutMs;
    for (;;) {
      try {
        await Promise.all([...this.#byShard(channels)].map(([shard, own]) => shard.link.subscribe(own)));
        return;
      } catch (error) {
        const isElsewhere = error instanceof StateUnavailable && REDIRECTED.test(error.message);
        if (!isElsewhere || performance.now() + RETRY_MS > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  async #unsubscribe(channels: readonly string[]): Promise<void> {
    const known = channels.filter((channel) => this.#shardOf(channel) !== undefined);
    await Promise.all([...this.#byShard(known)].map(([shard, own]) => shard.link.unsubscribe(own)));
  }

  #shardOf(channel: string): Shard | undefined {
    const owner = this.#owners[this.#deps.shards.slotOf(channel)];
    return owner === undefined ? undefined : this.#shards.get(owner);
  }

  #byShard(channels: readonly string[]): Map<Shard, string[]> {
    return grouped(channels, (channel) => {
      const shard = this.#shardOf(channel);
      if (shard === undefined) throw new StateUnavailable('no primary is known for a channel');
      return shard;
    });
  }

  /** What is heard here, but for probes. */
  #all(): string[] {
    return [...this.#channels.keys(), ...this.#hearers.keys()];
  }

  #probes(): string[] {
    return [...this.#shards.values()].flatMap(({ probe }) => (probe === undefined ? [] : [probe]));
  }

  /** Links to the primaries that there are, and every channel at the one that serves it. */
  #assign(): void {
    if (this.#listener === undefined || this.#closed) return;
    const before = this.#owners;
    this.#owners = this.#deps.shards.owners();
    const primaries = new Set(this.#owners.filter((owner) => owner !== undefined));
    for (const [primary, { link }] of this.#shards) {
      if (primaries.has(primary)) continue;
      link.close();
      this.#shards.delete(primary);
    }
    for (const primary of primaries) {
      if (!this.#shards.has(primary)) this.#shards.set(primary, this.#connect(primary));
    }
    const fresh = this.#findProbes();
    if (before.length === 0) return;
    const { shards } = this.#deps;
    const hasMoved = (channel: string): boolean =>
      before[shards.slotOf(channel)] !== this.#owners[shards.slotOf(channel)];
    const moved = [...this.#all().filter(hasMoved), ...fresh];
    if (moved.length === 0) return;
    this.#subscribe(moved).then(
      () => this.#listener?.interrupted('slots moved'),
      // A link that is not there yet subscribes all that it has to hold when it is.
      (error: unknown) => this.#deps.onError('moving subscriptions', error),
    );
  }

  /** A channel for each primary that lands on it; gives those that are new. */
  #findProbes(): string[] {
    const { keys, nodeId } = this.#deps;
    const found: string[] = [];
    const missing = new Set(this.#shards.values());
    for (const shard of missing) {
      if (shard.probe !== undefined && this.#shardOf(shard.probe) === shard) missing.delete(shard);
      else shard.probe = undefined;
    }
    for (let salt = 0; missing.size > 0 && salt < SALTS_MAX; salt++) {
      const probe = keys.probe(nodeId, String(salt));
      const shard = this.#shardOf(probe);
      if (shard === undefined || !missing.delete(shard)) continue;
      shard.probe = probe;
      found.push(probe);
    }
    return found;
  }

  #connect(primary: string): Shard {
    const { shards, timeoutMs } = this.#deps;
    const wanted = (): string[] => {
      const all = [...this.#all(), ...this.#probes()];
      return all.filter((channel) => this.#owners[shards.slotOf(channel)] === primary);
    };
    const link = new BusLink({
      open: () => shards.open(primary),
      wanted,
      calls: (channels) => this.#calls(channels),
      received: (channel, bytes) => this.#received(channel, bytes, link),
      ready: () => {
        // What was sent while the link was made could not be echoed, and says nothing about it.
        shard.sent = 0;
        this.#listener?.interrupted('a link was made');
        void this.#probe();
      },
      strayed: () => shards.refresh(),
      onError: (error) => this.#deps.onError('the connection for subscriptions', error),
      timeoutMs,
    });
    const shard: Shard = { link, probe: undefined, sent: 0, echoed: 0, misses: 0, isMute: false };
    return shard;
  }

  /** In Cluster the channels of one call have to be of one slot. */
  #calls(channels: readonly string[]): string[][] {
    const { shards } = this.#deps;
    const slots = grouped(channels, (channel) => shards.slotOf(channel));
    return [...slots.values()].flatMap((own) => inPages(own));
  }

  #received(channel: string, bytes: Buffer, link: BusLink): void {
    const topic = this.#channels.get(channel);
    if (topic !== undefined) {
      this.#listener?.received(topic, bytes);
      return;
    }
    const hear = this.#hearers.get(channel);
    if (hear !== undefined) return hear(bytes);
    const shard = [...this.#shards.values()].find(({ probe }) => probe === channel);
    // Let go while the connection was made.
    if (shard === undefined) return void link.unsubscribe([channel]);
    shard.echoed = performance.now();
    shard.misses = 0;
    shard.isMute = false;
    this.#judge();
  }

  /** Each tick: were the last probes echoed? Neither sent to nor asked of links that are only being made. */
  async #probe(): Promise<void> {
    if (this.#probing || this.#closed) return;
    this.#probing = true;
    try {
      for (const shard of this.#shards.values()) {
        if (!shard.link.isReady) continue;
        if (shard.sent > shard.echoed) shard.misses++;
        if (shard.misses < MISSES_MAX) continue;
        // Not healthy before the new one has echoed.
        shard.misses = 1;
        this.#deps.counters.linkRebuilds++;
        shard.link.replace();
      }
      this.#judge();
      const ready = [...this.#shards.values()].filter(({ link }) => link.isReady);
      await Promise.all(ready.map((shard) => this.#send(shard)));
      this.#judge();
    } finally {
      this.#probing = false;
    }
  }

  async #send(shard: Shard): Promise<void> {
    if (shard.probe === undefined) return;
    const sent = performance.now();
    try {
      await this.#deps.commands.plain('spublish', shard.probe, String(this.#count++));
      shard.isMute = false;
    } catch (error) {
      // A probe that could not be sent proves nothing about the link: the connection for commands is proven by itself. One that
      // came back does, even if the answer that it was sent is behind much that users have asked for.
      shard.isMute = shard.echoed < sent;
      if (!shard.isMute) return;
      return this.#deps.onError('probing the bus', error);
    }
    if (shard.echoed < sent) shard.sent = sent;
  }

  #judge(): void {
    const before = this.#healthy;
    const shards = [...this.#shards.values()];
    this.#healthy =
      shards.length > 0 && shards.every(({ misses, echoed, isMute }) => misses === 0 && echoed > 0 && !isMute);
    if (this.#healthy && !before) this.#listener?.interrupted('the bus is proven again');
  }
}
