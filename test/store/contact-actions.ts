// What the suites of contacts do to a store, in short.
import type { ContactOp, Pair, SideShown } from '../../src/store/contact/contact-store.ts';
import { frame, type Store } from './store.ts';

export const login = (store: Store, userName: string, socketId = 's1'): ReturnType<Store['users']['login']> =>
  store.users.login(userName, { socketId, nodeId: 'n1', echo: frame('in') });

export const logout = (
  store: Store,
  userName: string,
  { socketId = 's1', onPurpose = false } = {},
): ReturnType<Store['users']['logout']> => store.users.logout(userName, socketId, frame('out'), [], onPurpose);

export const notice = (text: string, more: Partial<SideShown> = {}): SideShown => ({
  frame: frame(text),
  except: '',
  shownOnline: true,
  ...more,
});

/** Makes contacts as the service does, all steps of it. Whoever is named first is the side that decides. */
export async function connect(store: Store, truth: string, mirror: string, op: ContactOp = 'add'): Promise<void> {
  const pair: Pair = { truth, mirror };
  const wish = { op, adds: true, trusted: true };
  const version = `whole-${truth}-${mirror}`;
  await store.contacts.begin(pair, wish, version, notice('begun'));
  const shownOnline = async (name: string): Promise<boolean> => {
    const read = await store.contacts.readProfile(name, undefined);
    return read !== 'noUser' && read.online;
  };
  await store.contacts.apply(mirror, truth, wish, notice('applied', { shownOnline: await shownOnline(mirror) }));
  await store.contacts.finish(pair, version, op, notice('done', { shownOnline: await shownOnline(truth) }));
}

export async function namesOf(store: Store, userName: string): Promise<readonly string[]> {
  const page = await store.contacts.readPage(userName, { cursor: '', limit: 1000 });
  return page === 'gone' ? [] : page.names;
}
