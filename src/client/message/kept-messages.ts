/**
 * The objects of a room's or a conversation's messages by id: one for each as long as anybody has it, wherever it is shown, brought to the
 * latest version by what is told and by what is read. What is told of them to listeners is left to their owner.
 */
import type { MessageChange } from '../../protocol/change.ts';
import type { ValueMap } from '../../protocol/params/values.ts';
import { versionOf } from '../change/latest.ts';
import { Kept } from '../user/kept.ts';
import { idOf, type Message } from './message.ts';

export interface KeptMessagesOwner {
  /** Another object of a message, as it travelled; whose it is decides its author where nobody says so. */
  make(heard: ValueMap, isOwn?: boolean): Message;
  /** Whether all changes are told now: then what is read says no more than that. */
  isFollowed(): boolean;
}

/** Kept whether anybody has them or not. */
const keptMax = 20;
/** Messages of which is known what was told last. */
const toldMax = 256;
/** Readings that came too early, in a row. */
const readsMax = 3;

export class KeptMessages {
  readonly #owner: KeptMessagesOwner;
  #kept = new Kept<Message>(keptMax, () => false);
  /** Known to be what they are now, but for what is still to be told. */
  #sure = new WeakSet<Message>();
  /**
   * What was told last of messages, as fields of them: an answer may be older than what was told before it came, and the
   * object that is made of it would stay so. The service's order makes up for the other case: what is newer is told later.
   */
  readonly #told = new Map<number, ValueMap>();

  constructor(owner: KeptMessagesOwner) {
    this.#owner = owner;
  }

  get(id: number): Message | undefined {
    return this.#kept.get(String(id));
  }

  /** It is the one for its id from now on. */
  add(message: Message): void {
    if (message.id === undefined) return;
    if (this.get(message.id) !== message) this.#kept.set(String(message.id), message);
    this.#sure.add(message);
    const { version: _, ...told } = this.#told.get(message.id) ?? {};
    message.counted(told);
  }

  /** The object of a message that has come or was read, which is no older than that; or is just that, where it is the `latest`. */
  of(heard: ValueMap, isLatest = false, isOwn?: boolean): Message {
    const id = idOf(heard);
    if (id === undefined) return this.#owner.make(heard, isOwn);
    if (isLatest) this.#remember(id, wholeOf(heard));
    let known = this.get(id);
    // Of a log that has begun anew while nobody was told of it.
    if (known?.timestamp !== undefined && known.timestamp !== heard['timestamp']) known = undefined;
    const isSure = !isLatest && known !== undefined && this.#owner.isFollowed() && this.#sure.has(known);
    if (!isSure || versionOf(heard) > (known?.version ?? 0)) known?.renewed(heard);
    const message = known ?? this.#owner.make(heard, isOwn);
    this.add(message);
    return message;
  }

  /** Whether what was read lacks something that was told by then: it is to be read again. */
  isBehind(page: readonly ValueMap[]): boolean {
    return page.some((heard) => {
      const { version = 0 } = this.#told.get(idOf(heard) ?? 0) ?? {};
      return heard['recalled'] !== true && versionOf(heard) < Number(version);
    });
  }

  /** What is read, and again where it is behind. */
  async read<P>(read: () => Promise<P>, messagesOf: (page: P) => readonly ValueMap[]): Promise<P> {
    let page = await read();
    for (let reads = 1; reads < readsMax && this.isBehind(messagesOf(page)); reads += 1) page = await read();
    return page;
  }

  /**
   * A change was told, in the order of the service. `fits: false`: the object lacks something, and is left as it is.
   * `message`: undefined where there is none.
   */
  take(change: MessageChange): { readonly fits: boolean; readonly message: Message | undefined } {
    const known = this.get(change.id);
    if (known?.take(change) === 'misfit') return { fits: false, message: known };
    const { id, version } = change;
    const told = { ...this.#told.get(id), version };
    if (change.kind === 'reactions') this.#remember(id, { ...told, reactions: change.counts });
    else if (change.kind === 'replies') this.#remember(id, { ...told, repliesCount: change.repliesCount });
    else if (change.kind === 'update' && known === undefined) {
      return { fits: true, message: this.of({ ...change.message, id, version }, true) };
    } else this.#remember(id, change.kind === 'update' ? wholeOf({ ...change.message, version }) : told);
    return { fits: true, message: known };
  }

  /** Changes may have been missed: what is read from now on counts. */
  doubt(): void {
    this.#sure = new WeakSet();
    this.#told.clear();
  }

  /** The ids are those of other messages now. */
  forget(): void {
    this.doubt();
    this.#kept = new Kept(keptMax, () => false);
  }

  #remember(id: number, told: ValueMap): void {
    this.#told.delete(id);
    this.#told.set(id, told);
    const [oldest] = this.#told.keys();
    if (this.#told.size > toldMax && oldest !== undefined) this.#told.delete(oldest);
  }
}

/** What is remembered of a message that was told whole. */
function wholeOf(heard: ValueMap): ValueMap {
  const { reactions = {}, repliesCount = 0 } = heard;
  return { version: versionOf(heard), reactions, repliesCount };
}
