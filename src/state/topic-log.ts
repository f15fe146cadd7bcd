/** Reads the logs of topics again, for the feeds: positions, what was missed, which local sockets are still members. */
import type { LogReader, Topic } from '../bus/bus.ts';
import { readEvent, type Position, type TopicEvent } from '../bus/event.ts';
import type { Commands } from './commands.ts';
import { topicKind, topicName, type Keyspace, type TopicKey } from './keys.ts';
import type { Reply } from './script.ts';
import { bytes, list, packedPosition, position, readSockets, refusal } from './reply.ts';
import { readNodeSockets } from './scripts/room-scripts.ts';
import { readLog, rotateEpoch } from './scripts/topic-scripts.ts';
import { listSockets } from './scripts/user-scripts.ts';
import { newEpoch, newNonce } from './tokens.ts';

const PAGE_MAX = 200;

export class TopicLog implements LogReader {
  readonly #commands: Commands;
  readonly #keys: Keyspace;
  readonly #nodeId: () => string;

  constructor(commands: Commands, keys: Keyspace, nodeId: () => string) {
    this.#commands = commands;
    this.#keys = keys;
    this.#nodeId = nodeId;
  }

  async readPosition(topic: Topic): Promise<Position | 'gone'> {
    const { meta } = this.#keysOf(topic);
    const packed = await this.#commands.plain('hget', meta, 'log');
    return packed === null ? 'gone' : packedPosition(bytes(packed));
  }

  async readAfter(topic: Topic, after: Position): Promise<{ at: Position; events: TopicEvent[] } | 'gone'> {
    const { meta, history, events } = this.#keysOf(topic);
    const args = { afterSeq: after.seq, afterId: after.id, pageMax: PAGE_MAX };
    const reply = await this.#commands.run(readLog, { meta, history, events }, args);
    if (refusal(reply, ['gone']) !== undefined) return 'gone';
    const [at, messages, others] = list(reply);
    const found: TopicEvent[] = [];
    for (const entry of [...list(messages), ...list(others)]) {
      const event = readEvent(bytes(entry));
      if (event !== undefined) found.push(event);
    }
    found.sort((a, b) => a.seq - b.seq);
    return { at: position(at), events: found };
  }

  async readLocalSockets(topic: Topic): Promise<{ at: Position; sockets: ReadonlySet<string> } | 'gone'> {
    const node = this.#nodeId();
    if (topicKind(this.#topicKey(topic)) === 'room') {
      const { meta, perNode } = this.#keys.room(topicName(this.#topicKey(topic)));
      const reply = await this.#commands.run(readNodeSockets, { meta, perNode }, { node });
      if (refusal(reply, ['gone']) !== undefined) return 'gone';
      const [at, sockets] = list(reply);
      return { at: position(at), sockets: new Set(pairs(list(sockets)).map(([socket]) => socket)) };
    }
    const at = await this.readPosition(topic);
    if (at === 'gone') return 'gone';
    const { sockets, rooms } = this.#keys.user(topicName(this.#topicKey(topic)));
    const all = readSockets(await this.#commands.run(listSockets, { sockets, rooms }, {}));
    const mine = all.flatMap(({ socketId, nodeId }) => (nodeId === node ? [socketId] : []));
    return { at, sockets: new Set(mine) };
  }

  async rotateEpoch(topic: Topic, expected: string): Promise<void> {
    const { meta, channel, events } = this.#keysOf(topic);
    const args = { now: Date.now(), nonce: newNonce(), expected, epoch: newEpoch() };
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

/** A flat list of names and values as pairs. */
export function pairs(flat: readonly Reply[]): [string, string][] {
  const found: [string, string][] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const [name, value] = [flat[i], flat[i + 1]];
    if (Buffer.isBuffer(name) && Buffer.isBuffer(value)) found.push([name.toString('utf8'), value.toString('utf8')]);
  }
  return found;
}
