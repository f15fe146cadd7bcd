// What one device holds of the conversation of its user with another one, by nothing but what it was told and answered, over all its
// sockets. It finds out by itself what cannot be: changes that are missing or come twice, messages that do, versions that go back.
// Plain data in, no sockets.
import { canonical, HeldMessages, numberIn, textIn, type HeldMessage, type Told } from './held-messages.ts';

/** A change as it was told. */
export interface ToldChange {
  readonly text: string;
  readonly isRecall: boolean;
  readonly change: Told;
}

export class PairView {
  readonly faults: string[] = [];
  /** By their numbers: 1, 2, 3 … */
  readonly told = new Map<number, ToldChange>();
  readonly #own: string;
  readonly #held = new HeldMessages(this.faults);
  /** What was told of messages that are not there yet: a change and its message may cross. */
  readonly #early = new Map<number, Told[]>();
  readonly #heard = new Set<number>();
  #lastOfPeer = 0;

  /** Begins before anything was said. `own` is the name of its user. */
  constructor(own: string) {
    this.#own = own;
  }

  get messages(): ReadonlyMap<number, HeldMessage> {
    return this.#held.all;
  }

  get lastChange(): number {
    return this.told.size;
  }

  /** A `directMessage` or its echo came: as it is by all that was told before. */
  message(message: HeldMessage): void {
    const id = numberIn(message, 'id');
    if (this.#heard.has(id)) this.faults.push(`message ${id} came twice`);
    this.#heard.add(id);
    if (message['author'] !== this.#own) {
      if (id <= this.#lastOfPeer) this.faults.push(`message ${id} behind ${this.#lastOfPeer}`);
      this.#lastOfPeer = id;
    }
    this.#early.delete(id);
    this.#held.take(withoutStatus(message));
  }

  /** The answer to a post: as it was posted. */
  posted(message: HeldMessage): void {
    const id = numberIn(message, 'id');
    if (this.#held.all.has(id)) return;
    this.#held.take(withoutStatus(message));
    const early = this.#early.get(id) ?? [];
    this.#early.delete(id);
    for (const change of early) this.#held.apply(change);
  }

  changed(change: Told): void {
    const number = numberIn(change, 'change');
    const kind = textIn(change, 'kind');
    if (number !== this.lastChange + 1) this.faults.push(`change ${number} behind ${this.lastChange}`);
    this.told.set(number, { text: canonical(change), isRecall: kind === 'recall', change });
    // An update brings its message.
    if (this.#held.apply(change) || kind === 'update') return;
    const id = numberIn(change, 'id');
    this.#early.set(id, [...(this.#early.get(id) ?? []), change]);
  }
}

/** How far it was had changes with who reads it, and is no part of it. */
export function withoutStatus(message: HeldMessage): HeldMessage {
  const { status: _, ...rest } = message;
  return rest;
}

/** The changes of a conversation in order, as those who heard of one before its message was recalled were told; and where they differ. */
export function toldByAll(views: readonly PairView[]): { all: ReadonlyMap<number, ToldChange>; faults: string[] } {
  const all = new Map<number, ToldChange>();
  const faults: string[] = [];
  for (const [number, told] of views.flatMap((view) => [...view.told])) {
    const other = all.get(number);
    if (other === undefined || other.isRecall) all.set(number, told);
    // What was told of the words of a message is a recall for who hears it after that.
    if (other === undefined || other.isRecall || told.isRecall || other.text === told.text) continue;
    faults.push(`change ${number} is ${told.text}, and ${other.text}`);
  }
  return { all, faults };
}
