// The hooks for rooms that people belong to, in a real browser, around a client that does what the test says: who renders and who
// does not, and what is asked for.
import { expect, test } from '@jest/globals';
import { useScope } from '../support/scope.ts';
import type { Probe } from './browser/hooks-probe.tsx';
import { useProbe } from './probe.ts';

declare const probe: Probe;

const scope = useScope();
const probed = useProbe(scope);

test('only who shows what has changed renders again', async () => {
  const all = await probed.page.evaluate(async () => {
    await probe.room.join();
    for (const name of ['conversations', 'members', 'attributes', 'state', 'room', 'messages', 'unread'] as const)
      await probe.mount(name);
    const { client, room, during } = probe;
    const bob = client.user('bob');
    return {
      message: await during(() => room.say('one')),
      nothing: await during(() => {
        room.emit('update', { changed: ['members', 'attributes', 'unread'] });
        client.conversations.emit('update', {});
        bob.emit('update', bob);
      }),
      moved: await during(() => client.conversations.show('rum', 'tea')),
      added: await during(() => {
        room.members.set('carol', { userName: 'carol', role: 'member' });
        room.emit('update', { changed: ['members'] });
        room.emit('members.added', { userNames: ['carol'], by: 'bob' });
      }),
      attributes: await during(() => {
        room.attributes = { title: 'Tea' };
        room.emit('update', { changed: ['attributes', 'meta'] });
        room.emit('attributes', {});
      }),
      elsewhere: await during(() => {
        room.attributes = { title: 'Rum' };
        room.emit('update', { changed: ['role'] });
      }),
      state: await during(() => {
        bob.state = { mood: 'tea' };
        bob.emit('update', bob);
        bob.emit('state', {});
      }),
    };
  });
  expect(all).toEqual({
    message: { messages: 1, 'row one': 1 },
    nothing: {},
    moved: { conversations: 1 },
    added: { members: 1 },
    attributes: { attributes: 1 },
    elsewhere: {},
    state: { state: 1 },
  });
});

test('the list is asked for once by all who want the same, and again by who wants another one', async () => {
  const seen = await probed.page.evaluate(async () => {
    const { client, got, mount, settled } = probe;
    const { conversations } = client;
    const shown = (): unknown => {
      const { list, isLoading, hasMore, error } = got['conversations'] as never as {
        list: { room: { name: string } }[];
        isLoading: boolean;
        hasMore: boolean;
        error?: { message: string };
      };
      return [list.map(({ room }) => room.name), isLoading, hasMore, error?.message];
    };
    const steps: unknown[] = [];
    conversations.refusal = new Error('later');
    await mount('conversations', 'first');
    steps.push([shown(), conversations.loads.splice(0)]);
    conversations.refusal = undefined;
    conversations.hasMore = true;
    conversations.show('tea');
    await settled();
    await mount('conversations', 'second');
    steps.push(shown());
    (got['conversations'] as { loadMore(): void }).loadMore();
    (got['conversations'] as { loadMore(): void }).loadMore();
    await settled();
    conversations.hasMore = false;
    conversations.show('tea', 'rum');
    (got['conversations'] as { loadMore(): void }).loadMore();
    await settled();
    steps.push([shown(), conversations.loads.splice(0)]);
    await mount('otherConversations');
    steps.push(conversations.loads);
    return steps;
  });
  expect(seen).toEqual([
    [[[], false, false, 'later'], [{ kind: 'normal' }]],
    [['tea'], false, true, undefined],
    [[['tea', 'rum'], false, false, undefined], [{ more: true }]],
    [{ attributes: { state: 'open' } }],
  ]);
});

test('a first page that could not be read is asked for again by who looks, and by who wants more', async () => {
  const seen = await probed.page.evaluate(async () => {
    const { client, got, mount, settled } = probe;
    const { conversations } = client;
    const state = (): { error?: { message: string }; isLoading: boolean; loadMore(): void } =>
      got['conversations'] as never;
    conversations.refusal = new Error('later');
    await mount('conversations', 'first');
    const steps: unknown[] = [[state().error?.message, conversations.loads.splice(0)]];
    state().loadMore();
    await settled();
    steps.push([state().error?.message, conversations.loads.splice(0)]);
    conversations.refusal = undefined;
    await mount('conversations', 'second');
    steps.push([state().error?.message, state().isLoading, conversations.loads.splice(0)]);
    // Read, and there is no more of it.
    state().loadMore();
    await mount('conversations', 'third');
    steps.push(conversations.loads);
    return steps;
  });
  const first = { kind: 'normal' };
  expect(seen).toEqual([['later', [first]], ['later', [first]], [undefined, false, [first]], []]);
});

test('members are read when somebody looks, and shown by name', async () => {
  const seen = await probed.page.evaluate(async () => {
    const { room, got, mount } = probe;
    for (const userName of ['zoe', 'ann']) room.members.set(userName, { userName, role: 'member' });
    const before = room.members.loads;
    await mount('members', 'first');
    await mount('members', 'second');
    const { members, count, isLoading } = got['members'] as never as {
      members: { userName: string }[];
      count: number;
      isLoading: boolean;
    };
    return [before, room.members.loads, members.map(({ userName }) => userName), count, isLoading];
  });
  expect(seen).toEqual([0, 1, ['ann', 'zoe'], 2, false]);
});
