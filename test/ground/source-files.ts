// The project's own files and what each imports, for the tests of this folder.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

export interface SourceFile {
  /** From the project's root, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly lines: number;
}

/** All files under a folder whose names end so, sorted. */
export function filesUnder(folder: string, endings: readonly string[]): SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => endings.some((ending) => name.endsWith(ending)))
    .map((name) => {
      const text = readFileSync(join(root, folder, name), 'utf8');
      return { path: `${folder}/${name.replaceAll('\\', '/')}`, text, lines: text.split('\n').length - 1 };
    })
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

export interface Import {
  readonly from: string;
  /** What is named: the path of a file of ours, or a package. */
  readonly to: string;
  readonly ours: boolean;
  readonly typesOnly: boolean;
}

/** The code without comments, so that words in them are not taken for code. Strings stay. */
export function code(text: string): string {
  return text.replace(
    /("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)|\/\/[^\n]*|\/\*[\s\S]*?\*\//g,
    (_, string: string | undefined) => string ?? ' ',
  );
}

/** Every static import, re-export and dynamic import of a file. */
export function importsOf({ path, text }: SourceFile): Import[] {
  const statement = /\b(?:import|export)\b(\s+type\b)?\s*((?:[\w$*{}\s,]*?)\sfrom\s*|\(\s*)?['"]([^'"\n]+)['"]/g;
  return [...code(text).matchAll(statement)].map(([, type, names = '', to = '']) => {
    const ours = to.startsWith('.');
    const each =
      /\{([\s\S]*)\}/
        .exec(names)?.[1]
        ?.split(',')
        .filter((name) => name.trim() !== '') ?? [];
    const inlineTypes = each.length > 0 && each.every((name) => /^\s*type\s/.test(name)) && /^\s*\{/.test(names);
    const target = ours ? posix.join(posix.dirname(path), to) : to;
    return { from: path, to: target, ours, typesOnly: type !== undefined || inlineTypes };
  });
}
