/** How lines are laid out: time of day, wrapping at the terminal's width, colours. What they say is left to the callers. */
import { styleText } from 'node:util';
import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';

export type Style = Parameters<typeof styleText>[0];
/** Gives the text in that style, or as it is where there are no colours. */
export type Paint = (style: Style, text: string) => string;

export const painter =
  (colours: boolean): Paint =>
  (style, text) =>
    colours ? styleText(style, text, { validateStream: false }) : text;

/** Rows of one text; what takes more is cut, and said to be. */
const rowsMax = 40;
/** A blank that no wrapping takes for one. */
const filler = '\u2800';
const leadingFiller = /^\u2800+/;
const authorStyles: readonly Style[] = ['cyan', 'yellow', 'magenta', 'blue', 'green', 'red'];

/** The same name has the same colour, on every screen. */
export function styleOf(name: string): Style {
  let sum = 0;
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 65_521;
  return authorStyles[sum % authorStyles.length] ?? 'cyan';
}

/**
 * The text behind its head, wrapped so that no row is wider than the terminal; what is wrapped begins below the text. A
 * head that takes much of the width does not push the text aside: then it begins two columns in.
 */
export function layOut(head: string, text: string, columns: number): string {
  const width = Math.max(20, columns);
  const headWidth = stringWidth(head);
  const indent = headWidth <= width / 2 ? headWidth : 2;
  // Blanks that begin a line are kept, and the head's place in the first row; those at which a line breaks are not.
  const first = headWidth - indent;
  const lines = text.replaceAll(/^ +/gm, (blanks) => filler.repeat(blanks.length));
  const rows = wrapAnsi(filler.repeat(first) + lines, width - indent, { hard: true })
    .split('\n')
    .map((row) => row.replace(leadingFiller, (fillers) => ' '.repeat(fillers.length)));
  rows[0] = (rows[0] ?? '').slice(first);
  const shown =
    rows.length <= rowsMax ? rows : [...rows.slice(0, rowsMax - 1), `… (${rows.length - rowsMax + 1} more lines)`];
  return shown.map((row, index) => (index === 0 ? head : ' '.repeat(indent)) + row).join('\n');
}

/** How many rows a line takes that is typed, as the terminal breaks it: at its width, whatever word is there. */
export function rowsOf(text: string, columns: number): number {
  let [rows, column] = [1, 0];
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    const width = stringWidth(segment);
    if (column + width > columns) {
      rows += 1;
      column = 0;
    }
    column += width;
  }
  // A full row: the cursor is on the next one.
  return column === columns ? rows + 1 : rows;
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
const both = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'medium' });
/** The latest date that there is. */
const latestMs = 8.64e15;

/** Now, where a message tells no time that is one. */
const dateOf = (timestamp: number | undefined): Date =>
  timestamp !== undefined && Math.abs(timestamp) <= latestMs ? new Date(timestamp) : new Date();

/** `13:05` */
export const clockOf = (timestamp: number | undefined): string => clock.format(dateOf(timestamp));
/** `Sunday 29 November 2026` */
export const dayOf = (timestamp: number | undefined): string => day.format(dateOf(timestamp));
/** `2026-11-29 13:05:09` */
export const dateAndTimeOf = (timestamp: number | undefined): string => both.format(dateOf(timestamp));
