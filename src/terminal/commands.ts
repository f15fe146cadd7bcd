/** What a line says that somebody has typed: words for the conversation one is in, or a command. Carrying it out is left to `chat.ts`. */
import { nearest } from './nearest.ts';

export type Command =
  | { readonly kind: 'say'; readonly text: string }
  | { readonly kind: 'join'; readonly roomName: string }
  | { readonly kind: 'leave'; readonly roomName: string | undefined }
  | { readonly kind: 'msg'; readonly userName: string; readonly text: string | undefined }
  | { readonly kind: 'who' | 'read' | 'rooms' | 'retry' | 'quit' | 'help' }
  /** Nothing that could be carried out; the sentence says what would be. */
  | { readonly kind: 'mistake'; readonly sentence: string };

type CommandName = Exclude<Command['kind'], 'say' | 'mistake'>;

const commands: Readonly<Record<CommandName, { readonly params: string; readonly doc: string }>> = {
  join: { params: 'ROOM', doc: 'go to a room; it is made if it is not there' },
  leave: { params: '[ROOM]', doc: 'leave it, or the one you are in' },
  msg: { params: 'USER [TEXT]', doc: 'write to somebody; without a text, go on writing to them' },
  who: { params: '', doc: 'who is in this room' },
  read: { params: '', doc: 'you have read all that is here' },
  rooms: { params: '', doc: 'where you are, and what is unread' },
  retry: { params: '', doc: 'connect at once, while the connection is lost' },
  quit: { params: '', doc: 'end (also Ctrl-C)' },
  help: { params: '', doc: 'this' },
};

export const help = [
  ...Object.entries(commands).map(([name, { params, doc }]) => `${`/${name} ${params}`.padEnd(19)} ${doc}`),
  'Anything else is said in the room that stands before the line. Words that begin with / are said with //.',
  'Names with spaces: /msg "ann lee" hello',
].join('\n');

/** Undefined for a line with nothing in it. */
export function readLine(line: string): Command | undefined {
  const text = line.trim();
  if (text === '') return undefined;
  if (!text.startsWith('/')) return { kind: 'say', text };
  if (text.startsWith('//')) return { kind: 'say', text: text.slice(1) };
  const [, name = '', rest = ''] = /^\/(\S*)\s*([\s\S]*)$/.exec(text) ?? [];
  if (!isCommand(name)) return { kind: 'mistake', sentence: unknown(name) };
  switch (name) {
    case 'join':
      return rest === '' ? lacking(name) : { kind: name, roomName: unquoted(rest) };
    case 'leave':
      return { kind: name, roomName: rest === '' ? undefined : unquoted(rest) };
    case 'msg': {
      const [, quoted, plain, words = ''] = /^(?:"([^"]+)"|(\S+))\s*([\s\S]*)$/.exec(rest) ?? [];
      const userName = quoted ?? plain;
      return userName === undefined ? lacking(name) : { kind: name, userName, text: words === '' ? undefined : words };
    }
    case 'who':
    case 'read':
    case 'rooms':
    case 'retry':
    case 'quit':
    case 'help':
      return rest === '' ? { kind: name } : { kind: 'mistake', sentence: `/${name} takes nothing behind it.` };
  }
}

const isCommand = (name: string): name is CommandName => Object.hasOwn(commands, name);

const unquoted = (name: string): string => /^"(.+)"$/.exec(name)?.[1] ?? name;

function lacking(name: CommandName): Command {
  return { kind: 'mistake', sentence: `/${name} needs a name: /${name} ${commands[name].params}` };
}

function unknown(name: string): string {
  const guess = nearest(name, Object.keys(commands));
  return `There is no command /${name}.${guess === undefined ? '' : ` Did you mean /${guess}?`} /help lists them all.`;
}
