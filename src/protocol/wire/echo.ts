/**
 * How much of what was sent is sent back in an error: as a value, 1 KiB in either format; in a sentence, a short line.
 * Which values an error has is the table's matter.
 */
import { encodeJson } from './json.ts';
import { encodeShared } from './msgpack.ts';
import { utf8Length } from '../names/form.ts';
import type { Value } from '../params/values.ts';

/** Of all args of one error, in either format. */
export const echoBytesMax = 1024;
const ITEMS_MAX = 500;
/** UTF-16 units of a text of which only the beginning is shown. Escaped, each takes six bytes at most. */
const CUT_LENGTH = 128;
const WORDS_LENGTH = 80;

/** Whether a value is given back: not if it is binary, larger than 1 KiB, or a list of very many. */
export function isEchoed(value: Value): boolean {
  if (value instanceof Uint8Array || (Array.isArray(value) && value.length > ITEMS_MAX)) return false;
  return encodedBytes(value) <= echoBytesMax;
}

/** The args as they may travel: whole, or where they are too large, texts cut and nil for everything else that is large. */
export function echoed(args: Value[]): Value[] {
  const wellFormed = args.every((arg) => typeof arg !== 'string' || arg.isWellFormed());
  if (wellFormed && encodedBytes(args) <= echoBytesMax) return args;
  return args.map((arg) => {
    if (typeof arg === 'string') return cut(arg, CUT_LENGTH / args.length);
    return typeof arg === 'object' ? null : arg;
  });
}

/** A text that was sent and names what an error is about, beside the error. */
export const echoedText = (text: string): string => (encodedBytes(text) <= echoBytesMax ? text : cut(text, CUT_LENGTH));

/** Its beginning, never with half a character at the end: no format could carry that. */
function cut(text: string, length: number): string {
  const short = text.length > length ? `${text.slice(0, length - 1)}…` : text;
  return short.toWellFormed();
}

/** The larger of both formats: which one the client speaks is not known here. */
function encodedBytes(value: Value): number {
  const { length } = encodeShared(value);
  if (length > echoBytesMax) return length;
  return Math.max(length, utf8Length(encodeJson(value)));
}

/** A value inside a sentence: scalars as they are, cut, so that a message stays one short line; the others described. */
export function inWords(value: Value | undefined): string {
  if (value === undefined || value === null) return 'nil';
  if (value instanceof Uint8Array) return `a binary value of ${count(value.length, 'byte')}`;
  if (Array.isArray(value)) return `a structured value, a list of ${count(value.length, 'item')}`;
  if (typeof value === 'object') return `a structured value, a map of ${count(Object.keys(value).length, 'key')}`;
  if (typeof value !== 'string') return String(value);
  const whole = JSON.stringify(cut(value, WORDS_LENGTH));
  // Of what has to be escaped, less is shown.
  const quoted = whole.length > 2 * WORDS_LENGTH ? JSON.stringify(cut(value, WORDS_LENGTH / 4)) : whole;
  return value.length > WORDS_LENGTH ? `${quoted}, a string of ${count(value.length, 'character')}` : quoted;
}

const count = (many: number, thing: string): string =>
  `${String(many).replace(/\B(?=(?:\d{3})+$)/g, ',')} ${thing}${many === 1 ? '' : 's'}`;
