/**
 * Logs as outboxes of the operator's webhook: of rooms, of rooms that are deleted, and the service's own. Each has a place up to which
 * it was sent, and one node at a time that sends what is behind it. Every method is one script but where it says otherwise. Rejects
 * with `StateUnavailable` where Redis cannot be asked.
 */
import type { TopicEvent } from '../../log/event.ts';
import type { Commands } from '../../redis/commands.ts';
import type { EndedKeys, Keyspace, PairKeys, RoomKeys } from '../../redis/keys.ts';
import { grouped } from '../../redis/pages.ts';
import { flag, type OutcomeOf } from '../../redis/script.ts';
import { newEpoch } from '../../redis/tokens.ts';
import { endedLives } from './ended-lives.ts';
import * as scripts from './webhook-scripts.ts';

/** The log of a room; of a deleted one, by its life; or the service's own (undefined). */
export type Outbox = { readonly roomName: string; readonly life?: string | undefined } | undefined;

export interface Batch {
  readonly token: string;
  /** Those of the log, in its order. */
  readonly events: readonly TopicEvent[];
  /** First and last numbers of what is not kept any more, between them. */
  readonly gaps: readonly (readonly [first: number, last: number])[];
  readonly life: string;
  /** Behind the first of these numbers, up to the other one. */
  readonly seq: number;
  readonly toSeq: number;
  readonly failures: number;
  readonly replays: number;
  /** The room had an earlier life, and was sent up to this number of it: of its end nobody was told. */
  readonly former: number | undefined;
  /** The room was made since there have been webhooks, and this is its first batch. The owner is '' where there is none. */
  readonly made: { readonly createdAt: number; readonly owner: string } | undefined;
  /** Tells it from another one of the same numbers, of which Redis has lost the end. '' where no event of it was kept. */
  readonly mark: string;
}

/** From which event on a log is sent again: of that number, of that message, or of that time on. */
export type ReplayFrom = { readonly by: 'seq' | 'id' | 'time'; readonly from: number };

/** Why a batch was not taken: nothing, where it was not sent. */
export interface PutOff {
  /** Nobody tries again before that, and longer after each one in a row. */
  readonly failure?: { readonly waitMs: number };
  /** It was too large: batches have so many events at most, until nothing is left. */
  readonly most?: number;
}

export interface WebhookStoreOptions {
  readonly leaseMs: number;
  readonly batchMax: number;
  /** Of frames, in one batch; a larger event goes alone. */
  readonly batchBytes: number;
  readonly historyMaxAgeMs: number;
}

export class WebhookStore {
  readonly #commands: Commands;
  readonly #keys: Keyspace;
  readonly #options: WebhookStoreOptions;
  #since: number | undefined;

  constructor(commands: Commands, keys: Keyspace, options: WebhookStoreOptions) {
    this.#commands = commands;
    this.#keys = keys;
    this.#options = options;
  }

  /** Since when there have been webhooks, in ms by Redis's clock: asked once. */
  async since(): Promise<number> {
    this.#since ??= await this.#commands.run(scripts.beginWebhooks, this.#keys.webhooks, {});
    return this.#since;
  }

  /**
   * The next batch of a log, which is this node's for the time of the lease; `sent` is the token of the one before, if that was taken by
   * its receiver. A number: wait so many ms, for the last try failed. `busy`: another node sends, perhaps for as long
   * as its lease. `gone`: there is no such log. `ended`: another
   * room of that name comes first.
   */
  async take(outbox: Outbox, node: string, sent = ''): Promise<Batch | number | 'busy' | 'idle' | 'gone' | 'ended'> {
    const { leaseMs, batchMax, batchBytes, historyMaxAgeMs } = this.#options;
    const token = newEpoch();
    const bounds = { leaseMs, countMax: batchMax, bytesMax: batchBytes, maxAgeMs: historyMaxAgeMs };
    const which = { isEnded: flag(outbox?.life !== undefined), isOwn: flag(outbox === undefined) };
    const args = { ...which, node, sent, token, since: await this.since(), ...bounds };
    const taken = await this.#commands.run(scripts.takeEvents, this.#keysOf(outbox), args);
    if (typeof taken === 'string') return taken;
    return taken.waitMs > 0 ? taken.waitMs : batchOf(token, taken);
  }

  /** What was taken was not sent, or not taken by its receiver. Gives for how long nobody tries again. */
  async putOff(outbox: Outbox, token: string, { failure, most }: PutOff = {}): Promise<number | 'lost'> {
    const args = { token, isFailure: flag(failure !== undefined), waitMs: failure?.waitMs ?? 0, most: most ?? '' };
    return this.#commands.run(scripts.putOffEvents, this.#keysOf(outbox), args);
  }

  /** Sends a log again; gives the number of the event from which on, that of the last one, and the epoch. */
  async replay(outbox: Outbox, { by, from }: ReplayFrom): Promise<OutcomeOf<typeof scripts.replayEvents>> {
    return this.#commands.run(scripts.replayEvents, this.#keysOf(outbox), { by, from, since: await this.since() });
  }

  /** How far a log was sent. */
  read(outbox: Outbox): Promise<OutcomeOf<typeof scripts.readOutbox>> {
    return this.#commands.run(scripts.readOutbox, this.#keysOf(outbox), {});
  }

  /** Those of some rooms of which something is left to be sent. One script for each slot. */
  async withSomeLeft(roomNames: readonly string[]): Promise<string[]> {
    const since = await this.since();
    const bySlot = grouped(roomNames, (name) => this.#commands.slotOf(this.#keys.room(name).meta));
    const look = async (names: readonly string[]): Promise<string[]> => {
      const keys = names.flatMap((name) => {
        const { meta, webhook, webhookEnded } = this.#keys.room(name);
        return [meta, webhook, webhookEnded];
      });
      const isLeft = await this.#commands.run(scripts.lookAtOutboxes, {}, { since }, { keys });
      return names.filter((_, at) => isLeft[at] === true);
    };
    return (await Promise.all([...bySlot.values()].map(look))).flat();
  }

  /** Lives of deleted rooms of a name of which not all was sent, oldest first. One command. */
  endedLives(roomName: string): Promise<string[]> {
    return endedLives(this.#commands, this.#keys, roomName);
  }

  /** All of a deleted room was sent. */
  async endLife(roomName: string, life: string): Promise<void> {
    await this.#commands.run(scripts.endLife, this.#keys.endedRoom(roomName, life), { life });
  }

  /** Notes what is to be sent, and is of no room: frames. */
  async note(frames: readonly Uint8Array[]): Promise<void> {
    await this.#commands.run(scripts.noteEvents, this.#keys.webhooks, { epoch: newEpoch() }, { args: frames });
  }

  /** Whether this node looks at all rooms, for so long from now on. */
  claimScan(node: string, leaseMs: number): Promise<boolean> {
    return this.#commands.run(scripts.claimScan, this.#keys.webhooks, { node, leaseMs });
  }

  #keysOf(outbox: Outbox): RoomKeys | EndedKeys | PairKeys {
    if (outbox === undefined) return this.#keys.webhooks;
    const { roomName, life } = outbox;
    return life === undefined ? this.#keys.room(roomName) : this.#keys.endedRoom(roomName, life);
  }
}

type Taken = Exclude<OutcomeOf<typeof scripts.takeEvents>, string>;

function batchOf(token: string, taken: Taken): Batch {
  const { events = [], gaps = [], life = '', seq = 0, toSeq = 0, failures = 0, replays = 0 } = taken;
  const { former = -1, made, mark } = taken;
  return {
    token,
    events,
    gaps: gaps.map(([first = 0, last = 0]) => [first, last]),
    life,
    seq,
    toSeq,
    failures,
    replays,
    former: former < 0 ? undefined : former,
    made,
    mark: mark?.toString('hex') ?? '',
  };
}
