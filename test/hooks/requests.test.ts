// Hooks before and after requests: params replaced, answers given in their place, outcomes replaced.
import { beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import type { ServiceNode } from '../support/service.ts';
import { told, useHookedWorld } from './hooked-service.ts';

const world = useHookedWorld();
let node: ServiceNode;
beforeAll(() => {
  node = world.service.node(0);
});

const internal = { code: 'internalError', args: [expect.stringMatching(/^[0-9a-f]{12}$/)] };

test.each(['msgpack', 'json'] as const)(
  '%s: around a request they are asked in order, with its args and outcome',
  async (format) => {
    const user = await world.login(undefined, { format });
    const room = world.fresh('room');
    await user.call('roomCreate', room);
    expect(await user.call('roomGetOwner', room)).toBe(user.userName);
    const common = {
      method: 'roomGetOwner',
      userName: user.userName,
      socketId: user.authData.id,
      args: { roomName: room },
    };
    // What a hook says comes by another way than the answer.
    await eventually(() => {
      const calls = ['before.*', 'before.roomGetOwner', 'after.roomGetOwner', 'after.*'].map((hook) => {
        const call = told(node, hook).find(({ args }) => Object(args).roomName === room);
        return { hook, ...call };
      });
      const { seen } = Object(calls[0]?.['data' as never]);
      const data = { seen };
      expect(seen).toEqual(expect.any(Number));
      expect(calls).toEqual([
        { hook: 'before.*', ...common, data },
        { hook: 'before.roomGetOwner', args: { roomName: room }, data },
        { hook: 'after.roomGetOwner', ...common, data, result: user.userName },
        { hook: 'after.*', ...common, data, result: user.userName },
      ]);
    });
  },
);

describe('before', () => {
  test('may replace args, which are checked like those of a client', async () => {
    const user = await world.login();
    const room = world.fresh('room');
    await user.call('roomCreate', room);
    expect(await user.call('roomGetOwner', room.replace('room', 'alias'))).toBe(user.userName);
    for (const word of ['badarg', 'unknownarg']) {
      expect(await user.refusal('roomGetOwner', world.fresh(word))).toMatchObject(internal);
    }
    // Those not named stay, and nil takes an optional one away.
    for (const name of [user, await world.login()]) await name.call('roomJoin', room);
    expect(await user.call('roomUserlistGet', room)).toMatchObject({ names: [expect.anything()], count: 2 });
    expect(await user.call('roomUserlistGet', room, { limit: 1 })).toMatchObject({
      names: [expect.anything(), expect.anything()],
    });
  });

  test('may answer itself: the request is not run, and nothing goes after it', async () => {
    const user = await world.login();
    const [short, empty] = [world.fresh('short'), world.fresh('empty')];
    expect(await user.call('roomGetOwner', short)).toBe('somebody');
    expect(await user.call('roomGetOwner', empty)).toBeNull();
    const after = told(node, 'after.roomGetOwner').map(({ args }) => Object(args).roomName);
    for (const name of [short, empty]) expect(after).not.toContain(name);
    expect(await user.refusal('roomGetOwner', world.fresh('number'))).toMatchObject(internal);
  });

  test.each([
    ['refuse', 'notToday'],
    ['known', 'notAllowed'],
    ['throw', 'internalError'],
    ['hang', 'timeout'],
    ['nonsense', 'internalError'],
  ])('fails the request (%s) before it exists or not matters, and after its args were checked', async (word, code) => {
    const user = await world.login();
    expect(await user.refusal('roomGetOwner', world.fresh(word))).toMatchObject({ code });
    expect(await user.refusal('roomGetOwner', 7)).toMatchObject({ code: 'badArgument' });
    expect(await user.refusal('roomGetOwner')).toMatchObject({ code: 'wrongArgumentsCount' });
  });

  test('may fail without harm where its policy allows', async () => {
    expect(await (await world.login()).call('ping')).toEqual(expect.any(Number));
  });
});

describe('after', () => {
  test('may replace a result, and an error by a result', async () => {
    const user = await world.login();
    const masked = world.fresh('masked');
    await user.call('roomCreate', masked);
    expect(await user.call('roomGetOwner', masked)).toBe('nobody');
    const ghost = world.fresh('ghost');
    expect(await user.call('roomGetOwner', ghost)).toBeNull();
    await eventually(() =>
      expect(told(node, 'after.roomGetOwner').find(({ args }) => Object(args).roomName === ghost)).toMatchObject({
        error: { code: 'noRoom', args: [ghost] },
      }),
    );
    const none = world.fresh('none');
    expect(await user.refusal('roomGetOwner', none)).toMatchObject({ code: 'noRoom', args: [none] });
  });

  test('that throws, or gives what the request cannot have, costs the outcome', async () => {
    const user = await world.login();
    for (const word of ['wrongafter', 'brokenafter']) {
      const room = world.fresh(word);
      await user.call('roomCreate', room);
      expect(await user.refusal('roomGetOwner', room)).toMatchObject(internal);
    }
  });

  test('that refuses takes nothing back: what is joined is heard, what is left is not', async () => {
    const [alice, bob] = [await world.login(), await world.login()];
    const room = world.fresh('joinrefused');
    await alice.call('roomCreate', room);
    for (const user of [alice, bob]) expect(await user.refusal('roomJoin', room)).toMatchObject({ code: 'notToday' });
    expect(await bob.call('roomMessage', room, { n: 1 })).toBe(1);
    for (const user of [alice, bob]) expect((await user.next('roomMessage'))[1]).toMatchObject({ n: 1 });

    const other = world.fresh('leaverefused');
    await alice.call('roomCreate', other);
    for (const user of [alice, bob]) await user.call('roomJoin', other);
    expect(await bob.refusal('roomLeave', other)).toMatchObject({ code: 'closedNow', temporary: true });
    await alice.call('roomMessage', other, { n: 2 });
    await alice.next('roomUserLeft');
    expect(await bob.refusal('roomMessage', other, { n: 3 })).toMatchObject({ code: 'notJoined' });
    expect(bob.heard('roomMessage').map(([name]) => name)).toEqual([room]);
  });
});
