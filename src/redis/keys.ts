/**
 * Every Redis key and channel of the service is made here and nowhere else. All keys of one topic (a room, a user,
 * a node) share one hash tag, so that one script can read, write and publish in one step, on Cluster too.
 */
import { key, type Key } from './keys/key.ts';
import { EndedKeys, PairKeys, RoomKeys, UserKeys } from './keys/topic-keys.ts';

export { foundKey, type Key } from './keys/key.ts';
export type { EndedKeys, PairKeys, RoomKeys, UserKeys } from './keys/topic-keys.ts';

/** What has a log and a channel: a room or a user. */
export type TopicKind = 'room' | 'user';
/** `room:NAME` or `user:NAME`, the name of a topic inside the service. Names cannot contain `:`. */
export type TopicKey = `${TopicKind}:${string}`;

export const roomTopic = (roomName: string): TopicKey => `room:${roomName}`;
export const userTopic = (userName: string): TopicKey => `user:${userName}`;
export const topicName = (topic: TopicKey): string => topic.slice(5);
export const topicKind = (topic: TopicKey): TopicKind => (topic.startsWith('room:') ? 'room' : 'user');

export interface NodeKeys {
  readonly lease: Key;
  readonly manifest: Key;
  /** Topics that were swept after it lately. */
  readonly swept: Key;
}

/** Makes the keys of one deployment; `prefix` keeps several of them apart on one Redis. */
export class Keyspace {
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  get prefix(): string {
    return this.#prefix;
  }

  #tag(name: string): string {
    return `${this.#prefix}:{${name}}`;
  }

  /** The channel of a topic: one tag with its keys, so its scripts may publish on it. */
  channel(topic: TopicKey): Key {
    return key(this.#tag(topic), 'channel');
  }

  room(roomName: string): RoomKeys {
    return new RoomKeys(this.#tag(`room:${roomName}`));
  }

  /** Where those wait who have not been told yet that a room is deleted. `life` names which room of that name. */
  removed(roomName: string, who: 'occupants' | 'entries' | 'roster', life: string): Key {
    return key(this.#tag(`room:${roomName}`), `${who === 'occupants' ? 'members' : who}:${life}`);
  }

  /** Of a room that is deleted, what of it is yet to be sent to the webhook. */
  endedRoom(roomName: string, life: string): EndedKeys {
    return new EndedKeys(this.#tag(`room:${roomName}`), life);
  }

  /** What is sent to the webhook and is of no room. */
  get webhooks(): PairKeys {
    return new PairKeys(this.#tag('webhooks'));
  }

  user(userName: string): UserKeys {
    return new UserKeys(this.#tag(`user:${userName}`));
  }

  /** Of two users, whichever is named first. Names hold no colon. */
  pair(one: string, other: string): PairKeys {
    return new PairKeys(this.#tag(one < other ? `pair:${one}:${other}` : `pair:${other}:${one}`));
  }

  node(nodeId: string): NodeKeys {
    const tag = this.#tag(`node:${nodeId}`);
    return { lease: key(tag, 'lease'), manifest: key(tag, 'manifest'), swept: key(tag, 'swept') };
  }

  /** The channel on which an instance of a node is asked by other nodes, and answered. */
  calls(nodeId: string): Key {
    return key(this.#tag(`calls:${nodeId}`), 'channel');
  }

  /** What the `meta` keys of all topics of a kind match, for SCAN. */
  metaPattern(kind: TopicKind): string {
    return `${globOf(this.#prefix)}:{${kind}:*}:meta`;
  }

  /** The name in such a key. */
  nameIn(metaKey: string, kind: TopicKind): string {
    return metaKey.slice(this.#prefix.length + `:{${kind}:`.length, -'}:meta'.length);
  }

  /** Sorted set of node ids by the time at which their lease may be claimed; a hint, the lease itself decides. */
  get nodes(): Key {
    return key(this.#tag('nodes'), 'leases');
  }

  /** In which form the state here is kept (store/node/form.ts). */
  get form(): Key {
    return key(this.#tag('nodes'), 'form');
  }

  /** What nobody else has, to try at the start what is allowed. */
  check(id: string): { key: Key; channel: Key } {
    const tag = this.#tag(`check:${id}`);
    return { key: key(tag, 'key'), channel: key(tag, 'channel') };
  }

  /** What resume tokens are signed with. */
  get resumeKeys(): Key {
    return key(this.#tag('resume'), 'keys');
  }

  /** Whose words are being erased, by when somebody may take it up; how far each has come; and whose were lately. */
  get erasing(): { erasures: Key; progress: Key; erased: Key } {
    const tag = this.#tag('erasures');
    return { erasures: key(tag, 'pending'), progress: key(tag, 'progress'), erased: key(tag, 'done') };
  }

  /** The temporary rooms by when they end. */
  get conversations(): { endings: Key } {
    return { endings: key(this.#tag('conversations'), 'endings') };
  }

  /** Anonymous members of rooms by when to look whether they are still there. */
  get anonymousMembers(): { endings: Key } {
    return { endings: key(this.#tag('anonymous'), 'members') };
  }

  /** Node ids by when they were swept, of the last minutes. */
  get sweptNodes(): Key {
    return key(this.#tag('nodes'), 'swept');
  }

  /** A channel of its own for link probes; `salt` is chosen so that it lands on a given primary. */
  probe(nodeId: string, salt: string): Key {
    return key(this.#tag(`probe:${salt}`), nodeId);
  }
}

/** The text itself in a pattern of Redis. */
export const globOf = (text: string): string => text.replaceAll(/[*?[\]^\\-]/g, '\\$&');

/** The text between the first `{` and the `}` after it: what Redis Cluster hashes. */
export function hashTag(key: string): string {
  const open = key.indexOf('{');
  return key.slice(open + 1, key.indexOf('}', open));
}

/** What a repeated message is known by: its author, whoever's rights it was sent with, and the author's id of it. */
export const repeatKey = (author: string | undefined, clientMessageId: string | undefined): string =>
  // Names hold no line break. An empty id is none.
  clientMessageId === undefined || clientMessageId === '' ? '' : `${author ?? ''}\n${clientMessageId}`;
