// The messages that somebody holds, each in its latest version, by nothing but messages that come whole and changes that are told. It finds out by
// itself what cannot be: versions that go back, pieces that do not fit, words of what was recalled. What must be held is up to the view.

export type Told = Readonly<Record<string, unknown>>;
export type HeldMessage = Record<string, unknown>;

export const numberIn = (told: Told | undefined, key: string): number => Number(told?.[key] ?? NaN);
export const textIn = (told: Told, key: string): string => {
  const text = told[key];
  return typeof text === 'string' ? text : '';
};
export const listIn = (told: Told, key: string): HeldMessage[] => {
  const list = told[key];
  return Array.isArray(list) ? (list as HeldMessage[]) : [];
};
export const versionOf = (message: Told): number => Number(message['version'] ?? 1);
export const isRecalled = (message: Told | undefined): boolean => message?.['recalled'] === true;

/** As it is compared: the same whatever the order of its fields. */
export const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );

export class HeldMessages {
  readonly #faults: string[];
  readonly #messages = new Map<number, HeldMessage>();
  /** The version that a message had when it came: what led to it may follow where the message was read late. */
  readonly #cameAs = new Map<number, number>();

  /** `faults` is where it notes what cannot be. */
  constructor(faults: string[]) {
    this.#faults = faults;
  }

  get all(): ReadonlyMap<number, HeldMessage> {
    return this.#messages;
  }

  /** A change is told. False where its message is not held; an update brings it. */
  apply(change: Told): boolean {
    const id = numberIn(change, 'id');
    const known = this.#messages.get(id);
    const kind = textIn(change, 'kind');
    if (known === undefined) {
      if (kind === 'update') this.take(change['message'] as HeldMessage);
      return false;
    }
    this.#change(known, change, kind);
    return true;
  }

  #change(known: HeldMessage, change: Told, kind: string): void {
    const id = numberIn(change, 'id');
    const version = versionOf(change);
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
      this.#messages.set(id, { ...message });
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
  take(message: HeldMessage): void {
    const id = numberIn(message, 'id');
    const known = this.#messages.get(id);
    if (known !== undefined && versionOf(message) < versionOf(known)) {
      this.#fault(`version ${versionOf(message)} of ${id} behind ${versionOf(known)}`);
    }
    if (isRecalled(known) && !isRecalled(message)) this.#fault(`${id} came back, being recalled`);
    this.#messages.set(id, { ...message });
    this.#cameAs.set(id, versionOf(message));
  }

  clear(): void {
    this.#messages.clear();
    this.#cameAs.clear();
  }

  #fault(what: string): void {
    this.#faults.push(what);
  }
}
