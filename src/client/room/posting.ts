/** Posts to rooms, as parcels of the outbox: what may be posted, how, and in whose lane. When it goes is left to the outbox. */
import { defaultLimits, type Limits } from '../../protocol/params/limits.ts';
import { normaliseName } from '../../protocol/names/form.ts';
import { isMap, type ValueMap } from '../../protocol/params/values.ts';
import { deferred } from '../connection/deferred.ts';
import { badArgument, toParam } from '../encoding/encoding.ts';
import type { Outbox, ParcelOptions } from '../message/outbox.ts';
import { localError, type Outcome } from '../request-error.ts';

export type PostOptions = ParcelOptions;

export class Posting {
  readonly #outbox: Outbox;
  readonly #settled: (roomName: string) => boolean;
  /** Names of rooms whose lanes have something waiting. */
  readonly #names = new Map<string, number>();
  #limits: Limits = defaultLimits;

  /** `settled`: whether posting to the room makes sense now. */
  constructor(outbox: Outbox, settled: (roomName: string) => boolean) {
    this.#outbox = outbox;
    this.#settled = settled;
  }

  post(roomName: string, message: ValueMap, options: PostOptions = {}): Promise<number> {
    const checked = this.#check(roomName, message);
    if (!checked.ok) return Promise.reject(checked.error);
    const { promise, resolve, reject } = deferred<number>();
    const name = normaliseName(roomName, this.#limits);
    // It may be refused, and settled, in this turn.
    this.#count(name, 1);
    const put = this.#outbox.put<number | null>(
      {
        lane: laneOf(name),
        isReady: () => this.#settled(roomName),
        send: (link, clientMessageId, settle) =>
          link.call(
            'roomMessage',
            { roomName: normaliseName(roomName, this.#limits), message: checked.value, options: { clientMessageId } },
            settle,
          ),
      },
      {
        settled: (outcome) => {
          this.#count(name, -1);
          if (!outcome.ok) reject(outcome.error);
          else if (outcome.value === null) reject(localError('internalError', 'The service gave the message no id.'));
          else resolve(outcome.value);
        },
      },
      options,
    );
    if (!put.ok) {
      this.#count(name, -1);
      reject(put.error);
    }
    return promise;
  }

  /** What waits goes under the names that its rooms have by the service's rule. To be called before the outbox sends. */
  connected(limits: Limits): void {
    const isNew = limits.names !== this.#limits.names;
    this.#limits = limits;
    if (!isNew) return;
    for (const name of this.#names.keys()) this.#outbox.rename(laneOf(name), laneOf(normaliseName(name, limits)));
  }

  #count(name: string, change: number): void {
    const count = (this.#names.get(name) ?? 0) + change;
    if (count > 0) this.#names.set(name, count);
    else this.#names.delete(name);
  }

  /** The message as it will travel, a copy: what is refused is refused now, and what is queued stays as it was. */
  #check(roomName: string, message: ValueMap): Outcome<ValueMap> {
    const { depth } = this.#limits;
    const name = toParam('roomMessage', 0, roomName, depth);
    if (!name.ok) return name;
    if (typeof name.value !== 'string') return { ok: false, error: badArgument('roomMessage', 0, 'not a string') };
    const value = toParam('roomMessage', 1, message, depth);
    if (!value.ok) return value;
    if (!isMap(value.value)) return { ok: false, error: badArgument('roomMessage', 1, 'not a map') };
    return { ok: true, value: value.value };
  }
}

const laneOf = (roomName: string): string => `room:${roomName}`;
