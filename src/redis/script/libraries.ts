/**
 * A Lua file behind what it uses of its libraries. Redis makes every function of a script anew whenever the script is called, whether it
 * is called there or not, which costs about as much as a tenth of a command. So a script has only those functions that it names, or
 * that those name.
 */
import { readFileSync } from 'node:fs';

/** A function, from its first line to its `end`, or what stands between two of them. */
interface Part {
  /** Undefined of what is no function: that is always there. */
  readonly name: string | undefined;
  readonly text: string;
}

/**
 * The text of a file and of the libraries that its first line names (`-- uses: clock occupants`, of `folder`), each of them once, behind
 * its own, without the functions that nothing of it names.
 */
export function withLibraries(file: URL, folder: URL): string {
  const parts = filesOf(file, folder, new Set()).flatMap(partsOf);
  const named = new Set<Part>();
  const reach = (part: Part): void => {
    if (named.has(part)) return;
    named.add(part);
    const words = wordsIn(part.text);
    for (const other of parts) if (other.name !== undefined && words.has(other.name)) reach(other);
  };
  for (const part of parts) if (part.name === undefined) reach(part);
  return parts.flatMap((part) => (named.has(part) ? [part.text] : [])).join('');
}

/** The texts in the order in which they build on one another. */
function filesOf(file: URL, folder: URL, included: Set<string>): string[] {
  const text = readFileSync(file, 'utf8');
  const uses = /^-- uses: (.*)\n/.exec(text)?.[1]?.split(' ') ?? [];
  const libraries = uses.flatMap((library) => {
    if (included.has(library)) return [];
    included.add(library);
    return filesOf(new URL(`${library}.lua`, folder), folder, included);
  });
  return [...libraries, text];
}

/** Only what begins at the margin is looked at, where a function ends by the first `end` there. */
function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  let at = 0;
  for (const found of text.matchAll(/^local function (\w+)\((?:.*\bend|.*\n(?:.*\n)*?end)\n/gm)) {
    if (found.index > at) parts.push({ name: undefined, text: text.slice(at, found.index) });
    parts.push({ name: found[1], text: found[0] });
    at = found.index + found[0].length;
  }
  return at < text.length ? [...parts, { name: undefined, text: text.slice(at) }] : parts;
}

/** What a text may call: every word outside of comments. */
const wordsIn = (text: string): Set<string> => new Set(text.replaceAll(/^\s*--.*$/gm, '').match(/\w+/g));
