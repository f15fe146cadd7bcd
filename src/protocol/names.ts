/** The rule for user and room names, in one place. Where a bad name is an error is left to the handlers. */
import { defaultLimits } from './limits.ts';

/** NFC, so that two spellings of one text are one name. A string with lone surrogates is returned in NFC as well. */
export function normaliseName(name: string): string {
  return name.normalize('NFC');
}

// Control characters (C0, DEL, C1) would spoil logs and terminals; `:`, `{` and `}` delimit keys in the store.
const FORBIDDEN = /[\p{Cc}:{}]/u;

/** These would be dangerous as keys of plain objects, here or in a client. */
const RESERVED: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** True for a name that may be created: well-formed, NFC, 1 to `nameBytes` bytes of UTF-8, nothing forbidden. */
export function isValidName(name: string, nameBytes: number = defaultLimits.nameBytes): boolean {
  // UTF-8 needs at least one byte per UTF-16 unit: this bounds the work below.
  if (name.length === 0 || name.length > nameBytes) return false;
  if (FORBIDDEN.test(name) || RESERVED.has(name) || !name.isWellFormed()) return false;
  return utf8Length(name) <= nameBytes && normaliseName(name) === name;
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
