// A project of somebody's own, outside of this one, that has the package of the client library and nothing else.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../ground/source-files.ts';
import type { Scope } from '../support/scope.ts';

/** As the build leaves it. */
export const packaged = join(root, 'dist', 'client');

/** Returns its folder. */
export function makeProject(owner: Scope, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'parley-project-'));
  owner.add(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'node_modules'));
  cpSync(packaged, join(folder, 'node_modules', 'parley-client'), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

/** What the compiler has to say of files of a project. */
export function checkTypes(folder: string, compilerOptions: object, files: readonly string[] = ['main.ts']): string {
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  return spawnSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8' }).stdout;
}
