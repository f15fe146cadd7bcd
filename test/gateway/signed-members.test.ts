// Changes of members that the operator's server has to sign: each signature is for one change by one user, and counts once on all nodes.
import { expect, test } from '@jest/globals';
import { useWorld } from '../chat/world.ts';
import { signatureSecret, signed } from '../support/signing.ts';

const world = useWorld({
  format: 'msgpack',
  env: { PARLEY_SIGNATURE_SECRET: signatureSecret, PARLEY_SIGNATURES: 'members' },
});
const bad = { code: 'badSignature', args: [] };

test('members are added, removed, join and quit with a signature each', async () => {
  const [owner, ann, bob] = [await world.login(0), await world.login(1), await world.login(1)];
  const room = await world.room(owner);
  // Whatever order they are named in.
  const names = [bob.userName, ann.userName].toSorted().toReversed();
  const text = (verb: string, by: string, ...named: string[]): string =>
    `${verb}:${by}:${room}:${named.toSorted().join(':')}`;
  const invite = signed(text('invite', owner.userName, ...names));
  for (const options of [
    {},
    signed(text('kick', owner.userName, ...names)),
    signed(text('invite', ann.userName, ...names)),
  ]) {
    expect(await owner.refusal('roomMembersAdd', room, names, options)).toMatchObject(bad);
  }
  expect(await ann.refusal('roomMembersAdd', room, names, invite)).toMatchObject({ code: 'notAllowed' });
  expect(await owner.call('roomMembersAdd', room, names, invite)).toEqual({ done: names, failed: [] });
  const ownerToo = await world.login(1, owner.userName);
  expect(await ownerToo.refusal('roomMembersAdd', room, names, invite)).toMatchObject(bad);
  const kick = signed(text('kick', owner.userName, ann.userName));
  expect(await owner.refusal('roomMembersRemove', room, names, kick)).toMatchObject(bad);
  expect(await owner.call('roomMembersRemove', room, [ann.userName], kick)).toMatchObject({ done: [ann.userName] });
  // Of oneself.
  expect(await ann.refusal('roomMemberJoin', room)).toMatchObject(bad);
  expect(await ann.call('roomMemberJoin', room, signed(text('invite', ann.userName, ann.userName)))).toBeNull();
  expect(await ann.refusal('roomMemberQuit', room, signed(text('invite', ann.userName, ann.userName)))).toMatchObject(
    bad,
  );
  expect(await ann.call('roomMemberQuit', room, signed(text('kick', ann.userName, ann.userName)))).toBeNull();
});
