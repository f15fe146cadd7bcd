/**
 * A Redis script as a declaration: a Lua file, the names of its keys and arguments, and what it replies. Lua sees those
 * names and never `KEYS[9]`; who runs it gets a word of refusal or named values, and never a position in a list. Knows
 * nothing of what any script means.
 */
import { basename } from 'node:path';
import { hashTag, type Key } from './keys.ts';
import { list, type Reader, type Reply } from './reply.ts';
import { withLibraries } from './script/libraries.ts';

export type ScriptArgument = string | number | Uint8Array;

/** The values of a reply, by their place in it; or one reader for the whole of it. */
export type Gives = Readonly<Record<string, Reader<unknown>>> | Reader<unknown>;

/** What `gives` becomes. */
export type Given<G> =
  G extends Reader<infer T> ? T : { readonly [N in keyof G]: G[N] extends Reader<infer T> ? T : never };

export interface Script<
  K extends string = string,
  A extends string = string,
  W extends string = string,
  G extends Gives = Gives,
> {
  /** Also that of the file: `<name>.lua`. */
  readonly name: string;
  readonly keys: readonly K[];
  readonly args: readonly A[];
  /** True when any number of keys follows those that are named; Lua finds the first of them at `KEYS[restKeys]`. */
  readonly restKeys: boolean;
  /** True when any number of values follows the named arguments; Lua finds the first of them at `ARGV[rest]`. */
  readonly rest: boolean;
  /** It adds to a log: before its arguments it is given a `nonce`, 8 random bytes. */
  readonly writes: boolean;
  /** It runs also where Redis has no memory left: it frees some, or the service cannot do without it. */
  readonly whenFull: boolean;
  /** It runs for each message, login or join: servers keep it as a function where they can (script/server-functions.ts). */
  readonly isHot: boolean;
  /** The words by which it refuses: then it has changed nothing that anybody is told of. */
  readonly refuses: readonly W[];
  readonly gives: G;
  /** It is asked for several things at once, and refuses each or gives what it gives for it: a list of replies. */
  readonly each: boolean;
  readonly lua: string;
}

/** What running a script comes to: a word where it refuses, else what it gives. */
export type OutcomeOf<S> = S extends Script<string, string, infer W, infer G> ? W | Given<G> : never;

/** How a script is told yes or no. */
export const flag = (on: boolean): '0' | '1' => (on ? '1' : '0');

interface ScriptParts<K extends string, A extends string, W extends string, G extends Gives> {
  /** As Lua sees them. */
  readonly keys: readonly K[];
  readonly args?: readonly A[];
  readonly restKeys?: boolean;
  readonly rest?: boolean;
  readonly writes?: boolean;
  readonly whenFull?: boolean;
  readonly isHot?: boolean;
  readonly refuses?: readonly W[];
  readonly gives: G;
  readonly each?: boolean;
}

/** What a script is sent that makes the other keys of its topic itself. */
const MADE_OF = ['meta', 'beginning'] as const;
type MadeOf = (typeof MADE_OF)[number];

/** The keys of a kind of topic. Where a script names it, the keys are made of their beginning in Redis: two dozen cost more on their way. */
type KeysOfTopic<K extends string> = new (tag: string) => Readonly<Record<K | MadeOf, Key>>;

interface Declare {
  <const K extends string, const A extends string = never, const W extends string = never, G extends Gives = Gives>(
    name: string,
    parts: ScriptParts<K, A, W, G> & { readonly of: KeysOfTopic<K> },
  ): Script<MadeOf, A, W, G>;
  <const K extends string, const A extends string = never, const W extends string = never, G extends Gives = Gives>(
    name: string,
    parts: ScriptParts<K, A, W, G> & { readonly of?: never },
  ): Script<K, A, W, G>;
}

const declared = new Set<Script>();
/** All scripts that modules loaded until now have declared: for whoever looks at them together. */
export const declaredScripts: ReadonlySet<Script> = declared;

/**
 * Declares scripts whose Lua files are beside a module (`import.meta.url`); each is read when its script is declared. The
 * first line of a file names the libraries (`../lib/<name>.lua`) that it builds on: `-- uses: clock occupants`. Libraries name
 * their own.
 */
export function scriptsBeside(moduleUrl: string): Declare {
  return <K extends string, A extends string, W extends string, G extends Gives>(
    name: string,
    parts: ScriptParts<K, A, W, G> & { readonly of?: KeysOfTopic<K> | undefined },
  ) => {
    // What several parts of a script want alike is one key.
    const named = [...new Set(parts.keys)];
    const keys = parts.of === undefined ? named : MADE_OF;
    const { args = [], restKeys = false, rest = false, writes = false, whenFull = false, refuses = [] } = parts;
    const { gives, each = false, isHot = false } = parts;
    const argNames = writes ? ['nonce', ...args] : args;
    const lua =
      locals(keys, 'KEYS') +
      (parts.of === undefined ? '' : madeKeys(named, new parts.of(''))) +
      locals(argNames, 'ARGV') +
      (restKeys ? `local restKeys = ${keys.length + 1}\n` : '') +
      (rest ? `local rest = ${argNames.length + 1}\n` : '') +
      withLibraries(new URL(`./${name}.lua`, moduleUrl), new URL('../lib/', moduleUrl));
    const script = {
      name: basename(name),
      keys,
      args,
      restKeys,
      rest,
      writes,
      whenFull,
      isHot,
      refuses,
      gives,
      each,
      lua,
    };
    declared.add(script);
    return script;
  };
}

function madeKeys<K extends string>(names: readonly K[], without: Readonly<Record<K | MadeOf, Key>>): string {
  const made = names.filter((name) => !MADE_OF.some((sent) => sent === name));
  if (made.length === 0) return '';
  const ends = made.map((name) => `beginning .. '${without[name].slice(without.beginning.length)}'`);
  return `local ${made.join(', ')} = ${ends.join(', ')}\n`;
}

const locals = (names: readonly string[], from: string): string =>
  names.length === 0 ? '' : `local ${names.join(', ')} = ${names.map((_, i) => `${from}[${i + 1}]`).join(', ')}\n`;

/** The argument that says whose rights are asked for, or who is concerned: never nobody. */
const NAMED = 'user';

/** What follows the named keys and arguments of a script that takes more. */
export interface Rest {
  readonly keys?: readonly Key[];
  readonly args?: readonly ScriptArgument[];
}

/** Scripts whose keys have been looked at: which ones share a tag is written in the code, not in the data. */
const sound = new Set<string>();

/**
 * Lays out keys and arguments in declared order, behind the number of the keys where that is not declared. Throws when the
 * named keys of a script do not share a hash tag: that would work on a single Redis and fail on Cluster, so it is a defect
 * wherever it shows. Looked at on a script's first call. So is a `user` with an empty name: whatever a script made of it,
 * nobody has asked for that.
 */
export function layOut<K extends string, A extends string>(
  script: Script<K, A>,
  keys: Readonly<Record<K, Key>>,
  args: Readonly<Record<A, ScriptArgument>>,
  { keys: restKeys = [], args: restArgs = [] }: Rest,
  nonce: () => Uint8Array,
): ScriptArgument[] {
  const line: ScriptArgument[] = script.restKeys ? [script.keys.length + restKeys.length] : [];
  for (const name of script.keys) line.push(keys[name]);
  for (const key of restKeys) line.push(key);
  if (!sound.has(script.name)) {
    const tags = new Set(script.keys.map((name) => hashTag(keys[name])));
    if (tags.size > 1) throw new Error(`${script.name}: keys of two hash tags`);
    sound.add(script.name);
  }
  if (script.writes) line.push(nonce());
  for (const name of script.args) {
    const value = args[name];
    if (name === NAMED && value === '') throw new Error(`${script.name}: a user without a name`);
    line.push(value);
  }
  for (const value of restArgs) line.push(value);
  return line;
}

/** The keys in a script's arguments, as they were laid out. */
export function keysOf({ restKeys, keys }: Script, line: readonly ScriptArgument[]): string[] {
  const [count] = line;
  return (restKeys ? line.slice(1, Number(count) + 1) : line.slice(0, keys.length)).map(String);
}

/** What arguments take, about: strings are mostly names and ids, of a byte for each unit. */
export function bytesOf(args: readonly ScriptArgument[]): number {
  let bytes = 0;
  for (const arg of args) bytes += typeof arg === 'number' ? 8 : arg.length;
  return bytes;
}

/** Reads a reply as it is declared. Throws on any other: that is a defect of the script or of its declaration. */
export function readReply<W extends string, G extends Gives>(
  script: Pick<Script<string, string, W, G>, 'name' | 'refuses' | 'gives'>,
  reply: Reply,
): W | Given<G> {
  const word = Buffer.isBuffer(reply) ? script.refuses.find((known) => reply.equals(Buffer.from(known))) : undefined;
  if (word !== undefined) return word;
  try {
    return given(script.gives, reply);
  } catch (error) {
    throw new TypeError(`${script.name} has replied what is not declared`, { cause: error });
  }
}

// `Given` says the same of the declaration as this does of its value.
function given<G extends Gives>(gives: G, reply: Reply): Given<G> {
  if (typeof gives === 'function') return gives(reply) as Given<G>;
  const values = list(reply);
  const read: Record<string, unknown> = {};
  let at = 0;
  for (const name in gives) read[name] = (gives as Readonly<Record<string, Reader<unknown>>>)[name]?.(values[at++]);
  if (values.length > at) throw new TypeError(`${at} values were expected from Redis, not ${values.length}`);
  return read as Given<G>;
}
