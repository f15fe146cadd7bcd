/** What went wrong, in words for whoever sits before the terminal: what it was, and what to do next. */
import type { RequestError } from '../client/index.ts';
import { harmlessLine, harmlessName } from './harmless.ts';
import { dateAndTimeOf } from './layout.ts';

type Telling = Pick<RequestError, 'code' | 'args' | 'message' | 'retryAfterMs'>;

/** `name` is the room or user that it was about. */
const sentences: Readonly<Record<string, (name: string, error: Telling) => string>> = {
  noRoom: (name) => `There is no room ${name}, and it could not be made. Ask who runs the service for it.`,
  notAllowed: (name) => `You may not do this with ${name}. Its owner, or who you write to, has to let you.`,
  notJoined: (name) => `You are not in ${name}. Go there with /join ${name}.`,
  noUser: (name) => `Nobody is called ${name}. People are known once they have logged in: look at /who.`,
  noUserOnline: (name) => `${name} is not here, and messages are not kept for who is away. Try again later.`,
  invalidName: (name) => `${name} cannot be a name. Take one without ":", "{" and "}", and not too long.`,
  messageTooLarge: () => 'That is too long for one message. Send it in parts.',
  tooManyRequests: (_, error) => `That was too much at once. Try again ${inTime(error.retryAfterMs)}.`,
  tooManyRooms: () => 'You are in too many rooms. /leave one first.',
  tooManySockets: (_, error) =>
    `You are logged in too often. Close another one, or try again ${inTime(error.retryAfterMs)}.`,
  unavailable: () =>
    'The service cannot be reached at the moment. It will be tried again; say it once more if it matters.',
  timeout: () => 'The service has not answered in time. Whether it was done is not known: look, then try again.',
  noLogin: () => 'The service lets nobody in without a token. Give one with --token, or --token-file.',
  badToken: () => 'The service does not accept the token. Get another one, and give it with --token or --token-file.',
  tokenExpired: () => 'The token is too old. Get another one, and give it with --token or --token-file.',
  sessionConflict: () => 'You are logged in elsewhere with the same tag. End that one first.',
  silenced: (name, { args: [until] }) =>
    typeof until === 'number'
      ? `You may read in ${name}, but not write until ${dateAndTimeOf(until)}.`
      : `You may read in ${name}, but not write. Its admins can change that.`,
  noMessage: () => 'That message is not there any more.',
  wrongOffset: () => 'Somebody else has written on meanwhile.',
  noMember: (name, { args: [userName] }) =>
    `${typeof userName === 'string' ? harmlessLine(userName) : 'That'} does not belong to ${name}: look at /members.`,
  versionConflict: (name) => `Somebody else has changed ${name} meanwhile. Look at it, then say it again.`,
  tooLarge: (name) => `That is more than ${name} can hold.`,
  listLimitExceeded: () => 'There are too many of these already. Take some away first.',
  quotaExceeded: () => 'You own as many rooms as you may. Delete one first.',
  roomExpired: (name) => `${name} has ended.`,
};

/** Whatever else fails is told as the service words it. */
export function wordsFor(error: unknown, name = 'it'): string {
  if (!isTelling(error)) return `Something went wrong: ${harmlessLine(String(error))}`;
  const sentence = Object.hasOwn(sentences, error.code) ? sentences[error.code] : undefined;
  if (sentence !== undefined) return sentence(harmlessName(name), error);
  return `The service says: ${harmlessLine(error.message)}`;
}

/** Why there is no first connection. */
export function wordsForStart(error: unknown, urls: readonly string[]): string {
  const where = harmlessLine(urls.join(', '));
  const unreachable = isTelling(error) && (error.code === 'unavailable' || error.code === 'timeout');
  if (unreachable) return `No service answers at ${where}. Is it running? "npm start" starts one; --url names another.`;
  return `Not let in at ${where}. ${wordsFor(error, 'your name')}`;
}

/** Why the client has ended for good, or why a connection was lost. */
export function wordsForClose({ code, reason }: { readonly code: number; readonly reason: string }): string {
  const known: Readonly<Record<number, string>> = {
    4000: 'this node is going away',
    4001: 'too much came for this connection to keep up',
    4002: 'the node has lost its place',
    4500: 'the service did not understand this client; it may be of another version',
    4501: 'the service does not let you in; look at --user, --token and --token-file',
    4502: 'the service has ended your login',
    4503: 'another device of yours has taken over',
    4504: 'the token has expired; get another one',
  };
  const words = known[code] ?? harmlessLine(reason);
  return words === '' ? `code ${code}` : words;
}

/** `in 4 s` */
export function inTime(delayMs: number | undefined): string {
  return delayMs === undefined ? 'in a moment' : `in ${span(delayMs)}`;
}

/** `4 s`, `10 min` */
export function span(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1_000));
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

/** By its shape: an error of another copy of the library is as good. */
function isTelling(error: unknown): error is Telling {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && 'args' in error;
}
