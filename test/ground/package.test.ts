// What a newcomer installs: the lock file, exact versions, and nothing that is not depended on.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { filesUnder, importsOf, root } from './source-files.ts';

interface LockEntry {
  readonly resolved?: string;
  readonly integrity?: string;
  readonly version?: string;
  readonly optional?: boolean;
}
interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const manifest = JSON.parse(read('package.json')) as Manifest;
const lock = JSON.parse(read('package-lock.json')) as { readonly packages: Readonly<Record<string, LockEntry>> };

describe('the lock file', () => {
  test('holds every platform and no registry addresses', () => {
    const check = spawnSync(process.execPath, [join(root, 'config/tools/complete-lock.mjs'), '--check'], {
      encoding: 'utf8',
    });
    expect([check.status, check.stderr]).toEqual([0, '']);
  });

  test('agrees with package.json', () => {
    expect(lock.packages['']).toMatchObject({
      dependencies: manifest.dependencies,
      devDependencies: manifest.devDependencies,
    });
  });

  test('pins the content of everything that is not for another platform', () => {
    const entries = Object.entries(lock.packages).filter(([place]) => place !== '');
    const loose = entries.filter(([, { integrity, optional }]) => integrity === undefined && optional !== true);
    expect(loose.map(([place]) => place)).toEqual([]);
    expect(lock.packages['node_modules/uWebSockets.js']?.integrity).toBe(
      'sha512-0Nw22DDOd1YGnJ8/IHYVCDHZXAVqLnjBxktl2bSjcJRVcgasb2Zs8WCRhL41IydraLLq001c6ycHdIS+rEcAxw==',
    );
  });
});

test('dependencies have exact versions', () => {
  const versions = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
  expect(versions.filter(([, version]) => !/^(?:npm:[a-z]+@)?\d+\.\d+\.\d+$/.test(version))).toEqual([]);
});

test('the service imports only what it depends on', () => {
  // A package that only happens to be there, through another or for development, may be gone after the next install.
  // The terminal client is not part of what is built: it runs in the project's folder, beside what develops it.
  const named = filesUnder('src', ['.ts', '.tsx'])
    .filter(({ path }) => !path.startsWith('src/terminal/'))
    .flatMap(importsOf)
    .filter(({ ours, to, typesOnly }) => !ours && !to.startsWith('node:') && !typesOnly)
    .map(({ from, to }) => ({
      from,
      name: to
        .split('/')
        .slice(0, to.startsWith('@') ? 2 : 1)
        .join('/'),
    }));
  expect(named.length).toBeGreaterThan(0);
  // The page is bundled, and of its hooks React is what their user has.
  const isBrought = (from: string): boolean => /^src\/(?:client\/react|page)\//.test(from);
  const isThere = (from: string, name: string): boolean =>
    manifest.dependencies[name] !== undefined || (isBrought(from) && manifest.devDependencies[name] !== undefined);
  expect(named.filter(({ from, name }) => !isThere(from, name))).toEqual([]);
});
