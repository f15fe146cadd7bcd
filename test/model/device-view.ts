// What one device of a user knows, put together from what it was told and answered over all its connections, as a client would.
// Nothing is asked here; what is compared with it is up to the test.
import type { Value } from '../../src/protocol/params/values.ts';
import type { Call, Outcome, User } from '../support/rpc.ts';
import { field } from '../chat/world.ts';

const STATUSES = ['not_sent', 'sent', 'read'];

interface Message {
  readonly author: unknown;
  /** An index of `STATUSES`. */
  status: number;
}

export class DeviceView {
  /** Rooms of the session. */
  readonly session = new Set<string>();
  /** Peer → unread messages; none where there are none. */
  readonly unread = new Map<string, number>();
  readonly contacts = new Set<string>();
  /** Peer → id → message. */
  readonly messages = new Map<string, Map<number, Message>>();
  /** What it was told that makes no sense. */
  readonly faults: string[] = [];
  /** A mark may come before the echo of the message that it names. */
  readonly #marks: { readonly peer: string; readonly status: number; readonly upToId: number }[] = [];

  /** `acts` are the requests by what became of them. */
  constructor(connections: readonly User[], acts: ReadonlyMap<Outcome, Call>) {
    for (const { received } of connections) {
      // Both come again with each login.
      this.session.clear();
      this.unread.clear();
      for (const entry of received) {
        if ('name' in entry) this.#hear(entry.name, entry.params);
        else if ('result' in entry.outcome)
          this.#answered(acts.get(entry.outcome) ?? [entry.method], entry.outcome.result);
      }
    }
    for (const mark of this.#marks) this.#apply(mark);
  }

  /** Peer → status by id. */
  statuses(peer: string): Record<number, string | undefined> {
    const known = [...(this.messages.get(peer) ?? [])].toSorted(([one], [other]) => one - other);
    return Object.fromEntries(known.map(([id, { status }]) => [id, STATUSES[status]]));
  }

  #hear(name: string, params: readonly Value[]): void {
    const [first = null, second = null] = params;
    switch (name) {
      case '$.chat.join':
        this.session.add(nameOfChat(first));
        return;
      case '$.chat.leave':
        this.session.delete(nameOfChat(first));
        return;
      case 'unreadCounts':
        for (const one of Array.isArray(first) ? first : []) this.#count(one);
        return;
      case 'contactAdded':
      case 'contactAddedEcho':
        this.contacts.add(textOf(field(first, 'userName')));
        return;
      case 'contactRemoved':
      case 'contactRemovedEcho':
        this.contacts.delete(textOf(first));
        return;
      case 'directMessage':
        // It has come: this device is not told so.
        return this.#message(textOf(field(first, 'author')), first, 1);
      case 'directMessageEcho':
        return this.#message(textOf(first), second, 0);
      case 'directMessageStatus':
        this.#marks.push({
          peer: textOf(first),
          status: STATUSES.indexOf(textOf(field(second, 'status'))),
          upToId: Number(field(second, 'upToId')),
        });
        return;
    }
  }

  #answered([method, ...params]: Call, result: Value): void {
    const [about = null, upTo = null] = params;
    switch (method) {
      case 'roomJoin':
        this.session.add(textOf(about));
        return;
      case 'roomLeave':
        this.session.delete(textOf(about));
        return;
      case 'contactAdd':
        this.contacts.add(textOf(about));
        return;
      case 'contactRemove':
        this.contacts.delete(textOf(about));
        return;
      case 'contactList':
        this.contacts.clear();
        for (const one of Array.isArray(result) ? result : []) this.contacts.add(textOf(field(one, 'userName')));
        return;
      case 'directMessage':
        return this.#message(textOf(about), result, 0);
      case 'directMessageRead':
        this.unread.delete(textOf(about));
        for (const [id, message] of this.messages.get(textOf(about)) ?? [])
          if (message.author === about && id <= Number(upTo)) message.status = STATUSES.length - 1;
        return;
      case 'directHistoryGet':
        for (const one of Array.isArray(result) ? result : [])
          this.#message(textOf(about), one, STATUSES.indexOf(textOf(field(one, 'status'))));
        return;
    }
  }

  /** Of all messages of the author of the one that it names. */
  #apply({ peer, status, upToId }: { readonly peer: string; readonly status: number; readonly upToId: number }): void {
    const known = this.messages.get(peer);
    const author = known?.get(upToId)?.author;
    if (author === undefined) this.faults.push(`${STATUSES[status]} of ${upToId}, which is not known`);
    for (const [id, message] of known ?? [])
      if (message.author === author && id <= upToId) message.status = Math.max(message.status, status);
  }

  #count(one: Value): void {
    const [peer, unread] = [field(one, 'userName'), Number(field(one, 'unread'))];
    if (typeof peer !== 'string') return;
    if (unread === 0) this.unread.delete(peer);
    else this.unread.set(peer, unread);
  }

  #message(peer: string, message: Value, status: number): void {
    const known = this.messages.get(peer) ?? new Map<number, Message>();
    this.messages.set(peer, known);
    const [id, author] = [Number(field(message, 'id')), field(message, 'author')];
    known.set(id, { author, status: Math.max(status, known.get(id)?.status ?? 0) });
  }
}

/** What is no text is none that anything has. */
const textOf = (value: Value | undefined): string => (typeof value === 'string' ? value : '');

const nameOfChat = (about: Value): string => textOf(field(field(about, 'chat') ?? null, 'name'));
