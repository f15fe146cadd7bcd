/** What the importer was started with, read and checked. */
import { parseArgs } from 'node:util';
import { defaultLimits } from '../../../src/protocol/params/limits.ts';
import { timeOf } from './source.ts';
import type { NameLimits } from '../../../src/protocol/names/form.ts';

export const formats = ['leancloud', 'json'] as const;
export type FormatName = (typeof formats)[number];

export interface ImportArguments {
  readonly format: FormatName;
  readonly files: readonly string[];
  /** Operator ports; the next one is asked where one does not answer. */
  readonly urls: readonly string[];
  readonly token: string | undefined;
  readonly tokenFile: string | undefined;
  readonly isDryRun: boolean;
  /** LeanCloud's unique conversations of two become conversations of two users instead of rooms. */
  readonly direct: boolean;
  /** What was said then or later, in ms, is left to whoever posts it live. */
  readonly before: number;
  /** The conversations take no messages in a later run. */
  readonly done: boolean;
  /** Owns rooms that name neither an owner nor a member. */
  readonly owner: string;
  readonly names: NameLimits;
  /** Bytes of a message that are imported, where these are to be fewer than the service takes. */
  readonly messageBytes: number | undefined;
  /** MiB of rows that are sorted in memory. */
  readonly memoryMb: number;
}

export type Reading = { readonly given: ImportArguments } | { readonly help: true } | { readonly mistake: string };

const options = {
  format: { type: 'string', value: 'FORMAT', doc: `what the files hold: ${formats.join(' or ')}` },
  url: {
    type: 'string',
    value: 'URL',
    doc: 'operator port of a node (http://127.0.0.1:8081); several times for several',
  },
  token: { type: 'string', value: 'KEY', doc: "the service's PARLEY_API_KEY" },
  'token-file': { type: 'string', value: 'FILE', doc: 'the same from a file' },
  'dry-run': {
    type: 'boolean',
    value: '',
    doc: 'read everything, ask the service for nothing, and tell what would be skipped',
  },
  direct: { type: 'boolean', value: '', doc: 'unique conversations of two become direct messages (leancloud)' },
  before: { type: 'string', value: 'TIME', doc: 'leave out what was said then or later: ms, or ISO 8601' },
  done: { type: 'boolean', value: '', doc: 'end the import of each conversation: a later run adds no messages to it' },
  owner: { type: 'string', value: 'NAME', doc: 'owner of rooms that have nobody ("operator")' },
  names: { type: 'string', value: 'RULE', doc: 'the service\'s PARLEY_NAMES, if that is "username"' },
  'message-bytes': {
    type: 'string',
    value: 'N',
    doc: `bytes of a message (as many as the service takes; in a dry run ${defaultLimits.messageBytes})`,
  },
  memory: { type: 'string', value: 'MIB', doc: 'how much is sorted in memory; the rest goes by temporary files (64)' },
  help: { type: 'boolean', value: '', doc: 'this' },
} as const;
type OptionName = keyof typeof options;

export const usage = [
  'Usage: npm run import -- --format leancloud --token-file KEY FILE…',
  '',
  ...Object.entries<{ value: string; doc: string }>(options).map(
    ([name, { value, doc }]) => `  ${`--${name} ${value}`.padEnd(22)}${doc}`,
  ),
  '',
  'Files are JSON lines, also gzipped (.gz). What is in them is in config/tools/import/README.md. It may be run again with the same',
  'files, and goes on where it was. It ends with 0, with 1 where something was skipped, 2 for a mistake, 3 where the service is away.',
].join('\n');

export function readArguments(args: readonly string[]): Reading {
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true, tokens: true });
  } catch (error) {
    return { mistake: error instanceof Error ? error.message : String(error) };
  }
  const values = new Map<OptionName, string[]>();
  for (const token of parsed.tokens) {
    if (token.kind === 'option') values.set(token.name, [...(values.get(token.name) ?? []), token.value ?? '']);
  }
  return values.has('help') ? { help: true } : check(values, parsed.positionals);
}

function check(values: ReadonlyMap<OptionName, readonly string[]>, files: readonly string[]): Reading {
  const one = (name: OptionName): string | undefined => values.get(name)?.at(-1);
  const format = formats.find((name) => name === one('format'));
  if (format === undefined) return { mistake: `--format says what the files hold: ${formats.join(' or ')}.` };
  if (files.length === 0) return { mistake: 'No file is given.' };
  const urls = values.get('url') ?? ['http://127.0.0.1:8081'];
  const bad = urls.find((url) => !isOrigin(url));
  if (bad !== undefined) return { mistake: `${bad} is no address of an operator port.` };
  const isDryRun = values.has('dry-run');
  const [token, tokenFile] = [one('token'), one('token-file')];
  if (!isDryRun && (token === undefined) === (tokenFile === undefined)) {
    return { mistake: 'Give the key of the server API: --token KEY, or --token-file FILE.' };
  }
  const before = one('before') === undefined ? Infinity : timeOf(one('before'));
  if (before === undefined) return { mistake: '--before is a time: ms since the epoch, or ISO 8601.' };
  const names = one('names');
  if (names !== undefined && names !== 'username') return { mistake: '--names is "username", or left out.' };
  const messageBytes = one('message-bytes') === undefined ? undefined : Number(one('message-bytes'));
  const memoryMb = Number(one('memory') ?? 64);
  for (const number of [messageBytes ?? 1, memoryMb]) {
    if (!Number.isSafeInteger(number) || number < 1)
      return { mistake: '--message-bytes and --memory are whole numbers.' };
  }
  return {
    given: {
      format,
      files,
      urls,
      token,
      tokenFile,
      isDryRun,
      direct: values.has('direct'),
      before,
      done: values.has('done'),
      owner: one('owner') ?? 'operator',
      names: { nameBytes: defaultLimits.nameBytes, ...(names === undefined ? {} : { names }) },
      messageBytes,
      memoryMb,
    },
  };
}

/** A host, with its port: the paths there are known, and nothing else of an address would be sent. */
function isOrigin(text: string): boolean {
  if (!/^https?:/i.test(text) || !URL.canParse(text)) return false;
  const { pathname, search, hash, username, password } = new URL(text);
  return pathname === '/' && search + hash + username + password === '';
}
