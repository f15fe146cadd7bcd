// llms.txt: what a program that reads needs to find its way, made of the papers and the declarations themselves. Writing the
// file is left to docs.ts.
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import {
  isNotificationName,
  isRequestName,
  notificationDeclaration,
  notifications,
  requestDeclaration,
  requests,
} from '../../src/protocol/catalogue.ts';
import { closeCodes } from '../../src/protocol/wire/close-codes.ts';
import { errorTable } from '../../src/protocol/errors/table.ts';

export const llmsPath = 'llms.txt';

/** Where each paper belongs; what is not named here is for those who change the code. */
const groups = [
  { title: 'To write clients', folders: ['src/client', 'src/protocol', 'src/terminal', 'config/examples'] },
  {
    title: 'To run it',
    folders: ['config', 'config/guides', 'config/tools/import', 'src/ops', 'src/service', 'src/hooks'],
  },
  { title: 'To change it', folders: undefined },
] as const;

/** What is no Markdown, beside the one that they go with. */
const besides: Readonly<Record<string, readonly string[]>> = {
  'src/documents/PROTOCOL.md': ['[AsyncAPI 3.0](src/documents/asyncapi.json): the same for tools.'],
  'src/service/README.md': ['[OpenAPI 3.1](src/documents/openapi.json): the same for tools.'],
};

const foreign = new Set(['node_modules', 'dist', 'coverage', '.git', 'secrets']);
const sentenceMax = 200;

/** `root` is the project's folder. The same papers and declarations give the same text. */
export function renderLlms(root: string): string {
  const read = (path: string): string => readFileSync(join(root, path), 'utf8');
  const papers = papersIn(root).filter((path) => path !== 'README.md');
  const { description } = JSON.parse(read('package.json')) as { readonly description: string };
  const parts = [
    '# Parley',
    `> ${description}`,
    paragraphOf(read('README.md')),
    [
      'Paths are those of the project. [README.md](README.md) is for the first ten minutes. An application in JavaScript or TypeScript uses the client library;',
      'in any other language the protocol document is enough. Requests, notifications, errors and close codes are listed below; what each takes, gives and costs, with',
      'examples as bytes, is in the protocol document.',
    ].join(' '),
    ...groups.flatMap(({ title, folders }) => [
      `## ${title}`,
      papers
        .filter((path) => titleOf(path) === title || (folders === undefined && titleOf(path) === undefined))
        .flatMap((path) => [
          `[${headingOf(read(path))}](${path}): ${sentenceOf(paragraphOf(read(path)))}`,
          ...(besides[path] ?? []),
        ])
        .map((line) => `- ${line}`)
        .join('\n'),
    ]),
    ...declarations(),
  ];
  return `${parts.join('\n\n')}\n`;
}

function declarations(): string[] {
  const list = (lines: readonly string[]): string => lines.map((line) => `- ${line}`).join('\n');
  return [
    '## Requests',
    list(
      Object.keys(requests)
        .filter(isRequestName)
        .map((name) => {
          const { params, doc } = requestDeclaration(name);
          const names = Object.entries(params).map(([param, { optional }]) => (optional ? `${param}?` : param));
          return `\`${name}(${names.join(', ')})\`: ${sentenceOf(doc)}`;
        }),
    ),
    '## Notifications',
    list(
      Object.keys(notifications)
        .filter(isNotificationName)
        .map((name) => {
          const { params, doc } = notificationDeclaration(name);
          return `\`${name}(${params.map((param) => param.name).join(', ')})\`: ${sentenceOf(doc)}`;
        }),
    ),
    '## Errors',
    list(Object.entries(errorTable).map(([code, { doc, nextMove }]) => `\`${code}\`: ${sentenceOf(doc)} ${nextMove}`)),
    '## Close codes',
    list(Object.values(closeCodes).map(({ code, reason, doc }) => `${code} \`${reason}\`: ${sentenceOf(doc)}`)),
  ];
}

/** The group of a paper, by its folder. */
function titleOf(path: string): string | undefined {
  const folder = posix.dirname(path);
  return groups.find(({ folders }) => folders?.some((each) => each === folder))?.title;
}

function papersIn(root: string, folder = ''): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter(({ name }) => !foreign.has(name))
    .flatMap((entry) => {
      const path = posix.join(folder, entry.name);
      if (entry.isDirectory()) return papersIn(root, path);
      return path.endsWith('.md') ? [path] : [];
    })
    .toSorted((a, b) => (a < b ? -1 : 1));
}

const headingOf = (text: string): string => /^# +(.+?) *$/m.exec(text)?.[1] ?? '';

/** The first paragraph behind the heading, on one line and without links. */
function paragraphOf(text: string): string {
  const [, paragraph = ''] = /^# .*\n+((?:(?!\n\n)[\s\S])+)/m.exec(text) ?? [];
  return paragraph
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** The first sentence; of a very long one, as much as fits. */
function sentenceOf(text: string): string {
  const [sentence = text] = /^.*?[.!?](?= |$)/s.exec(text) ?? [];
  return sentence.length <= sentenceMax ? sentence : `${sentence.slice(0, sentenceMax - 1).trimEnd()}…`;
}
