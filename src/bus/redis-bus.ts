/**
 * The bus over Redis's sharded pub/sub: one connection for subscriptions, proved every two seconds by a probe to each
 * primary that has to come back. A link that does not echo is replaced, and its owner is told that events may be missing.
 */
import { Cluster } from 'ioredis';
import { inTime, type Commands } from '../state/commands.ts';
import { onTopology, saltsPerPrimary, type Client } from '../state/connect.ts';
import type { Key, Keyspace, TopicKey } from '../state/keys.ts';
import type { BusCounters } from '../ops/counters.ts';
import type { Topic, Transport, TransportListener } from './bus.ts';

export interface RedisBusParts {
  /** A new connection for subscriptions, not connected yet. */
  openSubscriber(): Client;
  readonly commands: Commands;
  readonly keys: Keyspace;
  readonly nodeId: string;
  /** How long a subscription may take. */
  readonly timeoutMs: number;
  readonly counters: BusCounters;
  onError(what: string, error: unknown): void;
}

const PROBE_MS = 2000;
/** Probes in a row that may be missing before the link is replaced; the first one makes it unhealthy. */
const MISSES_MAX = 2;
/** How long replacing the link may take: all subscriptions are made again. */
const REBUILD_MS = 10_000;

interface Probe {
  sent: number;
  echoed: number;
  misses: number;
}

export class RedisBus implements Transport {
  readonly #parts: RedisBusParts;
  readonly #channels = new Map<string, Topic>();
  readonly #probes = new Map<string, Probe>();
  /** Channels that are no topics, and who hears them. */
  readonly #hearers = new Map<string, (bytes: Buffer) => void>();
  #listener: TransportListener | undefined;
  #subscriber: Client;
  #timer: NodeJS.Timeout | undefined;
  #healthy = false;
  #count = 0;
  #probing = false;
  #closed = false;

  constructor(parts: RedisBusParts) {
    this.#parts = parts;
    this.#subscriber = this.#open();
  }

  get healthy(): boolean {
    return this.#healthy;
  }

  /** Milliseconds since the oldest echo among the links; Infinity where one has never come. */
  get probeAgeMs(): number {
    const now = performance.now();
    const ages = [...this.#probes.values()].map(({ echoed }) => (echoed === 0 ? Infinity : now - echoed));
    return ages.length === 0 ? Infinity : Math.max(...ages);
  }

  /** May be called again where it has failed. */
  async start(listener: TransportListener): Promise<void> {
    this.#listener = listener;
    const { status } = this.#subscriber;
    if (status === 'wait' || status === 'end') await this.#subscriber.connect();
    this.#timer ??= setInterval(() => void this.#probe(), PROBE_MS);
    await this.#probe();
  }

  stop(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#subscriber.disconnect();
  }

  async subscribe(topics: readonly Topic[]): Promise<void> {
    const channels = topics.map((topic) => this.#channelOf(topic));
    for (const [i, channel] of channels.entries()) this.#channels.set(channel, topics[i] ?? '');
    // The subscriber waits for its connection as long as it takes; those who wait for the subscriber do not.
    await inTime(this.#subscribeOn(this.#subscriber, channels), this.#parts.timeoutMs);
  }

  async unsubscribe(topics: readonly Topic[]): Promise<void> {
    const channels = topics.map((topic) => this.#channelOf(topic));
    for (const channel of channels) this.#channels.delete(channel);
    if (channels.length === 0) return;
    if (this.#subscriber instanceof Cluster) {
      await Promise.all(channels.map((channel) => this.#subscriber.sunsubscribe(channel)));
    } else {
      await this.#subscriber.sunsubscribe(...channels);
    }
  }

  /** Hears another channel from now on, whatever becomes of the link; `subscribe`'s promises hold for it. */
  async listen(channel: Key, hear: (bytes: Buffer) => void): Promise<void> {
    this.#hearers.set(channel, hear);
    await inTime(this.#subscribeOn(this.#subscriber, [channel]), this.#parts.timeoutMs);
  }

  async unlisten(channel: Key): Promise<void> {
    this.#hearers.delete(channel);
    await inTime(this.#subscriber.sunsubscribe(channel), this.#parts.timeoutMs);
  }

  // Topics are made by keys.ts; the bus treats them as plain names.
  #channelOf(topic: Topic): string {
    return this.#parts.keys.channel(topic as TopicKey);
  }

  /** One slot a call in Cluster; the client sends them together all the same. */
  async #subscribeOn(client: Client, channels: readonly string[]): Promise<void> {
    if (channels.length === 0) return;
    if (client instanceof Cluster) await Promise.all(channels.map((channel) => client.ssubscribe(channel)));
    else await client.ssubscribe(...channels);
  }

  #open(): Client {
    const client = this.#parts.openSubscriber();
    client.on('error', (error: unknown) => this.#parts.onError('the connection for subscriptions', error));
    client.on('smessageBuffer', (channel: Buffer, bytes: Buffer) => {
      if (client === this.#subscriber) this.#received(channel.toString('utf8'), bytes);
    });
    onTopology(client, (reason) => {
      if (client === this.#subscriber) this.#listener?.interrupted(reason);
    });
    return client;
  }

  #received(channel: string, bytes: Buffer): void {
    const topic = this.#channels.get(channel);
    if (topic !== undefined) {
      this.#listener?.received(topic, bytes);
      return;
    }
    const probe = this.#probes.get(channel);
    if (probe === undefined) return this.#hearers.get(channel)?.(bytes);
    probe.echoed = performance.now();
    probe.misses = 0;
    this.#judge();
  }

  /** Each tick: were the last probes echoed, and are there primaries without one? */
  async #probe(): Promise<void> {
    if (this.#probing || this.#closed) return;
    this.#probing = true;
    try {
      for (const probe of this.#probes.values()) if (probe.sent > probe.echoed) probe.misses++;
      this.#judge();
      if ([...this.#probes.values()].some((probe) => probe.misses >= MISSES_MAX)) await this.#rebuild();
      await this.#coverPrimaries();
      await Promise.all([...this.#probes].map(([channel, probe]) => this.#send(channel, probe)));
    } catch (error) {
      this.#healthy = false;
      this.#parts.onError('probing the bus', error);
    } finally {
      this.#probing = false;
    }
  }

  async #send(channel: string, probe: Probe): Promise<void> {
    const sent = performance.now();
    try {
      await this.#parts.commands.plain('spublish', this.#key(channel), String(this.#count++));
    } catch (error) {
      // A probe that could not be sent proves nothing about the link. One that came back does, even if the answer that it
      // was sent is behind much that users have asked for.
      if (probe.echoed < sent) throw error;
    }
    if (probe.echoed < sent) probe.sent = sent;
  }

  #judge(): void {
    const before = this.#healthy;
    this.#healthy = this.#probes.size > 0 && [...this.#probes.values()].every((p) => p.misses === 0 && p.echoed > 0);
    if (this.#healthy && !before) this.#listener?.interrupted('the bus is proven again');
  }

  async #coverPrimaries(): Promise<void> {
    const { keys, nodeId } = this.#parts;
    const salts = saltsPerPrimary(this.#subscriber, (salt) => keys.probe(nodeId, salt));
    const wanted = new Set(salts.map((salt): string => keys.probe(nodeId, salt)));
    if (wanted.size === 0) throw new Error('no primary is known');
    for (const channel of this.#probes.keys()) {
      if (wanted.has(channel)) continue;
      this.#probes.delete(channel);
      await inTime(this.#subscriber.sunsubscribe(channel), this.#parts.timeoutMs);
    }
    const added = [...wanted].filter((channel) => !this.#probes.has(channel));
    await inTime(this.#subscribeOn(this.#subscriber, added), this.#parts.timeoutMs);
    for (const channel of added) this.#probes.set(channel, { sent: 0, echoed: 0, misses: 0 });
  }

  /** Replaces the connection: whatever state the old one is in, the new one holds what the registry says. */
  async #rebuild(): Promise<void> {
    this.#parts.counters.linkRebuilds++;
    const old = this.#subscriber;
    const next = this.#open();
    try {
      await inTime(this.#connect(next), REBUILD_MS);
    } catch (error) {
      next.disconnect();
      throw error;
    }
    this.#subscriber = next;
    old.disconnect();
    if (this.#closed) return next.disconnect();
    // Subscribed between the copy of the registry and now: those went to the old connection.
    await inTime(this.#subscribeOn(next, [...this.#channels.keys(), ...this.#hearers.keys()]), REBUILD_MS);
    for (const probe of this.#probes.values()) probe.misses = 0;
    this.#listener?.interrupted('the link was rebuilt');
  }

  async #connect(next: Client): Promise<void> {
    await next.connect();
    await this.#subscribeOn(next, [...this.#channels.keys(), ...this.#hearers.keys(), ...this.#probes.keys()]);
  }

  #key(channel: string): ReturnType<Keyspace['probe']> {
    return channel as ReturnType<Keyspace['probe']>; // made by keys.probe
  }
}
