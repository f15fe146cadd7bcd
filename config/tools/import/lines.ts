/**
 * Files of JSON lines, row by row and never whole in memory. A line is a row, an array of rows (as an API gives a page), or a map with such an
 * array as `results`. Empty lines, and those that begin with `#`, are none; nor is what a list of rows, each on a line, has around and between them.
 */
import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';

/** Bytes of one line. */
const LINE_BYTES_MAX = 16 * 1024 * 1024;
/** Maps and lists around one another in a row: no message may have as many. */
const DEPTH_MAX = 64;

export type JsonMap = { readonly [key: string]: unknown };

export interface Row {
  readonly map: JsonMap;
  /** For people: the file, and the number of the line. */
  readonly place: string;
}

export const isJsonMap = (value: unknown): value is JsonMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `onBad` is told the place of what is no row. Rejects where a file cannot be read. */
export async function* rowsOf(
  files: readonly string[],
  onBad: (place: string, why: string) => void,
): AsyncGenerator<Row> {
  for (const file of files) {
    let number = 0;
    for await (const line of linesOf(file)) {
      const place = `${file}:${++number}`;
      if (line === 'tooLong') {
        onBad(place, 'the line has more than 16 MiB (of one list, `jq -c .[]` makes lines)');
        continue;
      }
      if (line === 'notUtf8') {
        onBad(place, 'the line is not UTF-8 (`iconv -t UTF-8` makes it so)');
        continue;
      }
      const text = line.trim().replace(/,$/, '');
      if (text === '' || text === '[' || text === ']' || text.startsWith('#')) continue;
      yield* rowsIn(text, place, onBad);
    }
  }
}

function* rowsIn(text: string, place: string, onBad: (place: string, why: string) => void): Generator<Row> {
  const read = parsed(text);
  if (read === undefined) {
    onBad(place, 'the line is no JSON, or its maps and lists are too deep');
    return;
  }
  const page = isJsonMap(read) && Array.isArray(read['results']) ? read['results'] : read;
  for (const row of Array.isArray(page) ? page : [page]) {
    if (isJsonMap(row)) yield { map: row, place };
    else onBad(place, 'the row is no map');
  }
}

/** Undefined where it is no JSON, or too deep for what goes through it. */
export function parsed(text: string): unknown {
  try {
    const read: unknown = JSON.parse(text);
    return isDeeper(read, DEPTH_MAX) ? undefined : read;
  } catch {
    return undefined;
  }
}

const isDeeper = (value: unknown, depth: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (depth === 0 || Object.values(value).some((each) => isDeeper(each, depth - 1)));

/** As text; what is longer than a line may be is passed over. */
async function* linesOf(file: string): AsyncGenerator<string> {
  const bytes = createReadStream(file);
  const unpacked = file.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes;
  // What breaks below is to end the reader, too.
  bytes.on('error', (error) => unpacked.destroy(error));
  // What is broken inside of a packed file says nothing of which one it is.
  unpacked.on('error', (error: Error) => {
    if (!error.message.includes(file)) error.message = `${file}: ${error.message}`;
  });
  let pieces: Buffer[] = [];
  let length = 0;
  const whole = (last: Buffer): string => {
    const isTooLong = length + last.length > LINE_BYTES_MAX;
    const bytes = isTooLong ? last : Buffer.concat([...pieces, last]);
    [pieces, length] = [[], 0];
    // Neither is JSON: what cannot be read is told as that.
    if (isTooLong) return 'tooLong';
    return isUtf8(bytes) ? bytes.toString('utf8') : 'notUtf8';
  };
  for await (const chunk of unpacked as AsyncIterable<Buffer>) {
    let from = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      yield whole(chunk.subarray(from, at));
      from = at + 1;
    }
    const rest = chunk.subarray(from);
    length += rest.length;
    // Only its length is known of what is too long.
    if (length <= LINE_BYTES_MAX) pieces.push(rest);
    else pieces = [];
  }
  if (length > 0) yield whole(Buffer.alloc(0));
}
