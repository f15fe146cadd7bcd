/** Times, sizes and reasons as people read them. */
import { closeCodes } from '../client/index.ts';

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const short = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });

const DAY_MS = 86_400_000;

export const timeOf = (ms: number): string => clock.format(ms);
export const exactTimeOf = (ms: number): string => exact.format(ms);

/** The local day as a number that grows by one each day. */
export function dayOf(ms: number): number {
  const date = new Date(ms);
  return Math.floor(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / DAY_MS);
}

export function dayWords(ms: number): string {
  const days = dayOf(ms) - dayOf(Date.now());
  const words = days > -2 ? relative.format(days, 'day') : weekday.format(ms);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function agoWords(ms: number): string {
  const minutes = Math.round((ms - Date.now()) / 60_000);
  if (minutes > -60) return relative.format(Math.min(0, minutes), 'minute');
  const hours = Math.round(minutes / 60);
  return hours > -24 ? relative.format(hours, 'hour') : relative.format(Math.round(hours / 24), 'day');
}

/** The time of today; of other days, the day. */
export const shortTimeOf = (ms: number): string => (dayOf(ms) === dayOf(Date.now()) ? timeOf(ms) : short.format(ms));

/** Of a time to come; null is none. */
export const untilWords = (ms: number | null): string =>
  ms === null ? 'for good' : `until ${shortTimeOf(ms)}${dayOf(ms) === dayOf(Date.now()) ? '' : `, ${timeOf(ms)}`}`;

export function spanWords(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  if (seconds < 120) return seconds === 1 ? 'a second' : `${seconds} seconds`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} minutes` : `${Math.round(minutes / 60)} hours`;
}

export function sizeWords(bytes: number): string {
  return bytes < 1000 ? `${bytes} B` : `${(bytes / 1000).toFixed(1)} kB`;
}

/** `ws://127.0.0.1:8080/ws` as `127.0.0.1:8080`. */
export function hostOf(url: string | undefined): string {
  return url !== undefined && URL.canParse(url) ? new URL(url).host : '';
}

const sentences: Readonly<Record<string, string>> = {
  noLogin: 'This service wants a token: see “Token and nodes”.',
  badToken: 'The service does not take this token.',
  tokenExpired: 'The token has expired.',
  invalidName: 'This is no name: up to 128 bytes, without control characters and without : { }.',
  noRoom: 'There is no such room.',
  noUser: 'There is nobody of that name.',
  noMember: 'That is nobody who belongs to it.',
  roomExpired: 'Its time is over: it has ended, with all that was said.',
  silenced: 'You may read here, but not write.',
  listLimitExceeded: 'There are too many of them already.',
  quotaExceeded: 'That is more than you may have. Delete a room first.',
  tooLarge: 'That is more than it can hold.',
  versionConflict: 'Somebody else has changed it just now. Look, then try again.',
  notAllowed: 'That is not allowed here.',
  notJoined: 'You are not in this room.',
  tooManyRequests: 'That was too much at once; try again in a moment.',
  messageTooLarge: 'The message is too long.',
  noMessage: 'That message is not there any more.',
  unavailable: 'The service cannot be reached.',
  timeout: 'The service did not answer in time.',
};

/** What went wrong, in a sentence. */
export function errorWords(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'Something went wrong.';
  const code = 'code' in error ? String(error.code) : '';
  // Codes are an operator's to choose.
  if (code === 'noUser' && 'args' in error && Array.isArray(error.args) && typeof error.args[0] === 'string')
    return `There is nobody called ${error.args[0]}.`;
  if (Object.hasOwn(sentences, code)) return sentences[code] ?? '';
  return 'message' in error && error.message !== '' ? String(error.message) : 'Something went wrong.';
}

/** Why there is no connection any more; nothing where that was wanted. */
export function closeWords(code: number, reason: string): string | undefined {
  if (code === 0 || code === 1000) return undefined;
  const name = Object.entries(closeCodes).find(([, known]) => known.code === code)?.[0];
  if (name === 'loginConflict') return 'Another device has taken over.';
  if (name === 'disconnectForced') return 'The service has ended this login.';
  if (name === 'tokenExpired') return 'The token has expired.';
  return `The connection has ended: ${reason === '' ? (name ?? `code ${code}`) : reason}.`;
}

const isPlain = (value: unknown): value is string => typeof value === 'string';

/** A message, as an object or as it is shown. */
interface Said {
  readonly content: Readonly<Record<string, unknown>>;
  readonly recalled?: boolean;
}

/** What a message says; whatever else an application puts into one is shown as it travels. */
export function textOf({ content, recalled = false }: Said): string {
  if (recalled) return 'Message recalled';
  if (isPlain(content['textMessage'])) return content['textMessage'];
  return JSON.stringify(content);
}

/** Nothing of it is seen. */
export const isBlank = (text: string): boolean => /^[\s\p{Default_Ignorable_Code_Point}\u2800]*$/u.test(text);

/** The same in a line, where there is no room for more. */
export const firstLineOf = (said: Said): string => textOf(said).trim().split('\n', 1)[0]?.slice(0, 200) ?? '';

/** A text of an attribute, without what is around it; undefined where there is none. */
const textAt = (values: Readonly<Record<string, unknown>>, name: string): string | undefined => {
  const value = values[name];
  return isPlain(value) && value.trim() !== '' ? value.trim() : undefined;
};

/** What a room is called, by its attributes. */
export const titleIn = (attributes: Readonly<Record<string, unknown>>): string | undefined =>
  textAt(attributes, 'title');

/** How somebody is just now, by its state. */
export const statusIn = (state: Readonly<Record<string, unknown>>): string | undefined => textAt(state, 'status');
