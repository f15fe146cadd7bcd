/** The contacts of the user, with their presence. */
import { useMemo } from 'react';
import type { Contacts } from '../contact/contacts.ts';
import { useClient } from './provider.ts';
import { listenTo, perObject, Snapshots, useSnapshot } from './snapshot.ts';
import type { Failure } from './sources.ts';
import { byName, viewOf, type UserView } from './user-view.ts';

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
const contactsOf = perObject((contacts: Contacts) => {
  let [isLoading, error]: [boolean, Failure | undefined] = [true, undefined];
  const snapshots = new Snapshots<Known>(
    () => ({ contacts: Array.from(contacts.values(), viewOf).sort(byName), isLoading, error }),
    (changed) => {
      const settle = (failure?: Failure): void => {
        [isLoading, error] = [false, failure];
        changed();
      };
      contacts.load().then(
        () => settle(),
        (failure: Failure) => settle(failure),
      );
      return listenTo(contacts, ['added', 'removed', 'status', 'update'], changed);
    },
  );
  return snapshots;
});

const NONE: Known = { contacts: [], isLoading: true, error: undefined };

/** The component renders again when a contact comes, goes, or changes. */
export function useContacts(): ContactsState {
  const { contacts } = useClient();
  const known = useSnapshot(contactsOf(contacts), NONE);
  return useMemo(
    () => ({
      ...known,
      add: (userName: string) => contacts.add(userName),
      remove: (userName: string) => contacts.remove(userName),
    }),
    [known, contacts],
  );
}
