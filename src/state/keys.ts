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

/** Keys of a room. `perNode`, `dedup`, `tomb` and `gone` are prefixes: what scripts append stays inside the tag. */
export interface RoomKeys {
  readonly channel: Key;
  readonly meta: Key;
  readonly members: Key;
  readonly names: Key;
  readonly perNode: Key;
  readonly nodes: Key;
  readonly seen: Key;
  readonly history: Key;
  readonly events: Key;
  readonly dedup: Key;
  readonly tomb: Key;
  readonly adminlist: Key;
  readonly whitelist: Key;
  readonly blacklist: Key;
  readonly gone: Key;
}

export interface UserKeys {
  readonly channel: Key;
  readonly meta: Key;
  readonly sockets: Key;
  readonly rooms: Key;
  readonly events: Key;
  readonly tomb: Key;
  /** No log of messages yet: the inbox's place. */
  readonly history: Key;
  readonly resume: Key;
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

  #key(tag: string, part: string): Key {
    // The only place where a string becomes a key.
    return `${this.#prefix}:{${tag}}:${part}` as Key;
  }

  /** The channel of a topic: one tag with its keys, so its scripts may publish on it. */
  channel(topic: TopicKey): Key {
    return this.#key(topic, 'channel');
  }

  room(roomName: string): RoomKeys {
    const key = (part: string): Key => this.#key(`room:${roomName}`, part);
    return {
      channel: key('channel'),
      meta: key('meta'),
      members: key('members'),
      names: key('names'),
      perNode: key('sockets:'),
      nodes: key('nodes'),
      seen: key('seen'),
      history: key('history'),
      events: key('events'),
      dedup: key('dedup:'),
      tomb: key('tomb:'),
      adminlist: key('adminlist'),
      whitelist: key('whitelist'),
      blacklist: key('blacklist'),
      gone: key('gone:'),
    };
  }

  /** Where the members of a deleted room wait until each user has been told. */
  formerMembers(roomName: string, epoch: string): Key {
    return this.#key(`room:${roomName}`, `gone:${epoch}`);
  }

  user(userName: string): UserKeys {
    const key = (part: string): Key => this.#key(`user:${userName}`, part);
    return {
      channel: key('channel'),
      meta: key('meta'),
      sockets: key('sockets'),
      rooms: key('rooms:'),
      events: key('events'),
      tomb: key('tomb:'),
      history: key('history'),
      resume: key('resume'),
    };
  }

  node(nodeId: string): NodeKeys {
    return { lease: this.#key(`node:${nodeId}`, 'lease'), manifest: this.#key(`node:${nodeId}`, 'manifest') };
  }

  /** Sorted set of node ids by the time at which their lease may be claimed; a hint, the lease itself decides. */
  get nodes(): Key {
    return this.#key('nodes', 'leases');
  }

  /** A channel of its own for link probes; `salt` is chosen so that it lands on a given primary. */
  probe(nodeId: string, salt: string): Key {
    return this.#key(`probe:${salt}`, nodeId);
  }
}

/** The text between the first `{` and the `}` after it: what Redis Cluster hashes. */
export function hashTag(key: string): string {
  const open = key.indexOf('{');
  return key.slice(open + 1, key.indexOf('}', open));
}
