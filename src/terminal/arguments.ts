/** What the terminal client was started with, read and checked. Doing it is left to `chat.ts`. */
import { parseArgs } from 'node:util';
import { nearest } from './nearest.ts';

export interface ChatArguments {
  readonly urls: readonly string[];
  readonly userName: string | undefined;
  readonly token: string | undefined;
  /** Read for each login, so that a token can be replaced while the client runs. */
  readonly tokenFile: string | undefined;
  readonly rooms: readonly string[];
  /** Go on listening when the input has ended. */
  readonly stay: boolean;
}

export type Reading = { readonly given: ChatArguments } | { readonly help: true } | { readonly mistake: string };

const options = {
  user: { type: 'string', short: 'u', value: 'NAME', doc: 'who you are, where the service lets in by name' },
  room: { type: 'string', short: 'r', value: 'NAME', doc: 'a room to be in; may be given several times' },
  url: { type: 'string', value: 'URL', doc: 'the service (ws://127.0.0.1:8080/ws); may be given several times' },
  token: { type: 'string', value: 'TOKEN', doc: 'who you are, where the service wants a token' },
  'token-file': { type: 'string', value: 'FILE', doc: 'the same from a file, which others on this machine cannot see' },
  stay: { type: 'boolean', value: '', doc: 'go on listening when the input has ended' },
  help: { type: 'boolean', short: 'h', value: '', doc: 'this' },
} as const;
type OptionName = keyof typeof options;

const names = Object.keys(options);
const repeatable: readonly string[] = ['room', 'url'];
/** There is nobody to hear them. */
export const linesNeedRoom = 'Lines of a pipe need --room NAME.';
const defaultUrl = 'ws://127.0.0.1:8080/ws';

export const usage = [
  'Usage: npm run chat -- --user ann --room lobby',
  '',
  ...Object.entries<{ short?: string; value: string; doc: string }>(options).map(([name, { short, value, doc }]) => {
    const both = `${short === undefined ? '   ' : `-${short},`} --${name} ${value}`;
    return `  ${both.padEnd(24)}${doc}`;
  }),
  '',
  'With something else than a terminal as input, each of its lines becomes a message in the first room, and the',
  'client ends when all are sent. Messages go to the output, one a line; everything else is told on standard error.',
].join('\n');

/** `isTyped`: the input is a terminal, where one can go to a room later. */
export function readArguments(args: readonly string[], isTyped: boolean): Reading {
  // Strict parsing would tell in its own words, and without a guess.
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true, allowPositionals: true });
  const values = new Map<OptionName, string[]>();
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional')
      return { mistake: `What is "${token.value}" for? A room is given as --room ${token.value}.` };
    const { name, rawName } = token;
    // `--user --room x` lacks a name; who is called so can say `--user=--room`.
    const value = token.inlineValue !== true && token.value?.startsWith('-') === true ? undefined : token.value;
    if (!isOption(name)) return { mistake: unknown(rawName) };
    const wanted = options[name].type === 'string';
    if (wanted && (value === undefined || value === ''))
      return { mistake: `${rawName} needs a value: ${rawName} ${options[name].value}.` };
    if (!wanted && value !== undefined) return { mistake: `${rawName} takes no value.` };
    if (values.has(name) && !repeatable.includes(name)) return { mistake: `${rawName} is given twice.` };
    values.set(name, [...(values.get(name) ?? []), value ?? '']);
  }
  return values.has('help') ? { help: true } : check(values, isTyped);
}

function check(values: ReadonlyMap<OptionName, readonly string[]>, isTyped: boolean): Reading {
  const one = (name: OptionName): string | undefined => values.get(name)?.[0];
  const given: ChatArguments = {
    urls: values.get('url') ?? [defaultUrl],
    userName: one('user'),
    token: one('token'),
    tokenFile: one('token-file'),
    rooms: [...new Set(values.get('room') ?? [])],
    stay: values.has('stay'),
  };
  const bad = given.urls.find((url) => !/^wss?:/i.test(url) || !URL.canParse(url));
  if (bad !== undefined) return { mistake: `${bad} is no address of the service: one looks like ${defaultUrl}.` };
  if (given.token !== undefined && given.tokenFile !== undefined)
    return { mistake: 'Give --token or --token-file, not both.' };
  const who = [given.userName, given.token, given.tokenFile].some((each) => each !== undefined);
  if (!who) return { mistake: 'Who are you? Give --user NAME, or --token TOKEN where the service wants one.' };
  // Who stays may want to listen only, to what is written to them.
  const isInVain = !isTyped && given.rooms.length === 0 && !given.stay;
  return isInVain ? { mistake: linesNeedRoom } : { given };
}

const isOption = (name: string): name is OptionName => Object.hasOwn(options, name);

function unknown(rawName: string): string {
  const guess = nearest(rawName.replace(/^-+/, ''), names);
  return `There is no option ${rawName}.${guess === undefined ? '' : ` Did you mean --${guess}?`} --help lists them all.`;
}
