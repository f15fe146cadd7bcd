/**
 * Every Redis key and channel of the service is made here and nowhere else. All keys of one topic (a room, a user,
 * a node) share one hash tag, so that one script can read, write and publish in one step, on Cluster too.
 */

/** A key made by this file; scripts take nothing else. */
export type Key = string & { readonly __key: unique symbol };

/** What has a log and a channel: a room or a user. */
export type TopicKind = 'room' | 'user';
/** `room:NAME` or `user:NAME`, the name of a topic inside the service. Names cannot contain `:`. */
export type TopicKey = `${TopicKind}:${string}`;

export const roomTopic = (roomName: string): TopicKey => `room:${roomName}`;
export const userTopic = (userName: string): TopicKey => `user:${userName}`;
export const topicName = (topic: TopicKey): string => topic.slice(5);
export const topicKind = (topic: TopicKey): TopicKind => (topic.startsWith('room:') ? 'room' : 'user');

// The only place where a string becomes a key.
const key = (tag: string, part: string): Key => `${tag}:${part}` as Key;

/** Keys of a room, made as they are asked for. `perNode`, `dedup`, `tomb` and `gone` are prefixes: what scripts append stays
 * inside the tag. */
export class RoomKeys {
  readonly #tag: string;

  constructor(tag: string) {
    this.#tag = tag;
  }

  get channel(): Key {
    return key(this.#tag, 'channel');
  }
  get meta(): Key {
    return key(this.#tag, 'meta');
  }
  get members(): Key {
    return key(this.#tag, 'members');
  }
  get names(): Key {
    return key(this.#tag, 'names');
  }
  get perNode(): Key {
    return key(this.#tag, 'sockets:');
  }
  get nodes(): Key {
    return key(this.#tag, 'nodes');
  }
  get seen(): Key {
    return key(this.#tag, 'seen');
  }
  get history(): Key {
    return key(this.#tag, 'history');
  }
  get events(): Key {
    return key(this.#tag, 'events');
  }
  get dedup(): Key {
    return key(this.#tag, 'dedup:');
  }
  get tomb(): Key {
    return key(this.#tag, 'tomb:');
  }
  get adminlist(): Key {
    return key(this.#tag, 'adminlist');
  }
  get whitelist(): Key {
    return key(this.#tag, 'whitelist');
  }
  get blacklist(): Key {
    return key(this.#tag, 'blacklist');
  }
  get gone(): Key {
    return key(this.#tag, 'gone:');
  }
}

/** Keys of a user. `rooms` and `tomb` are prefixes. `history` is empty yet: the inbox's place. */
export class UserKeys {
  readonly #tag: string;

  constructor(tag: string) {
    this.#tag = tag;
  }

  get channel(): Key {
    return key(this.#tag, 'channel');
  }
  get meta(): Key {
    return key(this.#tag, 'meta');
  }
  get sockets(): Key {
    return key(this.#tag, 'sockets');
  }
  get rooms(): Key {
    return key(this.#tag, 'rooms:');
  }
  get events(): Key {
    return key(this.#tag, 'events');
  }
  get tomb(): Key {
    return key(this.#tag, 'tomb:');
  }
  get history(): Key {
    return key(this.#tag, 'history');
  }
  get resume(): Key {
    return key(this.#tag, 'resume');
  }
}

export interface NodeKeys {
  readonly lease: Key;
  readonly manifest: Key;
}

/** Makes the keys of one deployment; `prefix` keeps several of them apart on one Redis. */
export class Keyspace {
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
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

  /** Where the members of a deleted room wait until each user has been told. */
  formerMembers(roomName: string, epoch: string): Key {
    return key(this.#tag(`room:${roomName}`), `gone:${epoch}`);
  }

  user(userName: string): UserKeys {
    return new UserKeys(this.#tag(`user:${userName}`));
  }

  node(nodeId: string): NodeKeys {
    const tag = this.#tag(`node:${nodeId}`);
    return { lease: key(tag, 'lease'), manifest: key(tag, 'manifest') };
  }

  /** Sorted set of node ids by the time at which their lease may be claimed; a hint, the lease itself decides. */
  get nodes(): Key {
    return key(this.#tag('nodes'), 'leases');
  }

  /** A channel of its own for link probes; `salt` is chosen so that it lands on a given primary. */
  probe(nodeId: string, salt: string): Key {
    return key(this.#tag(`probe:${salt}`), nodeId);
  }
}

/** The text between the first `{` and the `}` after it: what Redis Cluster hashes. */
export function hashTag(key: string): string {
  const open = key.indexOf('{');
  return key.slice(open + 1, key.indexOf('}', open));
}
