// `useRoom` beside an application that joins rooms itself, in a real browser, around a client that does what the test says: what it
// leaves alone, and what it asks for where its options are others.
import { expect, test } from '@jest/globals';
import { useScope } from '../support/scope.ts';
import type { Probe } from './browser/hooks-probe.tsx';
import { useProbe } from './probe.ts';

declare const probe: Probe;

const scope = useScope();
const probed = useProbe(scope);

test('a room that the application is joining is not left, but for one who tries again where that is refused', async () => {
  const seen = await probed.page.evaluate(async () => {
    const { room, got, mount, unmount, settled } = probe;
    const look = (): unknown[] => {
      const { error, isJoined } = got['room'] as { error?: { code: string }; isJoined: boolean };
      return [error?.code, isJoined, room.leaves];
    };
    room.isJoining = true;
    await mount('room', 'first');
    const steps = [look()];
    await unmount('first');
    steps.push(look());
    room.isJoined = false;
    room.joinRefusal = Object.assign(new Error('no'), { code: 'notAllowed' });
    await mount('room', 'second');
    room.isJoining = false;
    steps.push(look());
    room.joinRefusal = undefined;
    (got['room'] as { join(): void }).join();
    await settled();
    steps.push(look());
    await unmount('second');
    return [...steps, room.leaves];
  });
  expect(seen).toEqual([[undefined, true, 0], [undefined, true, 0], ['notAllowed', false, 0], [undefined, true, 0], 1]);
});

test('that it was refused is over when it is joined by other means, which is not left here', async () => {
  const seen = await probed.page.evaluate(async () => {
    const { room, got, mount, unmount, settled } = probe;
    const look = (): unknown[] => {
      const { error, isJoined } = got['room'] as { error?: { code: string }; isJoined: boolean };
      return [error?.code, isJoined];
    };
    room.joinRefusal = Object.assign(new Error('no'), { code: 'notAllowed' });
    await mount('room');
    const steps: unknown[] = [look()];
    room.joinRefusal = undefined;
    await room.join();
    await settled();
    steps.push(look());
    await unmount('room');
    steps.push([room.joins, room.leaves]);
    return steps;
  });
  expect(seen).toEqual([
    ['notAllowed', false],
    [undefined, true],
    [2, 0],
  ]);
});

test('a refusal that nobody looks at any more is not shown to who looks later', async () => {
  const shown = await probed.page.evaluate(async () => {
    const { room, got, mount, unmount } = probe;
    room.joinRefusal = Object.assign(new Error('no'), { code: 'notAllowed' });
    await mount('room', 'first');
    await unmount('first');
    room.joinRefusal = undefined;
    await room.join();
    await mount('room', 'second');
    const { error, isJoined } = got['room'] as { error?: { code: string }; isJoined: boolean };
    return [error?.code, isJoined];
  });
  expect(shown).toEqual([undefined, true]);
});

test('other options are asked for in the room that is held, without leaving it', async () => {
  const seen = await probed.page.evaluate(async () => {
    const { room, become, mount, unmount, settled } = probe;
    await mount('choosing');
    for (const group of ['work', 'home']) {
      become.options({ group });
      await settled();
    }
    become.options({ group: 'home', stay: true });
    await settled();
    become.options({ group: 'home' });
    await settled();
    const joinedWith = [...room.joinedWith];
    const { leaves } = room;
    await unmount('choosing');
    return { joinedWith, leaves: [leaves, room.leaves] };
  });
  expect(seen).toEqual({ joinedWith: [{ group: 'work' }, { group: 'home' }], leaves: [0, 1] });
});

test('one that is not there is made once it may be', async () => {
  const joinedWith = await probed.page.evaluate(async () => {
    const { room, become, mount, settled } = probe;
    room.joinRefusal = Object.assign(new Error('no'), { code: 'noRoom' });
    await mount('choosing');
    room.joinRefusal = undefined;
    become.options({ group: 'work', create: true });
    await settled();
    return room.joinedWith;
  });
  expect(joinedWith).toEqual([{ group: 'work' }, { group: 'work', create: true }]);
});
