// The documentation of the settings, derived from their table: rows, and the Markdown of the README.
import { settings } from './table.ts';

export interface SettingRow {
  readonly name: string;
  readonly type: string;
  readonly unit: string | undefined;
  readonly default: string;
  readonly doc: string;
  /** The variable that may name a file with the value instead. */
  readonly fileName: string | undefined;
}

/** All settings meant for operators, in the order of the table. */
export function describeSettings(): SettingRow[] {
  return Object.values(settings)
    .filter(({ hidden }) => !hidden)
    .map(({ name, type, unit, defaultText, doc, secret }) => ({
      name,
      type,
      unit,
      default: defaultText,
      doc,
      fileName: secret ? `${name}_FILE` : undefined,
    }));
}

/** The settings as a Markdown table, laid out as the formatter would. */
export function renderSettingsTable(): string {
  const rows = describeSettings().map((row) => [
    row.fileName === undefined ? `\`${row.name}\`` : `\`${row.name}\` (\`_FILE\`)`,
    row.unit === undefined ? row.type : `${row.type} ${row.unit}`,
    row.default,
    row.doc,
  ]);
  const table = [['setting', 'type', 'default', 'meaning'], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => [...(row[column] ?? '')].length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - [...cell].length)).join(' | ')} |`;
  const [head = [], ...body] = table;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n');
}
