/** Pieces of Markdown, laid out as the project's formatter leaves them. What they say is left to the caller. */

export function heading(level: number, text: string): string {
  return `${'#'.repeat(level)} ${text}`;
}

export function code(text: string): string {
  return `\`${text}\``;
}

/** A table with its columns padded to equal width. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [header, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = header.map((_, column) => Math.max(3, ...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = widths.map((width) => '-'.repeat(width));
  return [cells[0] ?? [], rule, ...cells.slice(1)].map(line).join('\n');
}

/** One JSON text per line. */
export function jsonBlock(texts: readonly string[]): string {
  return ['```text', ...texts, '```'].join('\n');
}

const BYTES_PER_LINE = 32;

/** Frames in hexadecimal, with an empty line between two. */
export function hexBlock(frames: readonly Uint8Array[]): string {
  return ['```text', frames.map(hexLines).join('\n\n'), '```'].join('\n');
}

function hexLines(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += BYTES_PER_LINE) {
    const line = Array.from(bytes.subarray(at, at + BYTES_PER_LINE), (byte) => byte.toString(16).padStart(2, '0'));
    lines.push(line.join(' '));
  }
  return lines.join('\n');
}
