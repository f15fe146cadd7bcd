// What scripts have replied in a run of the suites, against what they declare: a word that no test has seen, or a field that
// was always the same, is declared and not tested.
import { list, optional, stored, yes, type Reader, type Reply } from '../../src/redis/reply.ts';
import { declaredScripts, readReply, type Script } from '../../src/redis/script.ts';

/** By the name of a script: words, and of each field what it was: `field`, `field is true`, `field is absent` … */
const seen = new Map<string, Set<string>>();

export function noteReply(script: Script, reply: Reply): void {
  let notes = seen.get(script.name);
  if (notes === undefined) seen.set(script.name, (notes = new Set()));
  // An error among them says nothing of what is declared.
  if (script.each)
    for (const one of list(reply).filter((item: unknown) => !(item instanceof Error))) noteOne(script, notes, one);
  else noteOne(script, notes, reply);
}

function noteOne(script: Script, notes: Set<string>, reply: Reply): void {
  const outcome: unknown = readReply(script, reply);
  if (typeof outcome === 'string' && script.refuses.includes(outcome)) {
    notes.add(outcome);
    return;
  }
  for (const [field, reader] of fieldsOf(script)) {
    const value: unknown = field === '' ? outcome : Reflect.get(Object(outcome), field);
    for (const note of notesOf(field, reader, value)) notes.add(note);
  }
}

/** What is declared and was not seen, as `script: what`, sorted. */
export const unseen = (): string[] =>
  [...declaredScripts]
    .flatMap((script) => {
      const notes = seen.get(script.name) ?? new Set();
      const fields = fieldsOf(script).flatMap(([field, reader]) => wantedOf(field, reader));
      return [...script.refuses, ...fields].filter((note) => !notes.has(note)).map((note) => `${script.name}: ${note}`);
    })
    .toSorted();

const fieldsOf = ({ gives }: Script): [string, Reader<unknown>][] =>
  typeof gives === 'function' ? [['', gives]] : Object.entries(gives);

const isFlag = (reader: Reader<unknown>): boolean => reader === yes || reader === stored;

/** Made by `optional`: it takes nil for an answer, and nothing else does. */
const isOptional = (reader: Reader<unknown>): boolean => reader.name === optional(yes).name;

function wantedOf(field: string, reader: Reader<unknown>): string[] {
  const name = field === '' ? 'reply' : field;
  if (isFlag(reader)) return [`${name} is true`, `${name} is false`];
  return isOptional(reader) ? [`${name} is there`, `${name} is absent`] : [name];
}

function notesOf(field: string, reader: Reader<unknown>, value: unknown): string[] {
  const name = field === '' ? 'reply' : field;
  if (isFlag(reader)) return [`${name} is ${String(value)}`];
  if (isOptional(reader)) return [value === undefined ? `${name} is absent` : `${name} is there`];
  // An empty list says nothing of what would be in it.
  return Array.isArray(value) && value.length === 0 ? [] : [name];
}
