// What one observer holds of a room's messages, by nothing but what it was told: joins, messages, changes, resets. It finds out by itself
// what cannot be: numbers that are missing or come twice, versions that go back, words of what was recalled. Plain data in, no sockets.

import {
  canonical,
  HeldMessages,
  isRecalled,
  listIn,
  numberIn,
  textIn,
  type HeldMessage,
  type Told,
} from './held-messages.ts';

/** How far a room was seen. */
export interface Place {
  readonly epoch: string;
  readonly lastMessageId: number;
  /** Undefined behind a reset, until a change has come. */
  readonly lastChange: number | undefined;
  readonly lastChangeTimestamp?: number;
}

/** A message (`m5`) or a change (`c3`), as it came live. */
export interface HeardOne {
  readonly mark: string;
  readonly text: string;
  readonly isRecall: boolean;
}

/** What came live without an interruption, and behind which place. */
export interface Piece {
  readonly from: Place;
  readonly heard: HeardOne[];
  /** A loss was told behind it: what it ends with may be of what was lost, and its numbers were given again. */
  endIsLost: boolean;
}

/** What is held at some moment, to go on from later. */
export interface Snapshot {
  readonly place: Place & { readonly lastChange: number };
  readonly lastTimestamp: number | undefined;
  readonly messages: ReadonlyMap<number, HeldMessage>;
}

export class ChangeView {
  readonly faults: string[] = [];
  readonly pieces: Piece[] = [];
  /** Of ids above this every one is held. */
  knownAfter = 0;
  /** Resets, and joins that could not give everything. */
  losses = 0;
  isIn = false;
  readonly #held = new HeldMessages(this.faults);
  #place: Place | undefined;

  get messages(): ReadonlyMap<number, HeldMessage> {
    return this.#held.all;
  }

  get place(): Place | undefined {
    return this.#place;
  }

  /** What a join names; nothing where it knows none. */
  position(): Record<string, string | number> {
    const snapshot = this.snapshot();
    return snapshot === undefined ? {} : positionOf(snapshot);
  }

  snapshot(): Snapshot | undefined {
    const place = this.#place;
    if (place?.lastChange === undefined) return undefined;
    const timestamp = this.messages.get(place.lastMessageId)?.['timestamp'];
    return {
      place: { ...place, lastChange: place.lastChange },
      lastTimestamp: typeof timestamp === 'number' ? timestamp : undefined,
      messages: new Map([...this.messages].map(([id, message]) => [id, { ...message }])),
    };
  }

  /** Begins with what was held once. */
  static from({ place, messages }: Snapshot): ChangeView {
    const view = new ChangeView();
    view.#place = place;
    for (const message of messages.values()) view.#held.take(message);
    return view;
  }

  /** An entry of `roomsJoin` came, for a join with this view's position. Returns what could not be given whole. */
  joined(entry: Told): ('messages' | 'changes')[] {
    const before = this.#place;
    const place = {
      epoch: textIn(entry, 'epoch'),
      lastMessageId: numberIn(entry, 'lastMessageId'),
      lastChange: numberIn(entry, 'lastChange'),
      ...(entry['lastChangeTimestamp'] === undefined
        ? {}
        : { lastChangeTimestamp: numberIn(entry, 'lastChangeTimestamp') }),
    };
    this.isIn = true;
    this.#place = place;
    const lost: ('messages' | 'changes')[] = [];
    if (before?.lastChange !== undefined) {
      if (entry['recovered'] === false) lost.push('messages');
      if (entry['changesRecovered'] !== true) lost.push('changes');
    }
    if (lost.length > 0) this.#lose();
    this.#begin(place);
    if (before?.lastChange === undefined || lost.length > 0) {
      this.#forget(place.lastMessageId);
      return lost;
    }
    for (const message of listIn(entry, 'changes')) {
      if (numberIn(message, 'id') > before.lastMessageId)
        this.#fault(`change of ${numberIn(message, 'id')}, which was not seen`);
      this.#held.take(message);
    }
    const ids = listIn(entry, 'messages').map((message) => {
      this.#held.take(message);
      return numberIn(message, 'id');
    });
    const missed = Array.from(
      { length: place.lastMessageId - before.lastMessageId },
      (_, i) => before.lastMessageId + 1 + i,
    );
    if (ids.join() !== missed.join()) this.#fault(`missed ${missed.join()}, was given ${ids.join()}`);
    return lost;
  }

  left(): void {
    this.isIn = false;
  }

  reset(epoch: string, lastMessageId: number): void {
    this.#place = { epoch, lastMessageId, lastChange: undefined };
    this.#lose();
    this.#begin(this.#place);
    this.#forget(lastMessageId);
  }

  message(message: HeldMessage): void {
    const id = numberIn(message, 'id');
    const place = this.#heard(`m${id}`, message, isRecalled(message));
    if (place === undefined) return;
    if (id !== place.lastMessageId + 1) this.#fault(`message ${id} behind ${place.lastMessageId}`);
    this.#place = { ...place, lastMessageId: id };
    this.#held.take(message);
  }

  changed(change: Told): void {
    const number = numberIn(change, 'change');
    const id = numberIn(change, 'id');
    const place = this.#heard(`c${number}`, change, change['kind'] === 'recall');
    if (place === undefined) return;
    if (place.lastChange !== undefined && number !== place.lastChange + 1) {
      this.#fault(`change ${number} behind ${place.lastChange}`);
    }
    if (id > place.lastMessageId) this.#fault(`change ${number} of ${id}, behind ${place.lastMessageId}`);
    this.#place = { ...place, lastChange: number, lastChangeTimestamp: numberIn(change, 'timestamp') };
    if (!this.#held.apply(change) && id > this.knownAfter)
      this.#fault(`${textIn(change, 'kind')} of ${id}, which never came`);
  }

  #heard(mark: string, told: Told, isRecall: boolean): Place | undefined {
    if (!this.isIn || this.#place === undefined) {
      this.#fault(`${mark} came, being out`);
      return undefined;
    }
    this.pieces.at(-1)?.heard.push({ mark, text: canonical(told), isRecall });
    return this.#place;
  }

  #lose(): void {
    this.losses += 1;
    for (const piece of this.pieces) piece.endIsLost = true;
  }

  #begin(from: Place): void {
    this.pieces.push({ from, heard: [], endIsLost: false });
  }

  #forget(upTo: number): void {
    this.knownAfter = upTo;
    this.#held.clear();
  }

  #fault(what: string): void {
    this.faults.push(what);
  }
}

export const positionOf = ({ place, lastTimestamp }: Snapshot): Record<string, string | number> => ({
  ...place,
  ...(lastTimestamp === undefined || place.lastMessageId === 0 ? {} : { lastTimestamp }),
});

const around = (heard: readonly HeardOne[], at: number): string =>
  heard
    .slice(Math.max(0, at - 3), at + 4)
    .map(({ mark }) => mark)
    .join(' ');

/**
 * What is wrong with the order in which pieces came, beside that of who has heard everything, and lost nothing. Each is a stretch of it, and
 * says the same, but for what was recalled before it was told, and for an end that is lost.
 */
export function pieceFaults(whole: Omit<Piece, 'endIsLost'>, pieces: readonly Piece[]): string[] {
  const at = new Map(whole.heard.map(({ mark }, i) => [mark, i]));
  const placeOf = (mark: string, number: number, first: number): number =>
    number <= first ? -1 : (at.get(`${mark}${number}`) ?? Infinity);
  return pieces.flatMap(({ from, heard, endIsLost }) => {
    const { lastMessageId, lastChange } = from;
    const behind = Math.max(
      placeOf('m', lastMessageId, whole.from.lastMessageId),
      placeOf('c', lastChange ?? 0, whole.from.lastChange ?? 0),
    );
    // Behind a reset it is not known which changes are missing.
    let next = lastChange === undefined ? Math.max(behind + 1, at.get(heard[0]?.mark ?? '') ?? 0) : behind + 1;
    for (const [i, { mark, text, isRecall }] of heard.entries()) {
      const expected = whole.heard[next];
      // As a message that is read late comes as it is then, only changes have one text.
      const isChange = mark.startsWith('c');
      const isOther = isChange && expected !== undefined && expected.text !== text && !isRecall && !expected.isRecall;
      if (endIsLost && (isOther || expected?.mark !== mark)) return [];
      if (expected?.mark !== mark) {
        const told = `from ${JSON.stringify(from)} ${around(heard, i)}; all: ${around(whole.heard, next)}`;
        return [`${mark} where ${expected?.mark ?? 'nothing'} is (${told})`];
      }
      if (isOther) return [`${mark} is ${text}, and ${expected.text}`];
      next += 1;
    }
    return [];
  });
}
