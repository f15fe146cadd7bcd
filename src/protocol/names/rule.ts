/**
 * The rule for names that may be made, of users, rooms and groups, in one place, and what is wrong with those that may
 * not. Where a bad name is an error is left to the handlers.
 */
import { failBecause, type Failure } from '../errors/errors.ts';
import { defaultLimits } from '../params/limits.ts';
import { isKey } from '../wire/fault.ts';
import { normaliseName, utf8Length, type NameLimits } from './form.ts';
import { isJoinerSeen, profileFault } from './username-profile.ts';

// Control characters (C0, DEL, C1) would spoil logs and terminals; `:`, `{` and `}` delimit keys in the store.
const CONTROL = /\p{Cc}/u;
const DELIMITER = /[:{}]/;
/** These would be dangerous as keys of plain objects, here or in a client. */
const RESERVED: ReadonlySet<string> = new Set(['constructor', 'prototype']);

/**
 * What leaves no trace on a screen, so that two names would look alike: format characters, separators of lines and
 * paragraphs, what Unicode lets fonts ignore (fillers, selectors of variants), the blank pattern of Braille; and what is
 * not assigned, noncharacters among it, whose normal form is not settled. What is for private use is drawn, and may be.
 */
const UNSEEN = /[\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Cn}\u2800]/u;
/** Emoji that Unicode recommends, in their one full spelling: joiners and selectors within them do show. */
const EMOJI = new RegExp('\\p{RGI_Emoji}', 'gv');
const JOINER = /[\u200c\u200d]/;
const OUTER_SPACE = /^\p{White_Space}|\p{White_Space}$/u;

/** True for a name that may be made. */
export function isValidName(name: string, limits: NameLimits = defaultLimits): boolean {
  return nameFault(name, limits) === undefined;
}

/** What is wrong with a name, to complete "the name … is not valid: "; undefined for one that may be made. */
export function nameFault(name: string, limits: NameLimits = defaultLimits): string | undefined {
  const fault = formFault(name, limits);
  if (fault !== undefined) return fault;
  if (OUTER_SPACE.test(name)) return 'it begins or ends with a space';
  if (limits.names === 'username') return profileFault(name);
  return isUnseen(name) ? 'it holds characters that cannot be seen' : undefined;
}

/** True for what may have been made a name under an earlier rule, and for all that may be now. */
export function isStorableName(name: string, limits: NameLimits = defaultLimits): boolean {
  return formFault(name, limits) === undefined;
}

/** What the store and the wire need of a name, whatever it looks like. */
function formFault(name: string, limits: NameLimits): string | undefined {
  if (name.length === 0) return 'it is empty';
  // UTF-8 needs at least one byte per UTF-16 unit: this bounds the work below.
  if (name.length > limits.nameBytes || utf8Length(name) > limits.nameBytes) {
    return `it takes more than ${limits.nameBytes} bytes`;
  }
  if (!name.isWellFormed()) return 'it is cut within a character';
  if (CONTROL.test(name)) return 'it holds control characters';
  if (DELIMITER.test(name)) return 'it holds one of : { }';
  // Names are keys of maps: of sessions, of what was missed.
  if (RESERVED.has(name) || !isKey(name)) return 'it is reserved';
  return normaliseName(name, limits) === name ? undefined : 'it is not in its normal form';
}

function isUnseen(name: string): boolean {
  if (!UNSEEN.test(name)) return false;
  const points = [...name.replace(EMOJI, ' ')];
  return points.some((point, at) => UNSEEN.test(point) && !(JOINER.test(point) && isJoinerSeen(points, at)));
}

/** The refusal to make such a name. */
export function invalidName(name: string, limits: NameLimits): Failure<'invalidName'> {
  return failBecause('invalidName', [name], nameFault(name, limits));
}
