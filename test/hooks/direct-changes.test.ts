// directMessageCheck of direct messages that change, where they are kept: what it refuses is said neither at once nor in pieces.
import { expect, test } from '@jest/globals';
import type { ValueMap } from '../../src/protocol/params/values.ts';
import { eventually } from '../support/eventually.ts';
import type { User } from '../support/rpc.ts';
import { useHookedWorld } from './hooked-service.ts';

const world = useHookedWorld({ nodes: 2, env: { PARLEY_DIRECT_MESSAGES: 'stored' } });

async function two(): Promise<{ alice: User; aliceToo: User; bob: User }> {
  const peer = world.service.node(1);
  const [alice, bob] = [await world.login(), await world.login(undefined, { node: peer })];
  return { alice, bob, aliceToo: await world.login(alice.userName, { node: peer }) };
}

test('sees an update whole, and may change or refuse it', async () => {
  const { alice, bob } = await two();
  await alice.call('directMessage', bob.userName, { word: 'fine' });
  expect(await alice.refusal('directMessageUpdate', bob.userName, 1, { word: 'refuse' })).toMatchObject({
    code: 'notToday',
  });
  await alice.call('directMessageUpdate', bob.userName, 1, { word: 'shout' }, { ifVersion: 1 });
  expect(await bob.call('directHistoryGet', alice.userName)).toMatchObject([{ word: 'SHOUT', version: 2 }]);
});

test('sees why a message is recalled and with what somebody reacts, and may refuse it', async () => {
  const { alice, bob } = await two();
  await alice.call('directMessage', bob.userName, { word: 'fine' });
  const notToday = { code: 'notToday' };
  expect(await bob.refusal('directMessageReact', alice.userName, 1, 'refuse')).toMatchObject(notToday);
  expect(await bob.refusal('directMessageReact', alice.userName, 1, 'mask')).toMatchObject({ code: 'notAllowed' });
  expect(await bob.call('directMessageReact', alice.userName, 1, '+')).toEqual({ counts: { '+': 1 } });
  expect(await bob.call('directMessageReact', alice.userName, 1, 'refuse', { remove: true })).toEqual({
    counts: { '+': 1 },
  });
  const recall = (reason: string): [string, string, number, ValueMap] => [
    'directMessageRecall',
    bob.userName,
    1,
    { reason },
  ];
  expect(await alice.refusal(...recall('please refuse'))).toMatchObject(notToday);
  await alice.call(...recall('mask it'));
  await eventually(() =>
    expect(bob.heard('directMessageChanged').map(([, change]) => change)).toMatchObject([
      { kind: 'reactions', key: '+' },
      { kind: 'recall', reason: '**** it' },
    ]),
  );
});

test('sees the text that an append would make, whichever device sends its pieces', async () => {
  const { alice, aliceToo, bob } = await two();
  await alice.call('directMessage', bob.userName, { textMessage: 'we re' });
  const append = (text: string): [string, string, number, string] => ['directMessageAppend', bob.userName, 1, text];
  expect(await alice.refusal(...append('fuse'))).toMatchObject({ code: 'notToday' });
  const pieces = await Promise.all(alice.callAll(append('f'), append('use')));
  expect(pieces).toMatchObject([{ result: { length: 6 } }, { error: { code: 'notToday' } }]);
  await Promise.all([...alice.callAll(append('u')), ...aliceToo.callAll(append('se'))]);
  const [message] = (await bob.call('directHistoryGet', alice.userName)) as ValueMap[];
  expect(['we ref', 'we refu', 'we refse', 'we refseu']).toContain(message?.['textMessage']);
  expect(await alice.refusal('directMessageAppend', bob.userName, 9, 'x')).toMatchObject({ code: 'noMessage' });
});
