/**
 * Attributes of rooms in Redis: a map as bytes, which nobody here looks into, and a version that counts its changes. Every method is
 * one script on the room's slot. Rejects with `StateUnavailable` where Redis cannot be asked.
 */
import type { Commands } from '../../redis/commands.ts';
import type { Keyspace } from '../../redis/keys.ts';
import { bytes, number, optional, yes } from '../../redis/reply.ts';
import { scriptsBeside, type OutcomeOf } from '../../redis/script.ts';
import { LOG, ROOM_LISTS, UNREADABLE, type Unreadable } from '../key-names.ts';
import { RIGHTS, rightsArgs, type Rights } from '../rights.ts';

const script = scriptsBeside(import.meta.url);

const readAttributes = script('read-attributes', {
  keys: ['meta', 'occupants', ...ROOM_LISTS],
  args: RIGHTS,
  refuses: UNREADABLE,
  gives: { version: number, map: optional(bytes), mayChange: yes },
});

const setAttributes = script('set-attributes', {
  keys: [...LOG, 'occupants', ...ROOM_LISTS],
  args: [...RIGHTS, 'version', 'attributes', 'frame'],
  writes: true,
  // `changed`: they are of another version.
  refuses: ['noRoom', 'notAllowed', 'changed'],
  gives: number,
});

export interface StoredAttributes {
  readonly version: number;
  /** In MessagePack; undefined for an empty one. */
  readonly map: Uint8Array | undefined;
  /** Whoever asks may change them. */
  readonly mayChange: boolean;
}

export class AttributesStore {
  readonly #commands: Commands;
  readonly #keys: Keyspace;

  constructor(commands: Commands, keys: Keyspace) {
    this.#commands = commands;
    this.#keys = keys;
  }

  read(roomName: string, rights: Rights): Promise<StoredAttributes | Unreadable> {
    return this.#commands.run(readAttributes, this.#keys.room(roomName), rightsArgs(rights));
  }

  /** What stands in the place of a version, and makes the next one; `frame` tells the room. Gives where in its log. */
  set(
    roomName: string,
    rights: Rights,
    { version, map, frame }: { version: number; map: Uint8Array | undefined; frame: Uint8Array },
  ): Promise<OutcomeOf<typeof setAttributes>> {
    const args = { ...rightsArgs(rights), version, attributes: map ?? '', frame };
    return this.#commands.run(setAttributes, this.#keys.room(roomName), args);
  }
}
