/** The contacts of the user, with their presence. */
import { useMemo } from 'react';
import type { Client } from '../client.ts';
import { useClient } from './provider.ts';
import { listenTo, perObject, Snapshots, useSnapshot } from './snapshot.ts';
import type { Failure } from './sources.ts';
import { byName, listenToUsers, viewOf, type UserView } from './user-view.ts';

export interface ContactsState {
  /** By name. */
  readonly contacts: readonly UserView[];
  readonly isLoading: boolean;
  /** Why they could not be read. */
  readonly error: Failure | undefined;
  readonly add: (userName: string) => Promise<unknown>;
  readonly remove: (userName: string) => Promise<unknown>;
}

type Known = Pick<ContactsState, 'contacts' | 'isLoading' | 'error'>;

/** Read when the first component looks; the library keeps them up to date from there. */
const contactsOf = perObject((client: Client) => {
  const { contacts } = client;
  let [isLoading, error]: [boolean, Failure | undefined] = [true, undefined];
  let round = 0;
  const load = (changed: () => void): void => {
    const own = ++round;
    const settle = (failure?: Failure): void => {
      if (own !== round) return;
      [isLoading, error] = [false, failure];
      changed();
    };
    contacts.load().then(() => settle(), settle);
  };
  const snapshots = new Snapshots<Known>(
    () => ({ contacts: Array.from(contacts.values(), viewOf).sort(byName), isLoading, error }),
    (changed) => {
      load(changed);
      const users = listenToUsers(() => contacts.values(), changed);
      const stops = [
        listenTo(contacts, ['added', 'removed', 'status'], () => {
          users.follow();
          changed();
          // It was read meanwhile, or can be now.
          if (error !== undefined) load(changed);
        }),
        // An empty list that is read again by the library is no change of it.
        listenTo(client, ['connect', 'reconnect'], () => {
          if (error !== undefined) load(changed);
        }),
        users.stop,
      ];
      return () => stops.forEach((stop) => stop());
    },
  );
  // Also by the library itself, which tells nobody of a list that is as empty as before.
  contacts.onRead(() => {
    [isLoading, error] = [false, undefined];
    snapshots.changed();
  });
  return snapshots;
});

const NONE: Known = { contacts: [], isLoading: true, error: undefined };

/** The component renders again when a contact comes, goes, or changes. */
export function useContacts(): ContactsState {
  const client = useClient();
  const { contacts } = client;
  const known = useSnapshot(contactsOf(client), NONE);
  return useMemo(
    () => ({
      ...known,
      add: (userName: string) => contacts.add(userName),
      remove: (userName: string) => contacts.remove(userName),
    }),
    [known, contacts],
  );
}
