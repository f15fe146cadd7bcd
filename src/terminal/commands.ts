/** What a line says that somebody has typed: words for the conversation one is in, or a command. Carrying it out is left to `chat.ts`. */
import type { Value } from '../client/index.ts';
import { readSearch, unquoted, valueOf, wordsOf, type Wanted } from './belonging/reading.ts';
import { nearest } from './nearest.ts';
import { readLast, readReact, readRecall, readText, type Alteration } from './talk/alteration-reading.ts';

/** What is done to a room that people belong to: `belonging/deeds.ts`. */
export type Deed =
  | { readonly kind: 'new'; readonly title: string; readonly userNames: readonly string[] }
  | { readonly kind: 'add' | 'remove' | 'unsilence'; readonly userNames: readonly string[] }
  | { readonly kind: 'members' | 'mute' | 'unmute' }
  | { readonly kind: 'role'; readonly userName: string; readonly role: 'admin' | 'member' }
  | { readonly kind: 'silence'; readonly userName: string; readonly minutes: number | undefined }
  | { readonly kind: 'slow'; readonly seconds: number }
  /** Without a value it is taken away. */
  | { readonly kind: 'set'; readonly path: string; readonly value: Value | undefined }
  | { readonly kind: 'search'; readonly wanted: Wanted }
  | { readonly kind: 'status'; readonly text: string | undefined };

export type Command =
  | Deed
  | Alteration
  | { readonly kind: 'say'; readonly text: string }
  | { readonly kind: 'join'; readonly roomName: string }
  | { readonly kind: 'leave'; readonly roomName: string | undefined }
  | { readonly kind: 'msg'; readonly userName: string; readonly text: string | undefined }
  | { readonly kind: 'who' | 'read' | 'rooms' | 'retry' | 'quit' | 'help' }
  /** Nothing that could be carried out; the sentence says what would be. */
  | { readonly kind: 'mistake'; readonly sentence: string };

type CommandName = Exclude<Command['kind'], 'say' | 'mistake'>;

interface CommandForm {
  readonly params: string;
  readonly doc: string;
  /** Of what stands behind the name. Undefined where that is not what the command takes. */
  readonly read: (rest: string) => Command | undefined;
}

/** A command with nothing behind it. */
const bare =
  (kind: 'who' | 'read' | 'rooms' | 'retry' | 'quit' | 'help' | 'members' | 'mute' | 'unmute') =>
  (rest: string): Command =>
    rest === '' ? { kind } : { kind: 'mistake', sentence: `/${kind} takes nothing behind it.` };

const people =
  (kind: 'add' | 'remove' | 'unsilence') =>
  (rest: string): Command | undefined => {
    const userNames = wordsOf(rest);
    return userNames.length === 0 ? undefined : { kind, userNames };
  };

/** So many digits are more than any time that the service takes. */
const number = /^\d{1,9}$/;

const commands: Readonly<Record<CommandName, CommandForm>> = {
  join: {
    params: 'ROOM',
    doc: 'go to a room; it is made if it is not there',
    read: (rest) => (rest === '' ? undefined : { kind: 'join', roomName: unquoted(rest) }),
  },
  leave: {
    params: '[ROOM]',
    doc: 'leave it, or the one you are in',
    read: (rest) => ({ kind: 'leave', roomName: rest === '' ? undefined : unquoted(rest) }),
  },
  msg: { params: 'USER [TEXT]', doc: 'write to somebody; without a text, go on writing', read: readMsg },
  last: { params: '[COUNT]', doc: 'what was said last, with the numbers of messages', read: readLast },
  reply: { params: '[#N] TEXT', doc: 'answer the latest message of others, or that one', read: readText('reply') },
  react: { params: '[#N] KEY', doc: 'react to it: /react 👍; -KEY takes it back', read: readReact },
  edit: { params: '[#N] TEXT', doc: 'your latest message, or that one, says this now', read: readText('edit') },
  recall: { params: '[#N] [REASON]', doc: 'nobody sees it any more', read: readRecall },
  who: { params: '', doc: 'who is in this room', read: bare('who') },
  read: { params: '', doc: 'you have read all that is here', read: bare('read') },
  rooms: { params: '', doc: 'where you are, where you belong, what is unread', read: bare('rooms') },
  new: { params: 'TITLE [USER…]', doc: 'make a room that you and they belong to', read: readNew },
  members: { params: '', doc: 'who belongs to this room, here or not', read: bare('members') },
  add: { params: 'USER…', doc: 'they belong to this room from now on', read: people('add') },
  remove: { params: 'USER…', doc: 'they do no more; yourself: you leave for good', read: people('remove') },
  role: { params: 'USER admin|member', doc: 'what somebody may do here', read: readRole },
  silence: { params: 'USER [MINUTES]', doc: 'somebody may read here, but not write', read: readSilence },
  unsilence: { params: 'USER…', doc: 'they may write again', read: people('unsilence') },
  slow: { params: 'SECONDS', doc: 'from one message of somebody to the next; 0: none', read: readSlow },
  set: { params: 'PATH [VALUE]', doc: 'what the room is: /set title Tea at five', read: readSet },
  mute: { params: '', doc: 'no push for this room, for you', read: bare('mute') },
  unmute: { params: '', doc: 'push again', read: bare('unmute') },
  search: {
    params: '[WHAT…]',
    doc: 'by:USER type:TYPE since:TIME until:TIME, some or none',
    read: (rest) => {
      const wanted = readSearch(rest);
      return typeof wanted === 'string' ? { kind: 'mistake', sentence: wanted } : { kind: 'search', wanted };
    },
  },
  status: {
    params: '[TEXT]',
    doc: 'how you are, for all who see you; none: nothing',
    read: (rest) => ({ kind: 'status', text: rest === '' ? undefined : rest }),
  },
  retry: { params: '', doc: 'connect at once, while the connection is lost', read: bare('retry') },
  quit: { params: '', doc: 'end (also Ctrl-C)', read: bare('quit') },
  help: { params: '', doc: 'this', read: bare('help') },
};

export const help = [
  ...Object.entries(commands).map(([name, { params, doc }]) => `${`/${name} ${params}`.padEnd(24)} ${doc}`),
  'Anything else is said in the room that stands before the line.',
  'Words that begin with / are said with //. Values are JSON, or text as it is.',
  'Names with spaces: /msg "ann lee" hello. Times: 13:05, 2026-11-29T13:05',
].join('\n');

const deeds: Readonly<Record<Deed['kind'], true>> = {
  new: true,
  add: true,
  remove: true,
  unsilence: true,
  members: true,
  mute: true,
  unmute: true,
  role: true,
  silence: true,
  slow: true,
  set: true,
  search: true,
  status: true,
};

const alterations: Readonly<Record<Alteration['kind'], true>> = {
  edit: true,
  reply: true,
  recall: true,
  react: true,
  last: true,
};

export const isAlteration = (command: Command): command is Alteration => Object.hasOwn(alterations, command.kind);

export const isDeed = (command: Command): command is Deed => Object.hasOwn(deeds, command.kind);

/** Undefined for a line with nothing in it. */
export function readLine(line: string): Command | undefined {
  const text = line.trim();
  if (text === '') return undefined;
  if (!text.startsWith('/')) return { kind: 'say', text };
  if (text.startsWith('//')) return { kind: 'say', text: text.slice(1) };
  const [, name = '', rest = ''] = /^\/(\S*)\s*([\s\S]*)$/.exec(text) ?? [];
  if (!isCommand(name)) return { kind: 'mistake', sentence: unknown(name) };
  const { read, params } = commands[name];
  return read(rest) ?? { kind: 'mistake', sentence: `/${name} is given so: /${name} ${params}` };
}

function readMsg(rest: string): Command | undefined {
  const [, quoted, plain, words = ''] = /^(?:"([^"]+)"|(\S+))\s*([\s\S]*)$/.exec(rest) ?? [];
  const userName = quoted ?? plain;
  return userName === undefined ? undefined : { kind: 'msg', userName, text: words === '' ? undefined : words };
}

function readNew(rest: string): Command | undefined {
  const [title, ...userNames] = wordsOf(rest);
  return title === undefined ? undefined : { kind: 'new', title, userNames };
}

function readRole(rest: string): Command | undefined {
  const [userName, role, ...more] = wordsOf(rest);
  if (userName === undefined || more.length > 0 || (role !== 'admin' && role !== 'member')) return undefined;
  return { kind: 'role', userName, role };
}

function readSilence(rest: string): Command | undefined {
  const [userName, minutes, ...more] = wordsOf(rest);
  if (userName === undefined || more.length > 0 || (minutes !== undefined && !number.test(minutes))) return undefined;
  return { kind: 'silence', userName, minutes: minutes === undefined ? undefined : Number(minutes) };
}

function readSlow(rest: string): Command | undefined {
  return number.test(rest) ? { kind: 'slow', seconds: Number(rest) } : undefined;
}

function readSet(rest: string): Command | undefined {
  const [, path, value = ''] = /^(\S+)\s*([\s\S]*)$/.exec(rest) ?? [];
  return path === undefined ? undefined : { kind: 'set', path, value: value === '' ? undefined : valueOf(value) };
}

const isCommand = (name: string): name is CommandName => Object.hasOwn(commands, name);

function unknown(name: string): string {
  const guess = nearest(name, Object.keys(commands));
  return `There is no command /${name}.${guess === undefined ? '' : ` Did you mean /${guess}?`} /help lists them all.`;
}
