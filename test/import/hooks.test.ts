// The importer where the operator's hooks refuse everything: what happened long ago is not theirs to judge.
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { root } from '../ground/source-files.ts';
import { useScope } from '../support/scope.ts';
import { serverApi } from '../support/server-api.ts';
import { startService } from '../support/service.ts';
import { env, example, runImporter } from './importer.ts';

const scope = useScope();

test('hooks that refuse everything keep nothing from being imported, nor from being found when it runs again', async () => {
  const hooks = join(root, 'test', 'import', 'refusing.mjs');
  const service = await startService(scope, { nodes: 1, env: { ...env, PARLEY_HOOKS: hooks } });
  const node = service.node(0);
  const run = (): ReturnType<typeof runImporter> =>
    runImporter(scope, [node], '--format', 'json', example('own-form.jsonl'));
  const { code, output } = await run();
  expect([code, output.slice(1)]).toEqual([
    0,
    ['rooms: 1 made, 0 were there; conversations of two users: 1', 'messages: 7 imported, 0 were there'],
  ]);
  const api = serverApi(node);
  const members = await api.call('roomMembersGet', ['the garden'], { bypassHooks: true });
  expect(Object(members).members).toMatchObject([
    { userName: 'ada', role: 'owner' },
    { userName: 'bob', role: 'admin' },
    { userName: 'cy', role: 'member' },
  ]);
  expect((await run()).output.slice(1)).toEqual([
    'rooms: 0 made, 1 were there; conversations of two users: 1',
    'messages: 0 imported, 7 were there',
  ]);
  // They are there, and are asked.
  expect(await api.refusal('roomMembersAdd', ['the garden', ['dan']])).toMatchObject({ code: 'notAllowed' });
});
