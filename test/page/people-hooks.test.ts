// The hooks that show people, in a real browser, around a client that does what the test says: they show each as it is now, and that
// they could not be read no longer than that is so.
import { expect, test } from '@jest/globals';
import { useScope } from '../support/scope.ts';
import type { Probe } from './browser/hooks-probe.tsx';
import { useProbe } from './probe.ts';

declare const probe: Probe;

const scope = useScope();
const probed = useProbe(scope);

test('contacts that could not be read are read once there is a connection, and the error is gone', async () => {
  const seen = await probed.page.evaluate(async () => {
    const { client, got, mount, settled } = probe;
    const { contacts } = client;
    const look = (): unknown[] => {
      const state = got['contacts'] as { contacts: unknown[]; isLoading: boolean; error?: { code: string } };
      return [state.contacts.length, state.isLoading, state.error?.code, contacts.loads];
    };
    const unavailable = Object.assign(new Error('Not connected.'), { code: 'unavailable' });
    contacts.refusal = unavailable;
    await mount('contacts');
    const steps = [look()];
    // There is none: the reading is all that tells of it.
    contacts.refusal = undefined;
    client.become('connected', 'connect', {});
    await settled();
    steps.push(look());
    client.become('connected', 'reconnect', {});
    await settled();
    steps.push(look());
    await probe.unmount('contacts');
    contacts.refusal = unavailable;
    await mount('contacts');
    steps.push(look());
    // The library has read it again by itself, and it is as empty as before.
    contacts.wasRead();
    await settled();
    steps.push(look());
    await probe.unmount('contacts');
    await mount('contacts');
    // What comes by itself shows that it can be read now.
    contacts.refusal = undefined;
    await contacts.add('bob');
    await settled();
    steps.push(look());
    return steps;
  });
  expect(seen).toEqual([
    [0, false, 'unavailable', 1],
    [0, false, undefined, 2],
    [0, false, undefined, 2],
    [0, false, 'unavailable', 3],
    [0, false, undefined, 3],
    [1, false, undefined, 5],
  ]);
});

test('a contact or a user of a room that has changed is shown as it is, and heard for as long as it is listed', async () => {
  const seen = await probed.page.evaluate(async () => {
    const { client, room, got, mount, unmount, during, ScriptedUser } = probe;
    const bob = new ScriptedUser('bob', 'online');
    client.contacts.set('bob', bob);
    room.enter(bob);
    await mount('contacts');
    await mount('users');
    const look = (): unknown[] =>
      [(got['contacts'] as { contacts: unknown[] }).contacts, got['users'] as unknown[]].map((listed) =>
        (listed as { status: string; profile: object }[]).map(({ status, profile }) => [status, profile]),
      );
    const tell = (fields: object): void => {
      Object.assign(bob, fields);
      bob.emit('update', bob);
    };
    const counts = [
      await during(() => tell({ status: 'offline' })),
      await during(() => tell({ profile: { name: 'Robert' } })),
      await during(() => tell({ state: { mood: 'tea' } })),
    ];
    const shown = look();
    const carol = new ScriptedUser('carol', 'online');
    room.enter(carol);
    carol.status = 'offline';
    counts.push(await during(() => carol.emit('update', carol)));
    await client.contacts.remove('bob');
    const heard = [bob.hears('update'), carol.hears('update')];
    room.users.delete('bob');
    room.emit('leave', { user: bob });
    heard.push(bob.hears('update'), carol.hears('update'));
    await unmount('users');
    await unmount('contacts');
    heard.push(bob.hears('update'), carol.hears('update'));
    return { counts, shown, heard };
  });
  const bob = ['offline', { name: 'Robert' }];
  expect(seen).toEqual({
    counts: [{ contacts: 1, users: 1 }, { contacts: 1, users: 1 }, {}, { users: 1 }],
    shown: [[bob], [bob]],
    heard: [true, true, false, true, false, false],
  });
});
