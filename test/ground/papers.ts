// The project's papers (all *.md) as the tests read them: headings, links, fences of code. What has to hold is up to papers.test.ts.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { root } from './source-files.ts';

export interface Paper {
  /** From the project's root, with `/`. */
  readonly path: string;
  readonly text: string;
}

/** Made by others, or by tools. */
const foreign = new Set(['node_modules', 'dist', 'coverage', '.git', 'secrets']);

/** All papers of the project, sorted. */
export function allPapers(folder = ''): Paper[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter(({ name }) => !foreign.has(name))
    .flatMap((entry) => {
      const path = posix.join(folder, entry.name);
      if (entry.isDirectory()) return allPapers(path);
      return path.endsWith('.md') ? [{ path, text: readFileSync(join(root, path), 'utf8') }] : [];
    })
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

const fence = /^( *)```(\w*)\n([\s\S]*?)^\1```$/gm;

/** The fences of code in one language; commands are `sh`. */
export function fencesOf(text: string, language: string): string[] {
  return [...text.matchAll(fence)].filter(([, , of]) => of === language).map(([, , , body = '']) => body);
}

/** The headings as they stand, without the marks before them. */
export function headingsOf(text: string): string[] {
  return [...text.replaceAll(fence, '').matchAll(/^#{1,6} +(.+?) *$/gm)].map(([, heading = '']) => heading);
}

/** What stands between a heading and the next one of its level or above; empty where there is no such heading. */
export function sectionOf(text: string, heading: string): string {
  const lines = text.split('\n');
  const from = lines.findIndex((line) => /^#{1,6} /.test(line) && line.replace(/^#+ +/, '') === heading);
  if (from < 0) return '';
  const level = lines[from]?.indexOf(' ') ?? 0;
  let fenced = false;
  const length = lines.slice(from + 1).findIndex((line) => {
    if (line.trimStart().startsWith('```')) fenced = !fenced;
    const marks = /^(#{1,6}) /.exec(line)?.[1];
    return !fenced && marks !== undefined && marks.length <= level;
  });
  return lines.slice(from + 1, length < 0 ? undefined : from + 1 + length).join('\n');
}

/** The anchors that GitHub gives to the headings: lower case, letters, digits, `_` and `-`, spaces as `-`, repeats numbered. */
export function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  const seen = new Map<string, number>();
  for (const heading of headingsOf(text)) {
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = plain.replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '').replaceAll(' ', '-');
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    anchors.add(count === 0 ? slug : `${slug}-${count}`);
  }
  return anchors;
}

/** The targets of all links that stay in the project, of references and of pictures, too. Code is not looked into. */
export function linksOf(text: string): string[] {
  const prose = text.replaceAll(fence, '').replace(/`[^`\n]*`/g, '`code`');
  const inline = [...prose.matchAll(/\]\(\s*<?([^)\s>]*)>?(?:\s+"[^"]*")?\s*\)/g)];
  const references = [...prose.matchAll(/^ *\[[^\]]+\]: *<?(\S+?)>?(?:\s+"[^"]*")?$/gm)];
  const html = [...prose.matchAll(/\b(?:href|src)="([^"]*)"/g)];
  return [...inline, ...references, ...html]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z][a-z0-9+.-]*:/i.test(target));
}

/** The link's file, from the project's root. */
export function fileOf({ path }: Paper, link: string): string {
  const [file = ''] = link.split('#');
  return file === '' ? path : posix.normalize(posix.join(dirname(path), decodeURIComponent(file)));
}

/** What is wrong with the links of a paper: files that are not there, anchors that no heading has. */
export function brokenLinks(paper: Paper): string[] {
  return linksOf(paper.text).flatMap((link) => {
    const file = fileOf(paper, link);
    const anchor = /#(.*)$/.exec(link)?.[1];
    const inside = file !== '..' && !file.startsWith('../') && !link.startsWith('/');
    const there = file === paper.path || existsSync(join(root, file));
    if (link === '' || !inside || !there) return [`${paper.path}: no file ${link}`];
    if (anchor === undefined || !file.endsWith('.md')) return [];
    const text = file === paper.path ? paper.text : readFileSync(join(root, file), 'utf8');
    return anchorsOf(text).has(anchor) ? [] : [`${paper.path}: no anchor ${link}`];
  });
}
