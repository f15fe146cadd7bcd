/**
 * Messages to rooms, as parcels of the outbox: what may be sent, how, in whose lane, and what becomes of the message's
 * object. When a parcel goes is left to the outbox.
 */
import { isMap, type Value, type ValueMap } from '../../protocol/params/values.ts';
import type { Core } from '../core.ts';
import { toParam } from '../encoding/encoding.ts';
import { contentOf } from '../message/content.ts';
import { Message } from '../message/message.ts';
import type { Outbox, ParcelOptions, Ticket } from '../message/outbox.ts';
import { classOptionsOf } from '../plugin/message-classes.ts';
import { localError, type Outcome, type RequestError } from '../request-error.ts';
import type { Memberships } from './memberships.ts';
import type { RoomFace, RoomState } from './state.ts';

export interface SendOptions extends ParcelOptions {
  /** Not stored, no id; dropped for readers who lag. */
  readonly transient?: boolean;
  /** Names of users, 50 at most. */
  readonly mentions?: readonly string[];
  /** For the owner and admins. */
  readonly mentionAll?: boolean;
  /** Kept for this connection, the last one counts, and posted when that is lost without `close()`. It is `sent` when it is kept. */
  readonly will?: boolean;
  /** Of a transient message: for a reader who lags `low` ones are dropped first. */
  readonly priority?: 'high' | 'normal' | 'low';
  /** For the operator's push to who is away; nobody else gets it. */
  readonly pushData?: Readonly<Record<string, unknown>>;
}

interface Checked {
  readonly content: ValueMap;
  /** Those of the request. */
  readonly options: ValueMap;
}

export const laneOf = (roomName: string): string => `room:${roomName}`;

export class Sending {
  readonly #core: Core;
  readonly #outbox: Outbox;
  readonly #memberships: Memberships;

  constructor(core: Core, outbox: Outbox, memberships: Memberships) {
    this.#core = core;
    this.#outbox = outbox;
    this.#memberships = memberships;
  }

  send(state: RoomState, face: RoomFace, given: object, options: SendOptions = {}): Message {
    const message = Message.own({}, this.#core.userName, state.place);
    const checked = this.#check(state.name, given, options);
    if (!checked.ok) {
      message.failed(checked.error);
      return message;
    }
    const passing: Passing = { message, ...checked.value, isReady: false };
    message.changed(passing.content);
    const put = this.#put(state, passing, options);
    if (!put.ok) message.failed(put.error);
    else {
      message.clientMessageId = put.value.clientMessageId;
      // A will is none of the room's messages yet, and will not come from here.
      if (passing.options['will'] !== true) state.own.begin(message, passing.options['transient'] === true);
      if (isStored(passing.options)) state.typing.set(false);
      this.#askPlugins(face, passing, put.value);
    }
    return message;
  }

  /** It has its place in the lane already, so that order stays while they think. */
  #askPlugins(face: RoomFace, passing: Passing, ticket: Ticket): void {
    this.#core.plugins.send<unknown>(face, 'message', passing.content, (outcome) => {
      const content = outcome.ok ? contentOf('roomMessage', outcome.value, this.#core.limits.depth) : outcome;
      if (!content.ok) return ticket.cancel(content.error);
      passing.content = content.value;
      passing.message.changed(content.value);
      passing.isReady = true;
      this.#outbox.advance();
    });
  }

  #put(state: RoomState, passing: Passing, options: SendOptions): Outcome<Ticket> {
    const { message } = passing;
    const memberships = this.#memberships;
    return this.#outbox.put<number | null>(
      {
        lane: laneOf(state.name),
        isReady: () => passing.isReady && memberships.settled(state.current.name),
        send: (link, clientMessageId, settle) => {
          const sent = { ...passing.options, clientMessageId };
          link.call('roomMessage', { roomName: state.current.name, message: passing.content, options: sent }, settle);
        },
      },
      {
        attempted: () => state.current.own.attempted(message),
        interrupted: () => {
          state.current.own.interrupted(message);
          memberships.answered(state.current.name);
        },
        settled: (outcome) => this.#settled(state.current, passing, outcome),
      },
      options,
    );
  }

  #settled(state: RoomState, { message, options }: Passing, outcome: Outcome<number | null>): void {
    const memberships = this.#memberships;
    const id = (outcome.ok ? outcome.value : undefined) ?? undefined;
    const isHeard = state.own.isHeard(message);
    const seen = memberships.position(state.name)?.lastMessageId ?? Infinity;
    state.own.ended(message, id, id !== undefined && id > seen);
    const error = this.#errorOf(outcome, options);
    // Nobody can say any more whether it was stored; but its words are there, from its author.
    const isThere = error?.code === 'timeout' && isHeard;
    if (error?.code === 'silenced') state.affairs.foundSilenced(timeOf(error.args[0]));
    if (error !== undefined && !isThere) message.failed(error);
    else {
      const held = id === undefined ? undefined : memberships.heldMessage(state.name, id);
      if (held !== undefined) message.heard(held);
      message.sent(id);
    }
    state.updated(message);
    memberships.answered(state.name);
  }

  #errorOf(outcome: Outcome<number | null>, options: ValueMap): RequestError | undefined {
    if (!outcome.ok) return outcome.error;
    if (outcome.value !== null || !isStored(options)) return undefined;
    return localError('internalError', 'The service gave the message no id.');
  }

  /** What will travel, a copy: what is refused is refused now, and what is queued stays as it was. */
  #check(roomName: string, given: object, options: SendOptions): Outcome<Checked> {
    const { depth } = this.#core.limits;
    const name = toParam('roomMessage', 0, roomName, depth);
    if (!name.ok) return name;
    const content = contentOf('roomMessage', given, depth);
    if (!content.ok) return content;
    const { transient = classOptionsOf(given).transient, mentions, mentionAll, will, priority, pushData } = options;
    const own = toParam('roomMessage', 2, { transient, mentions, mentionAll, will, priority, pushData }, depth);
    if (!own.ok) return own;
    return { ok: true, value: { content: content.value, options: isMap(own.value) ? own.value : {} } };
  }
}

/** It gets an id, and a place in the room. */
const isStored = (options: ValueMap): boolean => options['transient'] !== true && options['will'] !== true;

/** Until when, of an error `silenced`. */
export const timeOf = (until: Value | undefined): number | null => (typeof until === 'number' ? until : null);

/** A message on its way past the plugins. */
interface Passing {
  readonly message: Message;
  readonly options: ValueMap;
  content: ValueMap;
  isReady: boolean;
}
