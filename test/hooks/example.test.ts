// The example of the configuration folder: it does what it says, and it is what the exported types say.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { root } from '../ground/source-files.ts';
import { startRedis } from '../support/redis.ts';
import { connectRpc, loginRpc } from '../support/rpc.ts';
import { useScope } from '../support/scope.ts';
import { startNode } from '../support/service.ts';

const scope = useScope();
const example = join(root, 'config', 'hooks-example.mjs');

test('works as it stands', async () => {
  const redis = await startRedis(scope);
  const node = await startNode(scope, { redis, env: { PARLEY_HOOKS: example } });
  const [ada, bob] = [
    await loginRpc(scope, node.url, 'ada', { hooked: true }),
    await loginRpc(scope, node.url, 'bob', { hooked: true }),
  ];
  expect(ada.authData).toMatchObject({ greeting: 'Welcome, ada!' });
  const rpc = await connectRpc(scope, node.url, { hooked: true });
  expect(await rpc.refusal('login', { userName: 'root' })).toMatchObject({ code: 'nameReserved', args: ['root'] });

  // Made by onStart, and joined under another spelling.
  expect(await ada.call('roomJoin', '#Lobby')).toBe(1);
  expect(await ada.call('roomMessage', 'lobby', { textMessage: 'no Spam here' })).toBe(1);
  expect((await ada.next('roomMessage'))[1]).toMatchObject({ textMessage: 'no **** here', author: 'ada' });
  expect(await ada.refusal('roomMessage', 'lobby', { textMessage: ' ' })).toMatchObject({ code: 'emptyMessage' });

  await ada.call('roomCreate', '#private-ADA');
  expect(await ada.call('roomJoin', 'private-ada')).toBe(1);
  expect(await bob.refusal('roomJoin', 'private-ada')).toMatchObject({ code: 'notAllowed' });
  expect(await ada.call('roomGetOwner', 'private-ada')).toBe('ada');
  expect(await bob.call('roomJoin', 'lobby')).toBe(1);
  await ada.call('roomCreate', 'club');
  await bob.call('roomJoin', 'club');
  expect(await bob.call('roomGetOwner', 'club')).toBeNull();
  expect(await node.terminate()).toMatchObject({ code: 0 });
});

test('the package exports every type of the contract', () => {
  const source = readFileSync(join(root, 'src/hooks/contract.ts'), 'utf8');
  const declared = [...source.matchAll(/^export (?:type|interface) (\w+)/gm)].map(([, name]) => name);
  const index = readFileSync(join(root, 'src/hooks/index.ts'), 'utf8');
  const exported = /\{([^}]*)\} from '\.\/contract\.ts'/.exec(index)?.[1]?.match(/\w+/g);
  expect(declared).toContain('Absent');
  expect(new Set(exported)).toEqual(new Set(declared));
});

test('is held to the types that the package exports, which notice a mistake', () => {
  // A package of an operator's own, with this one installed.
  const folder = mkdtempSync(join(tmpdir(), 'parley-types-'));
  scope.add(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules', 'parley'));
  cpSync(example, join(folder, 'good.mjs'));
  writeFileSync(
    join(folder, 'bad.mts'),
    `import type { Hooks } from 'parley/hooks';
    export const named: Hooks = { onjoin() {} };
    export const answered: Hooks = { onJoin: () => ({ message: {} }) };
    export const replaced: Hooks = { before: { roomJoin: ({ args }) => ({ args: { roomName: args.room } }) } };`,
  );
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const options = [
    '--strict',
    '--noEmit',
    '--allowJs',
    '--checkJs',
    '--skipLibCheck',
    '--target',
    'es2023',
    '--module',
    'nodenext',
    '--types',
    '',
  ];
  const { stdout } = spawnSync(process.execPath, [tsc, ...options, 'good.mjs', 'bad.mts'], {
    cwd: folder,
    encoding: 'utf8',
  });
  const faults = [...stdout.matchAll(/^(\S+)\((\d+),/gm)].map(([, file, line]) => `${file}:${line}`);
  expect(faults).toEqual(['bad.mts:2', 'bad.mts:3', 'bad.mts:4']);
});
