// A user's own sockets: how they learn of each other, list each other and speak to each other, on all nodes.
import { describe, expect, test } from '@jest/globals';
import type { Value } from '../../src/protocol/params/values.ts';
import { eventually } from '../support/eventually.ts';
import { fenceUser, limits, type World } from './world.ts';

export function userSuite(world: World): void {
  describe('systemMessage', () => {
    systemMessages(world);
  });
  siblings(world);
}

function systemMessages(world: World): void {
  test('is refused over the size of a message', async () => {
    const one = await world.login(0);
    expect(await one.refusal('systemMessage', 'x'.repeat(600))).toMatchObject({ code: 'messageTooLarge' });
    expect(await one.call('systemMessage', 'x'.repeat(400))).toBeNull();
  });

  test.each<[string, Value]>([
    ['nil', null],
    ['a number', -0.5],
    ['text', '\u{1f600}'],
    ['a list', [1, [2], {}]],
    ['a map', { theme: 'dark', deep: { id: 1 } }],
  ])('carries %s to the other sockets only', async (_, data) => {
    const one = await world.login(0);
    const [near, far, stranger] = [
      await world.login(0, one.userName),
      await world.login(1, one.userName),
      await world.login(1),
    ];
    expect(await one.call('systemMessage', data)).toBeNull();
    for (const told of [near, far]) expect(await told.next('systemMessage')).toEqual([data]);
    await fenceUser(far, one);
    await stranger.call('ping');
    expect(one.heard('systemMessage')).toHaveLength(1);
    expect(stranger.heard('systemMessage')).toEqual([]);
  });

  test('carries bytes, needs an argument, and is no error for who is alone', async () => {
    const one = await world.login(0, undefined, 'json');
    expect(await one.call('systemMessage', 'to nobody')).toBeNull();
    const far = await world.login(1, one.userName, 'msgpack');
    await one.call('systemMessage', { bytes: Uint8Array.of(1, 255) });
    await far.call('systemMessage', { bytes: Uint8Array.of(2, 254) });
    expect(await far.next('systemMessage')).toEqual([{ bytes: Uint8Array.of(1, 255) }]);
    expect(await one.next('systemMessage')).toEqual([{ bytes: Uint8Array.of(2, 254) }]);
    expect(await one.refusal('systemMessage')).toMatchObject({ code: 'wrongArgumentsCount', args: [1, 0] });
    // What is measured is the value.
    // Three bytes say how long a text is.
    const most = 'x'.repeat(limits.messageBytes - 3);
    expect(await one.call('systemMessage', most)).toBeNull();
    expect(await far.next('systemMessage')).toEqual([most]);
    const more = `${most}x`;
    expect(await one.refusal('systemMessage', more)).toMatchObject({ code: 'messageTooLarge' });
  });
}

function siblings(world: World): void {
  test('sockets of a user hear of each other, and nobody else does', async () => {
    const [one, stranger] = [await world.login(0), await world.login(0)];
    const two = await world.login(1, one.userName);
    expect(await one.next('socketConnectEcho')).toEqual([two.authData.id, 2]);
    const three = await world.login(0, one.userName);
    for (const told of [one, two]) expect(await told.next('socketConnectEcho')).toEqual([three.authData.id, 3]);
    two.raw.close(1000);
    for (const told of [one, three]) expect(await told.next('socketDisconnectEcho')).toEqual([two.authData.id, 2]);
    await fenceUser(one, three);
    expect(three.heard('socketConnectEcho')).toEqual([]);
    await stranger.call('ping');
    expect([...stranger.heard('socketConnectEcho'), ...stranger.heard('socketDisconnectEcho')]).toEqual([]);
  });

  test('listOwnSockets gives the sockets of all nodes with their rooms', async () => {
    const one = await world.login(0);
    const two = await world.login(1, one.userName);
    const [first, second] = [await world.room(one, one, two), await world.room(one, one)];
    const listed = await two.call('listOwnSockets');
    expect(Object.keys(Object(listed)).toSorted()).toEqual([one.authData.id, two.authData.id].toSorted());
    const { [one.authData.id]: ofOne, [two.authData.id]: ofTwo } = Object(listed);
    expect(ofOne.toSorted()).toEqual([first, second].toSorted());
    expect(ofTwo).toEqual([first]);
    await two.call('roomLeave', first);
    expect(await one.call('listOwnSockets')).toMatchObject({ [two.authData.id]: [] });
    two.raw.terminate();
    await eventually(async () =>
      expect(Object.keys(Object(await one.call('listOwnSockets')))).toEqual([one.authData.id]),
    );
    const stranger = await world.login(0);
    expect(await stranger.call('listOwnSockets')).toEqual({ [stranger.authData.id]: [] });
  });
}
