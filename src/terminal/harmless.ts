/**
 * Texts from other people as a terminal may show them: nothing in them moves the cursor, changes colours or hides what
 * stands beside it, whoever wrote them. Wrapping and colours of our own come later, in `layout.ts`.
 */

/** Of one text; what is longer is cut, and said to be. */
const charactersMax = 4_000;
/** Marks above one letter: with hundreds, they climb over the lines above. */
const marksMax = 8;

const lineEnds = /\r\n?|[\v\f\u0085\u2028\u2029]/gu;
/** Controls, what changes the direction of writing or is not seen, and what each font shows as it likes. Joiners stay: emoji need them. */
const unsafe = /(?![\n\u200c\u200d])[\p{Cc}\p{Cf}\p{Co}]/gu;
/** They say which flag it is, and show nothing by themselves. */
const flagTags = /[\u{e0020}-\u{e007f}]/gu;
const marks = new RegExp(`(\\p{M}{${marksMax}})\\p{M}+`, 'gu');

/** May have several lines, ended by `\n`. */
export function harmless(text: string): string {
  return cut(text)
    .toWellFormed()
    .replace(lineEnds, '\n')
    .replaceAll('\t', '    ')
    .replace(flagTags, '')
    .replace(unsafe, shown)
    .replace(marks, '$1');
}

/** The same on one line. */
export function harmlessLine(text: string): string {
  return harmless(text.trim()).replaceAll('\n', ' ↵ ');
}

/** A name: it stands among other words, and must not be longer than they are. */
export function harmlessName(name: string): string {
  const characters = [...harmlessLine(name)];
  return characters.length <= nameCharactersMax
    ? characters.join('')
    : `${characters.slice(0, nameCharactersMax).join('')}…`;
}

const nameCharactersMax = 64;

function cut(text: string): string {
  const rest = text.length - charactersMax;
  return rest <= 0 ? text : `${text.slice(0, charactersMax)} … (${rest} more characters)`;
}

/** A picture of the control where there is one, else its number. */
function shown(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return '␡';
  return `‹U+${code.toString(16).toUpperCase().padStart(4, '0')}›`;
}
