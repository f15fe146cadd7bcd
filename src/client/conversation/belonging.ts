/**
 * What of a room's object is about belonging to it: attributes, members, who may post, whether one is called for it. What is
 * known of that is the room's affairs'; its messages are left to the room.
 */
import type { Input } from '../../protocol/catalogue.ts';
import type { SilencedPage } from '../../protocol/conduct.ts';
import type { RoomDescription, RoomKind } from '../../protocol/conversation.ts';
import type { Role } from '../../protocol/member.ts';
import { pathsFault } from '../../protocol/params/paths.ts';
import { isMap, type Value, type ValueMap } from '../../protocol/params/values.ts';
import type { Until } from '../ends.ts';
import type { Core } from '../core.ts';
import { Emitter } from '../emitter.ts';
import { toParam } from '../encoding/encoding.ts';
import type { Members } from '../member/members.ts';
import { localError } from '../request-error.ts';
import type { RoomEvents } from '../room/events.ts';
import type { Affairs } from './affairs.ts';

/** Who listens to these wants the room to be read. */
const looks = ['attributes', 'role', 'silenced', 'unsilenced', 'slowMode'] as const;

export abstract class Belonging extends Emitter<RoomEvents> {
  readonly #core: Core;
  readonly #find: () => Affairs;

  constructor(core: Core, find: () => Affairs) {
    super((error) => core.failed(error));
    this.#core = core;
    this.#find = find;
  }

  /** As the service writes it, once its rule for names is known. */
  abstract get name(): string;

  /** Its attributes, as far as anything has told them; `attributes` has them read. */
  get meta(): Readonly<ValueMap> {
    return this.#affairs.attributes.map;
  }

  /**
   * Its attributes, with what was set and is not saved yet: read from the first look on, and kept while the room is joined;
   * `update` tells when they are there. The same object until something of it changes.
   */
  get attributes(): Readonly<ValueMap> {
    this.#affairs.want();
    return this.#affairs.attributes.map;
  }

  /** The attribute at a dotted path, `order.state`; undefined where there is none. */
  get(path: string): Value | undefined {
    this.#affairs.want();
    return this.#affairs.attributes.get(path);
  }

  /** Sets the attribute at a dotted path here; null removes it. `save` sends all that was set. */
  set(path: string, value: unknown): this {
    const changes = toParam('roomAttributesSet', 1, { [path]: value }, this.#core.limits.depth);
    if (!changes.ok) throw changes.error;
    if (!isMap(changes.value)) return this;
    const fault = pathsFault(changes.value, this.#core.limits.depth);
    if (fault !== undefined) throw localError('badArgument', `Bad path of an attribute: ${fault}.`, [1, null]);
    this.#affairs.set(path, changes.value[path] ?? null);
    return this;
  }

  /**
   * Sends what was set, and nothing else, in one step; gives the version that the attributes are of now. With `ifVersion`
   * only if that is the service's still (`versionConflict`). What is refused stays to be saved; `fetch` drops it.
   */
  save({ ifVersion }: { readonly ifVersion?: number } = {}): Promise<number | undefined> {
    return this.#affairs.save(ifVersion);
  }

  /** Reads the room anew, and drops what was set and not saved. */
  async fetch(): Promise<this> {
    await this.#affairs.read();
    this.#affairs.revert();
    return this;
  }

  /** What the room is, and what its user is to it. For members, who is in it, its owner and admins. */
  info(): Promise<RoomDescription> {
    return this.#affairs.read();
  }

  /** Who belongs to it, as far as they were looked at: `members.list()`, `members.load()`. */
  get members(): Members {
    return this.#affairs.members;
  }

  /** Undefined until something has told. */
  get kind(): RoomKind | undefined {
    return this.#affairs.known.kind;
  }

  /** What its user is in it; null: no member. Undefined until something has told. */
  get role(): Role | null | undefined {
    return this.#affairs.known.role;
  }

  /** How long each user waits between two messages; undefined until something has told. */
  get slowModeMs(): number | undefined {
    return this.#affairs.known.slowModeMs;
  }

  /** For the owner and admins; 0 ends it. */
  async slowMode(ms: number): Promise<void> {
    await this.#core.request('roomSlowModeSet', { roomName: this.name, ms });
  }

  /** Its user may not post: until when (milliseconds), null for good; undefined where it may. It ends by itself. */
  get silencedUntil(): Until {
    this.#affairs.want();
    return this.#affairs.silencedUntil;
  }

  /** Users may not post, until a time, or for good. For the owner and admins. */
  async silence(userNames: string | readonly string[], { until }: { until?: number | Date } = {}): Promise<void> {
    const options = until === undefined ? undefined : { until: Number(until) };
    await this.#core.request('roomSilence', { roomName: this.name, userNames: listOf(userNames), options });
  }

  async unsilence(userNames: string | readonly string[]): Promise<void> {
    await this.#core.request('roomUnsilence', { roomName: this.name, userNames: listOf(userNames) });
  }

  /** One page of who may not post. */
  silenced(options: Input<'roomSilencedGet'>['options'] = {}): Promise<SilencedPage> {
    return this.#core.request('roomSilencedGet', { roomName: this.name, options });
  }

  /** Its user wants no push for it. */
  get muted(): boolean {
    return this.#affairs.known.muted;
  }

  async mute(): Promise<void> {
    await this.#core.request('roomMute', { roomName: this.name });
  }

  async unmute(): Promise<void> {
    await this.#core.request('roomUnmute', { roomName: this.name });
  }

  protected override listened(): void {
    if (looks.some((event) => this.hears(event))) this.#affairs.want();
  }

  get #affairs(): Affairs {
    return this.#find();
  }
}

const listOf = (userNames: string | readonly string[]): string[] =>
  typeof userNames === 'string' ? [userNames] : [...userNames];
