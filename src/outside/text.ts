/** What editors, shells and env files put around a text, taken away before anything is compared with it. */

/** Without a byte order mark, and without white space at either end: line ends of any system among it. */
export const bare = (text: string): string => text.trim();

/** Whether a text stands in quotes: `docker run --env-file` and systemd's older readers take them for a part of the value. */
export const isQuoted = (text: string): boolean => /^(["']).*\1$/s.test(text) && text.length > 1;

/** The text without the quotes around it, if there are any. */
export const unquoted = (text: string): string => (isQuoted(text) ? text.slice(1, -1) : text);

/**
 * The key or token of an `Authorization` header; undefined where it is of another scheme, or empty. The scheme is in any case
 * (RFC 9110, 11.1), and there may be white space and quotes around what it carries.
 */
export function bearerOf(authorization: string): string | undefined {
  const given = /^\s*Bearer\s+(\S+)\s*$/i.exec(authorization)?.[1];
  return given === undefined ? undefined : unquoted(given) || undefined;
}

/** A text from a stranger, short enough for a log line. */
export const shown = (text: string): string => (text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text);

const SHOWN_MAX = 200;
