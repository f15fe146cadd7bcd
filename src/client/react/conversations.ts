/** The rooms that the user belongs to, newest activity first. */
import { useEffect } from 'react';
import type { ConversationsOptions } from '../conversation/conversations.ts';
import type { RoomEntry } from '../conversation/room-entry.ts';
import { useClient } from './provider.ts';
import { listenTo, perObject, Snapshots, useSnapshot } from './snapshot.ts';
import type { ConversationsSource, Failure } from './sources.ts';

export interface ConversationsState {
  /** Each entry is the same value until something of it changes. */
  readonly list: readonly RoomEntry[];
  readonly hasMore: boolean;
  readonly isLoading: boolean;
  /** Why the last page could not be read. */
  readonly error: Failure | undefined;
  /** Reads the next page into the list, or the first one where that has failed. */
  readonly loadMore: () => void;
}

/** One for each client: the list is one for all components, of what was asked for last. */
class Listing {
  readonly snapshots: Snapshots<ConversationsState>;
  readonly #conversations: ConversationsSource<RoomEntry>;
  #asked: string | undefined;
  /** The first page of that could not be read. */
  #isDue = false;
  #loading = 0;
  #error: Failure | undefined;

  constructor(conversations: ConversationsSource<RoomEntry>) {
    this.#conversations = conversations;
    const loadMore = (): void => {
      if (this.#loading > 0) return;
      if (this.#isDue) this.#load();
      else if (conversations.hasMore) this.#read(conversations.more());
    };
    this.snapshots = new Snapshots<ConversationsState>(
      () => ({
        list: conversations.list,
        hasMore: conversations.hasMore,
        isLoading: this.#loading > 0 || this.#asked === undefined,
        error: this.#error,
        loadMore,
      }),
      (changed) =>
        listenTo(conversations, ['change'], () => {
          // What could not be read has been read again.
          [this.#isDue, this.#error] = [false, undefined];
          changed();
        }),
    );
  }

  /** Once for all who ask for the same. */
  ask(asked: string): void {
    if (asked === this.#asked && !this.#isDue) return;
    this.#asked = asked;
    this.#load();
  }

  #load(): void {
    this.#isDue = false;
    // Made by `JSON.stringify` of these.
    const reading = this.#conversations.load(JSON.parse(this.#asked ?? '{}') as ConversationsOptions);
    const asked = this.#asked;
    reading.catch(() => (this.#isDue ||= asked === this.#asked));
    this.#read(reading);
  }

  #read(reading: Promise<unknown>): void {
    this.#loading += 1;
    this.#error = undefined;
    const ended = (error?: Failure): void => {
      this.#loading -= 1;
      this.#error = error;
      this.snapshots.changed();
    };
    reading.then(() => ended(), ended);
    this.snapshots.changed();
  }
}

const listingOf = perObject((conversations: ConversationsSource<RoomEntry>) => new Listing(conversations));

const NONE: ConversationsState = {
  list: [],
  hasMore: false,
  isLoading: true,
  error: undefined,
  loadMore: () => undefined,
};

/** Asks for the list when the first component looks, and again where the options are others. */
export function useConversations(options: ConversationsOptions = {}): ConversationsState {
  const listing = listingOf(useClient().conversations);
  const asked = JSON.stringify(options);
  useEffect(() => listing.ask(asked), [listing, asked]);
  return useSnapshot(listing.snapshots, NONE);
}
