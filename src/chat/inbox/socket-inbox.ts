/**
 * How far one socket may move in its user's inbox: a client that was led to a position must have had everything up to it. A notice
 * and its position travel in one frame. Where a notice is held back, until a request or a join is answered, those behind it wait for
 * it; what has its own place among the answers does not wait, and its position follows later. Keeps nothing most of the time.
 */
import type { TopicEvent } from '../../log/event.ts';
import { JointFrame, notificationFrame, type AnyFrame } from '../../protocol/wire/frame.ts';
import type { InboxPosition } from '../../protocol/inbox.ts';
import { inboxPositionOf } from '../../store/inbox/inbox-store.ts';

export interface Hearer {
  send(frame: AnyFrame): void;
}

/** Of the log of a user: `held` back elsewhere, `waiting` here, or `past`. */
interface Entry {
  readonly event: TopicEvent;
  state: 'held' | 'waiting' | 'past';
}

/** More do not wait: they are told, and their position follows. */
const WAITING_MAX = 1000;

/** Whether the inbox keeps a notice to a user. */
export const isLogged = ({ kind }: TopicEvent): boolean => kind === 'message';

interface Frames {
  readonly whole: JointFrame;
  readonly position: Uint8Array;
}

const plain = new WeakMap<TopicEvent, Frames>();
const timed = new WeakMap<TopicEvent, Frames>();

/** A position as it is told: with its time only to who has asked for that. */
export const toldPosition = (position: InboxPosition, isTimed: boolean): InboxPosition =>
  isTimed ? position : { epoch: position.epoch, seq: position.seq };

function framesOf(event: TopicEvent, isTimed: boolean): Frames {
  const made = isTimed ? timed : plain;
  let frames = made.get(event);
  if (frames === undefined) {
    const position = notificationFrame('inboxPosition', [{ ...toldPosition(inboxPositionOf(event), isTimed) }]);
    frames = { whole: new JointFrame([event.frame, position]), position };
    made.set(event, frames);
  }
  return frames;
}

/**
 * A notice of the inbox with its position, or that alone, as of one whose frame was erased: however many sockets get it, it is made
 * once.
 */
export function inboxFrame(event: TopicEvent, isTold: boolean, isTimed: boolean): AnyFrame {
  const { whole, position } = framesOf(event, isTimed);
  return isTold && event.frame.length > 0 ? whole : position;
}

export class SocketInbox {
  /** Its positions are told with their times. */
  isTimed = false;
  /** From the first one that is held back on, in the order of the log. */
  #entries: Entry[] | undefined;

  /** A notice is held back: the position stays before it. */
  hold(event: TopicEvent): void {
    if (!isLogged(event)) return;
    this.#entries ??= [];
    if (!this.#entries.some((entry) => entry.event === event)) this.#entries.push({ event, state: 'held' });
  }

  /** Whether a notice that may come at any time waits for one before it; `next` gives it. */
  defer(event: TopicEvent): boolean {
    const entries = this.#entries;
    if (entries === undefined || entries.length >= WAITING_MAX) return false;
    if (entries.some((entry) => entry.event === event)) return false;
    entries.push({ event, state: 'waiting' });
    return true;
  }

  /** The next one that need not wait any more: it is to be told now. Ask until there is none. */
  next(to: Hearer): TopicEvent | undefined {
    const last = this.#dropPast();
    if (last !== undefined) to.send(inboxFrame(last, false, this.isTimed));
    const [first] = this.#entries ?? [];
    if (first?.state !== 'waiting') return undefined;
    if (isLogged(first.event)) first.state = 'past';
    else this.#drop(1);
    return first.event;
  }

  /** A notice is told, or is not for this socket: with it the socket comes as far as everything is told. */
  pass(to: Hearer, event: TopicEvent, isTold: boolean): void {
    if (!isLogged(event)) {
      if (isTold) to.send(event.frame);
      return;
    }
    if (this.#entries === undefined) return to.send(inboxFrame(event, isTold, this.isTimed));
    this.#note(this.#entries, event);
    const last = this.#dropPast();
    if (last === event) to.send(inboxFrame(event, isTold, this.isTimed));
    else if (last === undefined) {
      if (isTold) to.send(event.frame);
    } else {
      const { position } = framesOf(last, this.isTimed);
      to.send(isTold ? new JointFrame([event.frame, position]) : position);
    }
  }

  /** The last of those before which everything is told. */
  #dropPast(): TopicEvent | undefined {
    const entries = this.#entries ?? [];
    const open = entries.findIndex(({ state }) => state !== 'past');
    const passed = open < 0 ? entries.length : open;
    const last = entries[passed - 1]?.event;
    this.#drop(passed);
    return last;
  }

  #note(entries: Entry[], event: TopicEvent): void {
    const known = entries.find((entry) => entry.event === event);
    if (known !== undefined) {
      known.state = 'past';
      return;
    }
    // Of several in a row the last one says it all.
    if (entries.at(-1)?.state === 'past') entries.pop();
    entries.push({ event, state: 'past' });
  }

  #drop(count: number): void {
    this.#entries?.splice(0, count);
    if (this.#entries?.length === 0) this.#entries = undefined;
  }
}
