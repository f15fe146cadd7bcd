// The native library: only the tested binary is loaded, and every way it can fail is told in words an operator can use.
import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { checkNative, explainLoadFailure, loadNative } from '../../src/gateway/native.ts';

const installed = dirname(createRequire(import.meta.url).resolve('uWebSockets.js'));
const here = { platform: process.platform, arch: process.arch, abi: process.versions.modules };
const file = `uws_${here.platform}_${here.arch}_${here.abi}.node`;

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'parley-native-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

function pretend(name: string, version: string): void {
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ name, version }));
}

describe('the check', () => {
  test('accepts the installed binaries of every platform it has a hash for', () => {
    const checked = readdirSync(installed)
      .map((name) => /^uws_(\w+?)_(\w+)_(115|127|137|141)\.node$/.exec(name))
      .filter((match) => match !== null)
      .map(([, platform = '', arch = '', abi = '']) => checkNative(installed, { platform, arch, abi }));
    // 32-bit ARM is in the package and not among the tested platforms.
    expect(checked.filter(({ kind }) => kind === 'pinned')).toHaveLength(20);
    expect(checked.filter(({ kind }) => kind !== 'pinned')).toEqual([
      { kind: 'problem', problem: expect.stringContaining('no tested binary for linux arm ') },
    ]);
  });

  test('refuses a changed binary', () => {
    pretend('uwebsockets', '3.0.6');
    copyFileSync(join(installed, file), join(directory, file));
    expect(checkNative(directory, here)).toMatchObject({ kind: 'pinned' });
    writeFileSync(join(directory, file), 'x', { flag: 'a' });
    expect(checkNative(directory, here)).toEqual({
      kind: 'problem',
      problem: expect.stringMatching(/not the tested binary \(sha256 [0-9a-f]{64}, expected [0-9a-f]{64}\)/),
    });
  });

  test('names what is missing for a Node or system without a binary, and the switch', () => {
    expect(checkNative(installed, { ...here, abi: '999' })).toEqual({
      kind: 'problem',
      problem: expect.stringMatching(/Node ABI 999 .*npm install uNetworking\/uWebSockets\.js#v/),
    });
  });

  test('leaves another package, such as the official build, to the operator', () => {
    pretend('uWebSockets.js', '20.69.0');
    expect(checkNative(directory, here)).toEqual({ kind: 'unpinned', note: expect.stringContaining('20.69.0') });
    pretend('uwebsockets', '3.0.7');
    expect(checkNative(directory, here)).toMatchObject({ kind: 'unpinned' });
  });
});

test('a system with an older glibc is told which one is needed', () => {
  const loader = new Error(
    `/lib/x86_64-linux-gnu/libc.so.6: version \`GLIBC_2.38' not found (required by uws_linux_x64_137.node)`,
  );
  expect(explainLoadFailure(loader)).toMatch(/needs glibc 2\.38.*Use Node 20 here.*npm install uNetworking/);
  expect(explainLoadFailure(new Error('wrong ELF class'))).toMatch(/cannot be loaded: wrong ELF class\. .*npm install/);
});

test('the library loads here', async () => {
  const loaded = await loadNative();
  expect(loaded).toHaveProperty('uws.App', expect.any(Function));
});
