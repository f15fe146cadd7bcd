/**
 * How names of users, rooms and groups are brought to their one form, on both sides of the wire. Which of them may be
 * made is the name rule's; where a bad one is an error is left to the handlers.
 */
import { defaultLimits, type Limits } from '../params/limits.ts';
import { caseMapped } from './username-profile.ts';

/** What a service says of names: how long they may be, and by which rule they are made. */
export type NameLimits = Pick<Limits, 'nameBytes' | 'names'>;

/** UTF-16 units that may become one when they are composed: `ᾂ` is a letter and three marks. */
const UNITS_PER_UNIT = 4;
/** A text with more marks (of the combining kind) than a name has bytes: what is composed keeps a byte for each. */
const LOADED = new RegExp(`^\\P{M}*(?:\\p{M}\\P{M}*){${defaultLimits.nameBytes + 1}}`, 'u');

/**
 * The form in which a name is compared and told: NFC, so that two spellings of one text are one name, and by the profile
 * for user names where the service goes by that. What cannot be within the limit in any form is returned as it is:
 * normalising takes time by the square of the marks in a row, and anything may come here.
 */
export function normaliseName(name: string, limits: NameLimits = defaultLimits): string {
  if (name.length > limits.nameBytes * UNITS_PER_UNIT) return name;
  if (name.length > defaultLimits.nameBytes && LOADED.test(name)) return name;
  return limits.names === 'username' ? caseMapped(name) : name.normalize('NFC');
}

/** Bytes of a well-formed string in UTF-8. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    // Each half of a surrogate pair stands for two of the four bytes.
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 2 : 3;
  }
  return bytes;
}
