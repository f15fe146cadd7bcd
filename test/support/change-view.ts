// What one observer holds of a room's messages, by nothing but what it was told: joins, messages, changes, resets. It finds out by itself
// what cannot be: numbers that are missing or come twice, versions that go back, words of what was recalled. Plain data in, no sockets.

type Told = Readonly<Record<string, unknown>>;
export type HeldMessage = Record<string, unknown>;

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
}

/** What is held at some moment, to go on from later. */
export interface Snapshot {
  readonly place: Place & { readonly lastChange: number };
  readonly lastTimestamp: number | undefined;
  readonly messages: ReadonlyMap<number, HeldMessage>;
}

const numberIn = (told: Told | undefined, key: string): number => Number(told?.[key] ?? NaN);
const textIn = (told: Told, key: string): string => {
  const text = told[key];
  return typeof text === 'string' ? text : '';
};
const listIn = (told: Told, key: string): HeldMessage[] => {
  const list = told[key];
  return Array.isArray(list) ? (list as HeldMessage[]) : [];
};
const versionOf = (message: Told): number => Number(message['version'] ?? 1);
const isRecalled = (message: Told | undefined): boolean => message?.['recalled'] === true;

/** As it is compared: the same whatever the order of its fields. */
export const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );

export class ChangeView {
  readonly faults: string[] = [];
  readonly pieces: Piece[] = [];
  /** Of ids above this every one is held. */
  knownAfter = 0;
  resets = 0;
  isIn = false;
  #messages = new Map<number, HeldMessage>();
  /** The version that a message had when it came: what led to it may follow where the message was read late. */
  #cameAs = new Map<number, number>();
  #place: Place | undefined;

  get messages(): ReadonlyMap<number, HeldMessage> {
    return this.#messages;
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
    const timestamp = this.#messages.get(place.lastMessageId)?.['timestamp'];
    return {
      place: { ...place, lastChange: place.lastChange },
      lastTimestamp: typeof timestamp === 'number' ? timestamp : undefined,
      messages: new Map([...this.#messages].map(([id, message]) => [id, { ...message }])),
    };
  }

  /** Begins with what was held once. */
  static from({ place, messages }: Snapshot): ChangeView {
    const view = new ChangeView();
    view.#place = place;
    view.#messages = new Map([...messages].map(([id, message]) => [id, { ...message }]));
    view.#cameAs = new Map([...messages].map(([id, message]) => [id, versionOf(message)]));
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
    this.pieces.push({ from: place, heard: [] });
    const lost: ('messages' | 'changes')[] = [];
    if (before?.lastChange === undefined) {
      this.#forget(place.lastMessageId);
      return lost;
    }
    if (entry['recovered'] === false) lost.push('messages');
    if (entry['changesRecovered'] !== true) lost.push('changes');
    if (lost.length > 0) {
      this.#forget(place.lastMessageId);
      return lost;
    }
    for (const message of listIn(entry, 'changes')) {
      if (numberIn(message, 'id') > before.lastMessageId)
        this.#fault(`change of ${numberIn(message, 'id')}, which was not seen`);
      this.#take(message);
    }
    const ids = listIn(entry, 'messages').map((message) => {
      this.#take(message);
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
    this.resets += 1;
    this.#place = { epoch, lastMessageId, lastChange: undefined };
    this.#forget(lastMessageId);
    this.pieces.push({ from: this.#place, heard: [] });
  }

  message(message: HeldMessage): void {
    const id = numberIn(message, 'id');
    const place = this.#heard(`m${id}`, message, isRecalled(message));
    if (place === undefined) return;
    if (id !== place.lastMessageId + 1) this.#fault(`message ${id} behind ${place.lastMessageId}`);
    this.#place = { ...place, lastMessageId: id };
    this.#take(message);
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
    this.#apply(change, id);
  }

  #heard(mark: string, told: Told, isRecall: boolean): Place | undefined {
    if (!this.isIn || this.#place === undefined) {
      this.#fault(`${mark} came, being out`);
      return undefined;
    }
    this.pieces.at(-1)?.heard.push({ mark, text: canonical(told), isRecall });
    return this.#place;
  }

  #apply(change: Told, id: number): void {
    const known = this.#messages.get(id);
    const kind = textIn(change, 'kind');
    const version = versionOf(change);
    if (known === undefined) {
      if (id > this.knownAfter) this.#fault(`${kind} of ${id}, which never came`);
      if (kind === 'update') this.#take(change['message'] as HeldMessage);
      return;
    }
    // What was told of its words is a recall by now for who reads it late, whatever is told in between.
    if (isRecalled(known)) {
      if (kind === 'update' || kind === 'append') {
        if (version > (this.#cameAs.get(id) ?? 0)) this.#fault(`${kind} of ${id}, which is recalled`);
      }
      return;
    }
    if (kind === 'reactions' || kind === 'replies') return this.#count(known, change);
    if (version <= (this.#cameAs.get(id) ?? 1)) return;
    const before = versionOf(known);
    if (kind === 'recall' ? version <= before : version !== before + 1) {
      this.#fault(`${kind} of ${id} to version ${version} behind ${before}`);
    }
    if (kind === 'recall') {
      const { author, timestamp } = known;
      const left = { id, timestamp, recalled: true, version, updatedAt: change['timestamp'] };
      this.#messages.set(id, author === undefined ? left : { ...left, author });
    } else if (kind === 'append') this.#append(known, change, version);
    else {
      const message = change['message'] as HeldMessage;
      if (versionOf(message) !== version) this.#fault(`update of ${id} to ${version} with ${versionOf(message)}`);
      this.#messages.set(id, message);
    }
  }

  #append(known: HeldMessage, change: Told, version: number): void {
    const text = Buffer.from(textIn(known, 'textMessage'));
    if (text.length !== change['offset']) {
      this.#fault(`append of ${numberIn(known, 'id')} at ${numberIn(change, 'offset')} to ${text.length} bytes`);
    }
    known['textMessage'] = `${text.toString()}${textIn(change, 'text')}`;
    Object.assign(known, { version, updatedAt: change['timestamp'], done: change['done'] ?? false });
  }

  #count(known: HeldMessage, change: Told): void {
    const { counts, repliesCount, version } = change;
    const kind = textIn(change, 'kind');
    if (versionOf(known) !== version && Number(version) > (this.#cameAs.get(Number(known['id'])) ?? 1)) {
      this.#fault(`${kind} of ${numberIn(known, 'id')} in version ${Number(version)}, held in ${versionOf(known)}`);
    }
    if (kind === 'replies') known['repliesCount'] = repliesCount;
    else if (Object.keys(Object(counts)).length === 0) delete known['reactions'];
    else known['reactions'] = counts;
  }

  /** A message comes whole. */
  #take(message: HeldMessage): void {
    const id = numberIn(message, 'id');
    const known = this.#messages.get(id);
    if (known !== undefined && versionOf(message) < versionOf(known)) {
      this.#fault(`version ${versionOf(message)} of ${id} behind ${versionOf(known)}`);
    }
    if (isRecalled(known) && !isRecalled(message)) this.#fault(`${id} came back, being recalled`);
    this.#messages.set(id, { ...message });
    this.#cameAs.set(id, versionOf(message));
  }

  #forget(upTo: number): void {
    this.knownAfter = upTo;
    this.#messages.clear();
    this.#cameAs.clear();
  }

  #fault(what: string): void {
    this.faults.push(what);
  }
}

export const positionOf = ({ place, lastTimestamp }: Snapshot): Record<string, string | number> => ({
  ...place,
  ...(lastTimestamp === undefined || place.lastMessageId === 0 ? {} : { lastTimestamp }),
});

/**
 * What is wrong with the order in which pieces came, beside that of who has heard everything. Each is a stretch of it, and says the same, but
 * for what was recalled before it was told.
 */
export function pieceFaults(whole: Piece, pieces: readonly Piece[]): string[] {
  const at = new Map(whole.heard.map(({ mark }, i) => [mark, i]));
  const placeOf = (mark: string, number: number, first: number): number =>
    number <= first ? -1 : (at.get(`${mark}${number}`) ?? Infinity);
  return pieces.flatMap(({ from, heard }) => {
    const { lastMessageId, lastChange } = from;
    const behind = Math.max(
      placeOf('m', lastMessageId, whole.from.lastMessageId),
      placeOf('c', lastChange ?? 0, whole.from.lastChange ?? 0),
    );
    // Behind a reset it is not known which changes are missing.
    let next = lastChange === undefined ? Math.max(behind + 1, at.get(heard[0]?.mark ?? '') ?? 0) : behind + 1;
    for (const { mark, text, isRecall } of heard) {
      const expected = whole.heard[next];
      if (expected?.mark !== mark) return [`${mark} where ${expected?.mark ?? 'nothing'} is`];
      // A message that is read late comes as it is then.
      const isChange = mark.startsWith('c');
      if (isChange && expected.text !== text && !isRecall && !expected.isRecall)
        return [`${mark} is ${text}, and ${expected.text}`];
      next += 1;
    }
    return [];
  });
}
