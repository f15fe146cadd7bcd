// A direct message that is kept has steps on the slots of two users and of their pair. Here a node dies between each two: the test
// does the first ones itself, as a node that goes no further. Then Redis refuses a node the keys of one slot.
import { beforeAll, expect, test } from '@jest/globals';
import { storedDirectFrame } from '../../src/protocol/direct.ts';
import type { Value } from '../../src/protocol/params/values.ts';
import type { Appended } from '../../src/store/pair/pair-store.ts';
import { rightsOf } from '../../src/store/rights.ts';
import { appendOne } from '../store/pair-actions.ts';
import { openStore, type Store } from '../store/store.ts';
import { eventually } from '../support/eventually.ts';
import { startSplitLink } from '../support/weather.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startService, type Service } from '../support/service.ts';

const scope = useScope();
let service: Service<RedisServer>;
let store: Store;
let count = 0;

beforeAll(async () => {
  service = await startService(scope, { nodes: 2, redis: await startRedis(scope) });
  store = await openStore(scope, service.redis, { prefix: service.prefix, dedupMs: 300_000 });
});

const login = (node: 0 | 1, userName: string): Promise<User> => loginRpc(scope, service.node(node).url, userName);

async function two(): Promise<{ ann: User; bob: User }> {
  count++;
  return { ann: await login(0, `ann-${count}`), bob: await login(1, `bob-${count}`) };
}

const admit = (author: User, to: User): Promise<unknown> =>
  store.directs.admit(to.userName, { author: author.userName, rights: rightsOf(author.userName) }, true);

/** The first two steps of a send. */
async function append(author: User, to: User, text: string, clientMessageId?: string): Promise<Appended> {
  expect(await admit(author, to)).toBe('ok');
  const { prefix, middle } = storedDirectFrame(author.userName, { text });
  const post = { prefix, middle, clientMessageId, transient: false };
  const appended = await appendOne(store, author.userName, to.userName, post);
  if (typeof appended === 'string' || 'passing' in appended) throw new Error('not appended');
  return appended;
}

const texts = (messages: Value): unknown[] => (Array.isArray(messages) ? messages : []).map((one) => Object(one).text);
const heard = (user: User): unknown[] => user.heard('directMessage').flatMap((params) => texts(params));
const history = async (user: User, peer: User): Promise<unknown[]> =>
  texts(await user.call('directHistoryGet', peer.userName));

test.each([
  ['admitting', 'missed', ['two']],
  ['appending', 'history', ['one', 'two']],
] as const)(
  'a node that is killed right after %s has sent nothing, or all that it has begun',
  async (_, step, texts) => {
    const link = await startSplitLink(scope, service.redis.port);
    const doomed = await service.addNode({ PARLEY_REDIS_URL: link.url, PARLEY_REDIS_TIMEOUT_MS: '20000' });
    const { ann, bob } = await two();
    const onDoomed = await loginRpc(scope, doomed.url, ann.userName);
    // What Redis has done is known to the node so much later.
    link.commands.delay(5000);
    onDoomed.notify(['directMessage', bob.userName, { text: 'one' }]);
    const done =
      step === 'missed' ? store.keys.user(bob.userName).missed : store.keys.pair(ann.userName, bob.userName).history;
    await eventually(async () => expect(await store.client.exists(done)).toBe(1));
    await doomed.kill();
    expect(heard(bob)).toEqual([]);
    await ann.call('directMessage', bob.userName, { text: 'two' });
    await eventually(() => expect(heard(bob)).toEqual(texts));
    expect(await history(bob, ann)).toEqual(texts);
  },
);

test('after admitting: nothing was sent', async () => {
  const { ann, bob } = await two();
  expect(await admit(ann, bob)).toBe('ok');
  expect(await history(bob, ann)).toEqual([]);
  expect(await ann.call('directMessage', bob.userName, { text: 'one' })).toMatchObject({ id: 1 });
  expect(await bob.next('directMessage')).toMatchObject([{ text: 'one' }]);
});

test('after appending: the next message brings it, in order and once', async () => {
  const { ann, bob } = await two();
  await ann.call('directMessage', bob.userName, { text: 'one' });
  for (const text of ['two', 'three']) await append(ann, bob, text);
  await bob.call('directMessage', ann.userName, { text: 'back' });
  expect(await ann.call('directMessage', bob.userName, { text: 'four' })).toMatchObject({ id: 5 });
  await eventually(() => expect(heard(bob)).toEqual(['one', 'two', 'three', 'four']));
  await eventually(() => expect(heard(ann)).toEqual(['back']));
  expect(await history(bob, ann)).toEqual(['one', 'two', 'three', 'back', 'four']);
});

test('after appending: of more than are read at once as well', async () => {
  const { ann, bob } = await two();
  const sent = Array.from({ length: 230 }, (_, i) => `${i}`);
  for (const text of sent) await append(ann, bob, text);
  await ann.call('directMessage', bob.userName, { text: 'end' });
  await eventually(() => expect(heard(bob)).toEqual([...sent, 'end']));
});

test('after appending: a repeat, over another node, brings it, and tells the author too', async () => {
  const { ann, bob } = await two();
  const elsewhere = await login(1, ann.userName);
  const { id } = await append(ann, bob, 'lost', 'm-1');
  for (let i = 0; i < 2; i++) {
    const sent = await elsewhere.call('directMessage', bob.userName, { text: 'lost' }, { clientMessageId: 'm-1' });
    expect(sent).toMatchObject({ id, text: 'lost' });
  }
  expect(await ann.next('directMessageEcho')).toMatchObject([bob.userName, { id }]);
  await ann.call('directMessage', bob.userName, { text: 'end' });
  await eventually(() => expect(heard(bob)).toEqual(['lost', 'end']));
  expect(ann.heard('directMessageEcho')).toHaveLength(1);
});

test('after handing on: a repeat notes the partner of the author, and brings nobody what was had', async () => {
  const { ann, bob } = await two();
  const { life, number, ...message } = await append(ann, bob, 'one', 'm-1');
  const writing = { author: ann.userName, rights: rightsOf(ann.userName) };
  const messages = [{ ...message, number }];
  await store.directs.deliver(bob.userName, { ...writing, life, after: number - 1, asOf: 0, messages, ending: true });
  expect(await ann.next('directMessageStatus')).toEqual([bob.userName, { status: 'sent', upToId: 1 }]);
  const [peers, delivered] = [store.keys.user(ann.userName).peers, store.keys.user(bob.userName).delivered];
  expect(await store.client.zscore(peers, bob.userName)).toBeNull();
  // How far it was handed on is not known any more.
  await store.client.del(delivered);
  await ann.call('directMessage', bob.userName, { text: 'other' }, { clientMessageId: 'm-1' });
  expect(await store.client.zscore(peers, bob.userName)).not.toBeNull();
  await ann.call('directMessage', bob.userName, { text: 'two' });
  await eventually(() => expect(heard(bob)).toEqual(['one', 'two']));
});

test('after handing on: it is not handed on again, and both read it', async () => {
  const { ann, bob } = await two();
  const { life, number, ...message } = await append(ann, bob, 'one');
  const writing = { author: ann.userName, rights: rightsOf(ann.userName) };
  const messages = [{ ...message, number }];
  await store.directs.deliver(bob.userName, { ...writing, life, after: number - 1, asOf: 0, messages, ending: true });
  expect(await bob.next('directMessage')).toMatchObject([{ text: 'one' }]);
  await ann.call('directMessage', bob.userName, { text: 'two' });
  await eventually(() => expect(heard(bob)).toEqual(['one', 'two']));
  for (const [user, peer] of [
    [ann, bob],
    [bob, ann],
  ] as const)
    expect(await history(user, peer)).toEqual(['one', 'two']);
});

test('after marking: nobody was told, and the history says it', async () => {
  const { ann, bob } = await two();
  await ann.call('directMessage', bob.userName, { text: 'one' });
  await store.pairs.markRead(bob.userName, ann.userName, 1);
  expect(await ann.call('directHistoryGet', bob.userName)).toMatchObject([{ status: 'read' }]);
  expect(await bob.call('directMessageRead', ann.userName, 1)).toBeNull();
});

/** The user's only socket closes, and the service knows. */
async function goAway(user: User): Promise<void> {
  user.raw.close();
  const { sockets } = store.keys.user(user.userName);
  await eventually(async () => expect(await store.client.exists(sockets)).toBe(0));
}

const missedBy = async (user: User, peer: User): Promise<unknown[]> =>
  texts(Object(await user.call('missedMessagesGet'))[peer.userName] ?? []);

test('after appending: who was away finds it as missed, asked for or pushed, and then it has come', async () => {
  const { ann, bob } = await two();
  await goAway(bob);
  await append(ann, bob, 'one');
  const back = await login(1, bob.userName);
  expect(await missedBy(back, ann)).toEqual(['one']);
  expect(await ann.next('directMessageStatus')).toEqual([bob.userName, { status: 'sent', upToId: 1 }]);
  expect(await missedBy(back, ann)).toEqual([]);
  await goAway(back);
  await append(ann, bob, 'two');
  const credentials = { userName: bob.userName, offlineMessages: 'push' };
  const pushed = await loginRpc(scope, service.node(0).url, bob.userName, { credentials });
  const [messages] = await pushed.next('missedMessages');
  expect(texts(Object(messages)[ann.userName])).toEqual(['two']);
  expect(await ann.next('directMessageStatus')).toEqual([bob.userName, { status: 'sent', upToId: 2 }]);
  // The next one brings nothing a second time.
  await ann.call('directMessage', bob.userName, { text: 'three' });
  await eventually(() => expect(heard(pushed)).toEqual(['three']));
});

test('after giving what was missed, before marking it: it is given again', async () => {
  const { ann, bob } = await two();
  await goAway(bob);
  await ann.call('directMessage', bob.userName, { text: 'one' });
  const page = { after: 0, limit: 100, bytesMax: 1 << 20 };
  expect((await store.pairs.readUnsent(bob.userName, ann.userName, page)).messages).toHaveLength(1);
  const back = await login(1, bob.userName);
  expect(await missedBy(back, ann)).toEqual(['one']);
});

test('after marking it, before telling: it is not missed any more, and nothing is noted of it', async () => {
  const { ann, bob } = await two();
  await goAway(bob);
  await ann.call('directMessage', bob.userName, { text: 'one' });
  await store.pairs.markSent(bob.userName, ann.userName, { first: 1, last: 1 });
  const { missed } = store.keys.user(bob.userName);
  expect(await store.client.exists(missed)).toBe(1);
  const back = await login(1, bob.userName);
  expect(await missedBy(back, ann)).toEqual([]);
  expect(await store.client.exists(missed)).toBe(0);
  expect(await ann.call('directHistoryGet', bob.userName)).toMatchObject([{ status: 'sent' }]);
});

test('of what was missed the oldest hundred of each come first, until there is nothing', async () => {
  const { ann, bob } = await two();
  const eve = await login(0, `eve-${count}`);
  await goAway(bob);
  const sent = Array.from({ length: 130 }, (_, i) => `${i}`);
  for (const text of sent) await append(ann, bob, text);
  await eve.call('directMessage', bob.userName, { text: 'hello' });
  const credentials = { userName: bob.userName, offlineMessages: 'push' };
  const silent = await loginRpc(scope, service.node(0).url, bob.userName, { credentials, answerPings: false });
  const [messages, rest] = await silent.next('missedMessages');
  expect(texts(Object(messages)[ann.userName])).toEqual(sent.slice(0, 100));
  expect(rest).toEqual({ more: true });
  // Nothing says that it has read that.
  const first = Object(await silent.call('missedMessagesGet'));
  expect(texts(first[ann.userName])).toEqual(sent.slice(0, 100));
  expect(texts(first[eve.userName])).toEqual(['hello']);
  expect(await missedBy(silent, ann)).toEqual(sent.slice(100));
  expect(await silent.call('missedMessagesGet')).toEqual({});
});

test('where Redis refuses the log nothing is sent; where it refuses the author it has been, and the echo comes later', async () => {
  const redis = await startRedis(scope);
  const other = await startService(scope, { nodes: 2, redis });
  const at = (node: 0 | 1, userName: string): Promise<User> => loginRpc(scope, other.node(node).url, userName);
  const [ann, annToo, bob] = [await at(0, 'ann'), await at(1, 'ann'), await at(1, 'bob')];
  const operator = redis.client();
  const allow = (...patterns: string[]): Promise<unknown> =>
    operator.call('ACL', 'SETUSER', 'default', 'resetkeys', ...patterns);
  const options = { clientMessageId: 'm-1' };
  const nodes = ['~*{node*', '~*{probe*', '~*{calls*'];
  await allow('~*{user*', ...nodes);
  expect(await ann.refusal('directMessage', 'bob', { text: 'one' }, options)).toMatchObject({ code: 'unavailable' });
  await allow('~*{user:[^a]*', '~*{pair*', ...nodes);
  const sent = await ann.call('directMessage', 'bob', { text: 'one' }, options);
  expect(sent).toMatchObject({ id: 1 });
  expect(await bob.next('directMessage')).toEqual([sent]);
  expect(annToo.heard('directMessageEcho')).toEqual([]);
  expect(await bob.call('directMessageRead', 'ann', 1)).toBeNull();
  await allow('allkeys');
  expect(await annToo.next('directMessageEcho')).toEqual(['bob', sent]);
  const isRead = (user: User): boolean =>
    user.heard('directMessageStatus').some(([, status]) => Object(status).status === 'read');
  await eventually(() => expect([isRead(ann), isRead(annToo)]).toEqual([true, true]));
  expect(bob.heard('directMessage')).toEqual([[sent]]);
});
