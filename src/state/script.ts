/**
 * A Redis script as a declaration: a Lua file, the library files it builds on, and the names of its keys and
 * arguments. Lua sees those names and never `KEYS[9]`. Knows nothing of what any script means.
 */
import { readFileSync } from 'node:fs';
import { hashTag, type Key } from './keys.ts';

export interface ScriptDeclaration<K extends string = string, A extends string = string> {
  /** Also the file name: `scripts/<name>.lua`. */
  readonly name: string;
  readonly keys: readonly K[];
  readonly args: readonly A[];
  /** True when any number of values follows the named arguments; Lua finds the first of them at `ARGV[rest]`. */
  readonly rest: boolean;
  /** It runs also where Redis has no memory left: it frees some, or the service cannot do without it. */
  readonly whenFull: boolean;
  readonly lua: string;
}

export type ScriptArgument = string | number | Uint8Array;
/** What a script returns: integers, byte strings, nil, and lists of those. */
export type Reply = number | Buffer | null | Reply[];

/** How a script is told yes or no. */
export const flag = (on: boolean): '0' | '1' => (on ? '1' : '0');

interface ScriptParts<K extends string, A extends string> {
  /** Library files (`scripts/lib/<name>.lua`) put in front, in this order. */
  readonly uses: readonly string[];
  readonly keys: readonly K[];
  readonly args: readonly A[];
  readonly rest?: boolean;
  readonly whenFull?: boolean;
}

const read = (path: string): string => readFileSync(new URL(`./scripts/${path}.lua`, import.meta.url), 'utf8');

/** Declares a script; its Lua text is read when the module that declares it is loaded. */
export function script<const K extends string, const A extends string>(
  name: string,
  parts: ScriptParts<K, A>,
): ScriptDeclaration<K, A> {
  const names = (list: readonly string[], from: string): string =>
    list.length === 0 ? '' : `local ${list.join(', ')} = ${list.map((_, i) => `${from}[${i + 1}]`).join(', ')}\n`;
  const rest = parts.rest ?? false;
  const lua =
    names(parts.keys, 'KEYS') +
    names(parts.args, 'ARGV') +
    (rest ? `local rest = ${parts.args.length + 1}\n` : '') +
    parts.uses.map((library) => read(`lib/${library}`)).join('\n') +
    read(name);
  return { name, keys: parts.keys, args: parts.args, rest, whenFull: parts.whenFull ?? false, lua };
}

/** The client takes bytes as Buffers only; any other array of bytes it would write as text. */
function wire(value: ScriptArgument): ScriptArgument {
  if (typeof value !== 'object' || Buffer.isBuffer(value)) return value;
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

/** Scripts whose keys have been looked at: which ones share a tag is written in the code, not in the data. */
const sound = new Set<string>();

/**
 * Lays out keys and arguments in declared order. Throws when the keys of a script do not share a hash tag: that would
 * work on a single Redis and fail on Cluster, so it is a defect wherever it shows. Looked at on a script's first call.
 */
export function layOut<K extends string, A extends string>(
  declaration: ScriptDeclaration<K, A>,
  keys: Readonly<Record<K, Key>>,
  args: Readonly<Record<A, ScriptArgument>>,
  rest: readonly ScriptArgument[] = [],
): ScriptArgument[] {
  const line: ScriptArgument[] = [];
  for (const name of declaration.keys) line.push(keys[name]);
  if (!sound.has(declaration.name)) {
    const tags = new Set(declaration.keys.map((name) => hashTag(keys[name])));
    if (tags.size > 1) throw new Error(`${declaration.name}: keys of two hash tags`);
    sound.add(declaration.name);
  }
  for (const name of declaration.args) line.push(wire(args[name]));
  for (const value of rest) line.push(wire(value));
  return line;
}
