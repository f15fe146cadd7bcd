// What must and what must not compile: requests and options. Never run; `types.test.ts` has it compiled.
import { Client, createClient, type Input, type RequestName, type Result } from '../../src/client/index.ts';

declare const client: Client;
/** Compiles for exactly this type. */
declare function exactly<T>(): <U>(
  value: U,
  ...same: [T] extends [U] ? ([U] extends [T] ? [] : [never]) : [never]
) => void;

export async function namesAndInputs(): Promise<void> {
  await client.request('ping', {});
  await client.request('roomHistoryGet', { roomName: 'lobby', id: 1, limit: 10 });
  await client.request('roomCreate', { roomName: 'lobby' });
  await client.request('roomCreate', { roomName: 'lobby', whitelistOnly: true });
  // @ts-expect-error: there is no such request.
  await client.request('roomFly', {});
  // @ts-expect-error: the limit is missing.
  await client.request('roomHistoryGet', { roomName: 'lobby', id: 1 });
  // @ts-expect-error: an id is a number.
  await client.request('roomHistoryGet', { roomName: 'lobby', id: '1', limit: 10 });
  // @ts-expect-error: no param of that name.
  await client.request('roomCreate', { roomName: 'lobby', whiteListOnly: true });
  // @ts-expect-error: a request without params has an empty input all the same.
  await client.request('ping');
  // @ts-expect-error: a name may be read, not changed.
  client.userName = 'ann';
}

export async function results(): Promise<void> {
  const time = await client.request('ping', {});
  exactly<number>()(time);
  // @ts-expect-error: a time is no text.
  const text: string = time;
  const { names, count } = await client.request('roomUserlistGet', { roomName: 'lobby' });
  const sizes: readonly number[] = names.map((name) => name.length + count);
  // @ts-expect-error: that field is of another request.
  const { epoch } = await client.request('roomUserlistGet', { roomName: 'lobby' });
  const nothing = await client.request('roomDelete', { roomName: 'lobby' });
  // @ts-expect-error: it gives nil, which has no fields.
  exactly<string>()(nothing.length);
  return void [text, sizes, epoch];
}

/** What is generic over requests keeps the input and the result of one together. */
export async function traced<N extends RequestName>(name: N, input: Input<N>): Promise<Result<N>> {
  return client.request(name, input);
}

export async function generics(): Promise<void> {
  const owner: string | null = await traced('roomGetOwner', { roomName: 'lobby' });
  // @ts-expect-error: an owner is a name, or nil.
  const wrong: number = await traced('roomGetOwner', { roomName: 'lobby' });
  // @ts-expect-error: the input of another request.
  await traced('roomGetOwner', { userName: 'ann' });
  return void [owner, wrong];
}

export function options(): void {
  createClient({ urls: 'ws://a/ws', credentials: { userName: 'ann' } });
  createClient({ urls: ['ws://a/ws', 'ws://b/ws'], credentials: async () => ({ token: 't' }), reconnect: false });
  createClient({
    urls: 'ws://a/ws',
    credentials: {},
    reconnect: { minDelayMs: 10 },
    offlineMessages: 'push',
    noBinary: true,
  });
  // @ts-expect-error: credentials are missing.
  createClient({ urls: 'ws://a/ws' });
  // @ts-expect-error: no option of that name.
  createClient({ url: 'ws://a/ws', credentials: {} });
  // @ts-expect-error: no credential of that name.
  createClient({ urls: 'ws://a/ws', credentials: { user: 'ann' } });
  // @ts-expect-error: one of three words.
  createClient({ urls: 'ws://a/ws', credentials: {}, offlineMessages: 'all' });
  // @ts-expect-error: false, or how long to wait; true would leave that open.
  createClient({ urls: 'ws://a/ws', credentials: {}, reconnect: true });
}
