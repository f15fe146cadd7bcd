/**
 * Scripts as a library of Redis Functions. Redis makes the functions of a script anew for each call of it, but those of a library once: for
 * a message that is a sixth of what it costs there. A script has to be written for neither of both. What stands at its margin is set at
 * the beginning of each call, so nothing is left of the call before; functions and constants (names in capitals, without a call) are made once.
 */
import { createHash } from 'node:crypto';
import type { Script } from '../script.ts';
import { partsOf } from './libraries.ts';

export interface FunctionLibrary {
  /** Goes by the code: builds that differ do not share one, and those that do not may. */
  readonly name: string;
  readonly code: string;
  /** By script. */
  readonly functions: ReadonlyMap<Script, string>;
}

/** Of all builds: what their names begin with. */
export const LIBRARIES = 'parley_';

/** Throws for a script that would not be the same as a function. */
export function libraryOf(scripts: Iterable<Script>): FunctionLibrary {
  const code = [...scripts].map((script) => {
    const flags = script.whenFull ? `, flags = { 'allow-oom' }` : '';
    return `do\n${blockOf(script)}redis.register_function{ function_name = NAME .. '${suffixOf(script)}', callback = run${flags} }\nend\n`;
  });
  const version = createHash('sha256').update(code.join(''));
  const name = `${LIBRARIES}${version.digest('hex').slice(0, 16)}`;
  const functions = new Map([...scripts].map((script) => [script, `${name}${suffixOf(script)}`]));
  return { name, code: `#!lua name=${name}\nlocal NAME = '${name}'\n${code.join('')}`, functions };
}

const suffixOf = ({ name }: Script): string => `_${name.replaceAll('-', '_')}`;

/** What makes a script the function `run`. */
function blockOf({ name, lua }: Script): string {
  const parts = partsOf(withoutComments(lua));
  // No function stands behind it, so what it declares is its own.
  const main = parts.pop()?.text;
  const setPerCall = ['KEYS', 'ARGV'];
  const functionNames: string[] = [];
  const constantNames: string[] = [];
  let made = '';
  let steps = '';
  for (const [at, part] of parts.entries()) {
    if (part.name !== undefined) {
      made += part.text;
      functionNames.push(part.name);
      continue;
    }
    const { constants, names, step } = sortedOut(part.text);
    made += constants.map(({ statement }) => statement).join('');
    constantNames.push(...constants.flatMap((constant) => constant.names));
    setPerCall.push(...names);
    if (step.length === 0) continue;
    const called = stepOf(step, at);
    made += called.made;
    steps += called.call;
  }
  const madeOnce = [...functionNames, ...constantNames];
  const ambiguous = setPerCall.find((one, at) => setPerCall.indexOf(one) < at || madeOnce.includes(one));
  if (ambiguous !== undefined) throw new Error(`${name}: ${ambiguous} is declared twice`);
  const changed = changedOf(lua, constantNames);
  if (changed !== undefined) throw new Error(`${name}: ${changed} is set again`);
  return `local ${setPerCall.join(', ')}
${made}local function run(keys, args)
KEYS, ARGV = keys, args
${steps}${main}end
`;
}

/** One of the names that is set otherwise than where it is declared. */
function changedOf(lua: string, names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  const elsewhere = withoutComments(lua).replaceAll(/^local (?!function).*/gm, '');
  return new RegExp(`\\b(${names.join('|')})(?:, \\w+)* = `).exec(elsewhere)?.[1];
}

/** A function of its own, for one may use 60 names of others. What it returns ends the script. */
function stepOf(statements: readonly string[], at: number): { made: string; call: string } {
  const ends = statements.map((statement) => {
    if (!/\breturn\b/.test(statement) || statement.startsWith('function ')) return statement;
    if (/\bfunction\b/.test(statement)) throw new Error(`it cannot be told from where this returns: ${statement}`);
    return statement.replaceAll(/\breturn\b/g, 'return true,');
  });
  const made = `local function step${at}()\n${ends.join('')}end\n`;
  if (ends.every((statement, i) => statement === statements[i])) return { made, call: `step${at}()\n` };
  return { made, call: `local isOver${at}, reply${at} = step${at}()\nif isOver${at} then return reply${at} end\n` };
}

interface SortedOut {
  /** What is made once. */
  readonly constants: readonly { readonly names: readonly string[]; readonly statement: string }[];
  /** What is set at each call, */
  readonly names: readonly string[];
  /** and how, among what else is done. */
  readonly step: readonly string[];
}

function sortedOut(text: string): SortedOut {
  const constants: { names: string[]; statement: string }[] = [];
  const all: string[] = [];
  const step: string[] = [];
  for (const statement of statementsIn(text)) {
    const [, list, value = 'nil\n'] = DECLARATION.exec(statement) ?? [];
    const names = list?.split(', ') ?? [];
    if (list === undefined) step.push(statement);
    else if (isConstant(list, value)) constants.push({ names, statement });
    else {
      all.push(...names);
      step.push(`${list} = ${value}`);
    }
  }
  return { constants, names: all, step };
}

/** At the margin. */
const DECLARATION = /^local ([\w, ]+?)(?:\s*=\s*([^]+\n)|\n)$/;

// Without other names: where a library is loaded there are none. And without tables, for what is in those may change.
const isConstant = (names: string, value: string): boolean =>
  !/[a-z]/.test(names) && !/[a-z{]/i.test(value.replaceAll(/'[^']*'/g, ''));

const withoutComments = (lua: string): string => lua.replaceAll(/^\s*--.*\n/gm, '').replaceAll(/^\n/gm, '');

/** Each from its line at the margin to the next one that begins there. */
const statementsIn = (text: string): string[] =>
  text.split(/^(?=[^\s})])(?!(?:end|else|elseif|until)\b)/m).filter((statement) => statement !== '');
