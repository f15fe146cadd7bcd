/**
 * A Lua file behind what it uses of its libraries. Redis makes every function of a script anew whenever the script is called, whether it
 * is called there or not, which costs about as much as a tenth of a command. So a script has only those functions that it names, or
 * that those name.
 */
import { readFileSync } from 'node:fs';

/** A function, from its first line to its `end`, or what stands between two of them. */
export interface Part {
  /** Undefined of what is no function: that is always there. */
  readonly name: string | undefined;
  readonly text: string;
  /** What it may call: every word outside of comments. */
  readonly words: readonly string[];
}

/** A file, read. */
interface Source {
  /** The libraries that it names, in their order. */
  readonly uses: readonly string[];
  readonly parts: readonly Part[];
}

/** By their addresses: hundreds of scripts build on the same few of them. */
const libraries = new Map<string, Source>();

/**
 * The text of a file and of the libraries that its first line names (`-- uses: clock occupants`, of `folder`), each of them once, behind
 * its own, without the functions that nothing of it names.
 */
export function withLibraries(file: URL, folder: URL): string {
  const parts = sourcesOf(read(file), folder, new Set()).flatMap((source) => source.parts);
  const byName = new Map<string, Part[]>();
  for (const part of parts) {
    if (part.name === undefined) continue;
    const namesakes = byName.get(part.name);
    if (namesakes === undefined) byName.set(part.name, [part]);
    else namesakes.push(part);
  }
  const named = new Set<Part>();
  const reach = (part: Part): void => {
    if (named.has(part)) return;
    named.add(part);
    for (const word of part.words) byName.get(word)?.forEach(reach);
  };
  for (const part of parts) if (part.name === undefined) reach(part);
  return parts.flatMap((part) => (named.has(part) ? [part.text] : [])).join('');
}

/** In the order in which they build on one another. */
function sourcesOf(source: Source, folder: URL, included: Set<string>): Source[] {
  const below = source.uses.flatMap((library) => {
    if (included.has(library)) return [];
    included.add(library);
    return sourcesOf(libraryAt(`${folder.href}${library}.lua`), folder, included);
  });
  return [...below, source];
}

function libraryAt(address: string): Source {
  const known = libraries.get(address);
  if (known !== undefined) return known;
  const source = read(new URL(address));
  libraries.set(address, source);
  return source;
}

function read(file: URL): Source {
  const text = readFileSync(file, 'utf8');
  return { uses: /^-- uses: (.*)\n/.exec(text)?.[1]?.split(' ') ?? [], parts: partsOf(text) };
}

/** Only what begins at the margin is looked at, where a function ends by the first `end` there. */
export function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  const add = (name: string | undefined, part: string): void =>
    void parts.push({ name, text: part, words: wordsIn(part) });
  let at = 0;
  for (const found of text.matchAll(/^local function (\w+)\((?:.*\bend|.*\n(?:.*\n)*?end)\n/gm)) {
    if (found.index > at) add(undefined, text.slice(at, found.index));
    add(found[1], found[0]);
    at = found.index + found[0].length;
  }
  if (at < text.length) add(undefined, text.slice(at));
  return parts;
}

const wordsIn = (text: string): string[] => [...new Set(text.replaceAll(/^[ \t]*--.*$/gm, '').match(/\w+/g))];
