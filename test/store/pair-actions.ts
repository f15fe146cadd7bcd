// What the suites of conversations do: logging in and out, and each step of a send.
import { rightsOf } from '../../src/store/rights.ts';
import type { Appended, AppendOutcome, PairMessage, PairPage, PairPost } from '../../src/store/pair/pair-store.ts';
import { frame, type Store } from './store.ts';

export const ALL: PairPage = { fromId: undefined, fromTime: undefined, forward: true, limit: 1000 };

export const login = (store: Store, userName: string, socketId = 's1'): Promise<unknown> =>
  store.users.login(userName, { socketId, nodeId: 'n1', echo: frame('in') });

export const logout = (store: Store, userName: string, socketId = 's1'): Promise<unknown> =>
  store.users.logout(userName, socketId, frame('out'), []);

export interface AppendOptions {
  text?: string;
  clientMessageId?: string;
  transient?: boolean;
  replyTo?: number;
}

export const append = (
  store: Store,
  author: string,
  to: string,
  { text = 'hello', clientMessageId, transient = false, replyTo }: AppendOptions = {},
): Promise<AppendOutcome> =>
  appendOne(store, author, to, {
    prefix: Buffer.from(text),
    middle: Buffer.from('/'),
    clientMessageId,
    transient,
    replyTo,
  });

/** One message by itself; rejects where it has failed. */
export async function appendOne(store: Store, author: string, to: string, post: PairPost): Promise<AppendOutcome> {
  const [done] = await store.pairs.append(to, author, [post]);
  if (done === undefined || done instanceof Error) throw done ?? new Error('nothing became of it');
  return done;
}

export async function appended(
  store: Store,
  author: string,
  to: string,
  options: AppendOptions = {},
): Promise<Appended> {
  const done = await append(store, author, to, options);
  if (typeof done === 'string' || 'passing' in done) throw new Error(`not appended: ${JSON.stringify(done)}`);
  return done;
}

export interface DeliverOptions {
  after?: number;
  messages?: readonly PairMessage[];
  ending?: boolean;
}

export const deliver = (
  store: Store,
  to: string,
  author: string,
  message: Appended,
  { after = message.number - 1, messages = [message], ending = true }: DeliverOptions = {},
): ReturnType<Store['directs']['deliver']> =>
  store.directs.deliver(to, {
    author,
    rights: rightsOf(author),
    life: message.life,
    after,
    asOf: message.asOf,
    messages,
    ending,
  });

export const admit = (store: Store, to: string, author: string, noting = true): Promise<string> =>
  store.directs.admit(to, { author, rights: rightsOf(author) }, noting);

export async function read(
  store: Store,
  userName: string,
  peer: string,
  page: Partial<PairPage> = {},
): Promise<number[]> {
  const found = await store.pairs.read(userName, peer, { ...ALL, ...page });
  if (found === 'noPair') throw new Error('there is no log');
  return found.messages.map(({ id }) => id);
}

export const keysOf = async (store: Store): Promise<string[]> => Object.keys(await store.ttls());
