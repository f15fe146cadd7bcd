// The steps of a paper that change files: each is a fence of code behind a line that says where the code goes. Reading and
// applying them; what has to come of it is up to the test that does so.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface Step {
  /** The line that says where, as it stands. */
  readonly where: string;
  /** From the project's root. */
  readonly path: string;
  readonly place: 'new' | 'file' | 'inside' | 'returned';
  /** What is declared there, whose end it is; empty for the whole file. */
  readonly name: string;
  readonly code: string;
}

const places: readonly [RegExp, Step['place']][] = [
  [/^A new file, `(?<path>\S+)`:$/, 'new'],
  [/^At the end of `(?<path>\S+\.\w+)`:$/, 'file'],
  [/^At the end of `(?<name>\w+)` in `(?<path>\S+)`:$/, 'inside'],
  [/^At the end of what `(?<name>\w+)` returns in `(?<path>\S+)`:$/, 'returned'],
];

/** The steps in their order. Throws where a fence does not say where it goes; commands (`sh`) are no steps. */
export function stepsOf(text: string): Step[] {
  return [...text.matchAll(/^(.+)\n\n```(\w+)\n([\s\S]*?\n)```$/gm)].flatMap(([, where = '', language, code = '']) => {
    if (language === 'sh') return [];
    for (const [form, place] of places) {
      const { path, name = '' } = form.exec(where)?.groups ?? {};
      if (path !== undefined) return [{ where, path, place, name, code }];
    }
    throw new Error(`no place for code: ${where}`);
  });
}

/** Does the steps in a copy of the project. */
export function takeSteps(folder: string, steps: readonly Step[]): void {
  for (const step of steps) {
    const path = join(folder, step.path);
    if (existsSync(path) === (step.place === 'new')) throw new Error(`there is a file, or none: ${step.where}`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, step.place === 'new' ? step.code : withStep(readFileSync(path, 'utf8'), step));
  }
}

/** The text of a file with the code of a step in its place, after an empty line, and its imports among the others. */
export function withStep(text: string, { where, place, name, code }: Step): string {
  const [, imports = '', body = ''] = /^((?:import .*\n)*)\n*([\s\S]*)$/.exec(code) ?? [];
  const lines = text.trimEnd().split('\n');
  let at = lines.length;
  if (place !== 'file') {
    const begins = lines.findIndex((line) => declares(line, name));
    const ends = lines.findIndex((line, i) => i > begins && /^\};?$/.test(line));
    at = place === 'returned' ? ends - 1 : ends;
    const isThere = begins >= 0 && ends >= 0 && (place !== 'returned' || lines[at] === '  };');
    if (!isThere) throw new Error(`no such place: ${where}`);
  }
  const indent = { new: '', file: '', inside: '  ', returned: '    ' }[place];
  const indented = body
    .trimEnd()
    .replaceAll(/^(?=.)/gm, indent)
    .split('\n');
  lines.splice(at, 0, '', ...indented);
  return withImports(`${lines.join('\n')}\n`, imports);
}

/** Names join the others of their module. */
function withImports(text: string, imports: string): string {
  let changed = text;
  for (const [line, names, from] of imports.matchAll(/^import \{ (.*) \} from ('.*');\n/gm)) {
    const known = new RegExp(`^(import \\{[^}]*?),?(\\s\\} from ${from};)$`, 'm');
    const lastImport = /^[\s\S]* from '.*';\n/;
    changed = known.test(changed)
      ? changed.replace(known, (_, before: string, after: string) => wrapped(`${before}, ${names}${after}`))
      : changed.replace(lastImport, (before) => before + line);
  }
  return changed;
}

/** A line that has become too long, as the formatter breaks it. */
const wrapped = (line: string): string =>
  line.includes('\n') || line.length <= LINE_MAX
    ? line
    : line.replace(/\{ (.*) \}/, (_, names: string) => `{\n  ${names.replaceAll(', ', ',\n  ')},\n}`);
const LINE_MAX = 120;

const declares = (line: string, name: string): boolean =>
  new RegExp(`^(?:export )?(?:async )?(?:const|function|class) ${name}\\b`).test(line);
