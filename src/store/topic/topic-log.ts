/** Reads the logs of topics again, for the feeds: positions, what was missed, which local sockets are still in them. */
import type { LogReader, Topic } from '../../bus/bus.ts';
import type { Instance } from '../../bus/instance.ts';
import type { Position, TopicEvent } from '../../log/event.ts';
import type { Commands } from '../../redis/commands.ts';
import { readNodeSockets } from '../membership/node-sockets.ts';
import { topicKind, topicName, type Keyspace, type TopicKey } from '../../redis/keys.ts';
import { bytes, events, listOf, nothing, packedPosition, pairs, position } from '../../redis/reply.ts';
import { grouped } from '../../redis/pages.ts';
import { scriptsBeside } from '../../redis/script.ts';
import { newEpoch } from '../../redis/tokens.ts';

const script = scriptsBeside(import.meta.url);

const readLog = script('read-log', {
  keys: ['meta', 'history', 'latest', 'events'],
  args: ['afterSeq', 'afterId', 'pageMax', 'bytesMax', 'maxAgeMs'],
  refuses: ['gone'],
  gives: { at: position, messages: events, others: events },
});

// One key for each log.
const readPositions = script('read-positions', {
  keys: [],
  restKeys: true,
  gives: listOf((reply) => {
    if (reply === null) return 'gone' as const;
    const packed = bytes(reply);
    return packed.length === 0 ? undefined : packedPosition(packed);
  }),
});

const rotateEpoch = script('rotate-epoch', {
  keys: ['meta', 'channel', 'events'],
  args: ['expected', 'epoch'],
  writes: true,
  whenFull: true,
  refuses: ['gone', 'changed'],
  gives: nothing,
});

const PAGE_MAX = 200;
/** Of messages, and of other events. */
const PAGE_BYTES = 1 << 20;

export class TopicLog implements LogReader {
  readonly #commands: Commands;
  readonly #keys: Keyspace;
  readonly #instance: Pick<Instance, 'nodeId'>;
  readonly #maxAgeMs: number;

  /** `maxAgeMs`: how old messages may become; 0: for ever. */
  constructor(commands: Commands, keys: Keyspace, instance: Pick<Instance, 'nodeId'>, maxAgeMs: number) {
    this.#commands = commands;
    this.#keys = keys;
    this.#instance = instance;
    this.#maxAgeMs = maxAgeMs;
  }

  async readPosition(topic: Topic): Promise<Position | 'gone'> {
    const { meta } = this.#keysOf(topic);
    const packed = await this.#commands.plain('hget', meta, 'log');
    return packed === null ? 'gone' : packedPosition(bytes(packed));
  }

  async readPositions(topics: readonly Topic[]): Promise<ReadonlyMap<Topic, Position | 'gone'>> {
    const found = new Map<Topic, Position | 'gone'>();
    const bySlot = grouped(topics, (topic) => this.#commands.slotOf(this.#keysOf(topic).meta));
    const read = async (own: readonly Topic[]): Promise<void> => {
      const [only = ''] = own;
      // In a Cluster topics hardly ever share a slot: one by one they go by the client's pipelines.
      if (own.length === 1) return void found.set(only, await this.readPosition(only));
      const keys = own.map((topic) => this.#keysOf(topic).meta);
      const positions = await this.#commands.runUnfenced(readPositions, {}, {}, { keys });
      for (const [i, topic] of own.entries()) {
        const at = positions[i];
        if (at !== undefined) found.set(topic, at);
      }
    };
    const reads = await Promise.allSettled([...bySlot.values()].map(read));
    const failed = reads.find((one) => one.status === 'rejected');
    if (found.size === 0 && failed !== undefined) throw failed.reason;
    return found;
  }

  async readAfter(topic: Topic, after: Position): Promise<{ at: Position; events: TopicEvent[] } | 'gone'> {
    const { meta, history, latest, events } = this.#keysOf(topic);
    const args = {
      afterSeq: after.seq,
      afterId: after.id,
      pageMax: PAGE_MAX,
      bytesMax: PAGE_BYTES,
      maxAgeMs: this.#maxAgeMs,
    };
    const read = await this.#commands.run(readLog, { meta, history, latest, events }, args);
    if (read === 'gone') return 'gone';
    return { at: read.at, events: [...read.messages, ...read.others].sort((a, b) => a.seq - b.seq) };
  }

  async readLocalSockets(topic: Topic): Promise<{ at: Position; sockets: ReadonlySet<string> } | 'gone'> {
    const { nodeId: node } = this.#instance;
    if (topicKind(this.#topicKey(topic)) === 'room') {
      const read = await readNodeSockets(this.#commands, this.#keys.room(topicName(this.#topicKey(topic))), node);
      return read === 'gone' ? 'gone' : { at: read.at, sockets: new Set(read.sockets.keys()) };
    }
    const at = await this.readPosition(topic);
    if (at === 'gone') return 'gone';
    const { sockets } = this.#keys.user(topicName(this.#topicKey(topic)));
    const all = pairs(await this.#commands.plain('hgetall', sockets));
    const mine = all.flatMap(([socketId, nodeId]) => (nodeId === node ? [socketId] : []));
    return { at, sockets: new Set(mine) };
  }

  async rotateEpoch(topic: Topic, expected: string): Promise<void> {
    const { meta, channel, events } = this.#keysOf(topic);
    const args = { expected, epoch: newEpoch() };
    await this.#commands.run(rotateEpoch, { meta, channel, events }, args);
  }

  #keysOf(topic: Topic): ReturnType<Keyspace['user']> | ReturnType<Keyspace['room']> {
    const key = this.#topicKey(topic);
    return topicKind(key) === 'room' ? this.#keys.room(topicName(key)) : this.#keys.user(topicName(key));
  }

  // Topics come from keys.ts by way of the bus, which treats them as plain names.
  #topicKey(topic: Topic): TopicKey {
    return topic as TopicKey;
  }
}
