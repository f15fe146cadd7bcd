// The documentation of the settings, derived from their table, by group. Its Markdown is made by config/tools/readme.ts.
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

export interface SettingGroup {
  readonly title: string;
  readonly rows: readonly SettingRow[];
}

type SettingKey = keyof typeof settings;

/** A group reaches from its first setting to the next group, in the order of the table: a new setting is in that of its neighbour. */
const groupTitles: { readonly [K in SettingKey]?: string } = {
  host: 'Ports, origins and proxies',
  redisUrl: 'Where Redis is',
  auth: 'Logins and tokens',
  names: 'Names, and what clients may do with rooms',
  historyMaxSize: 'What rooms and their owners may keep',
  directListSizeLimit: 'Direct messages, large rooms and repeats',
  hooks: 'Hooks',
  webhookUrl: 'Webhooks',
  frameBytes: 'Limits of messages, sockets, users and addresses',
  loginTimeoutMs: 'Times',
  logLevel: 'Log, and what production has to allow',
};

/** All settings meant for operators, by group, in the order of the table. */
export function describeSettingGroups(): SettingGroup[] {
  const groups: { title: string; rows: SettingRow[] }[] = [];
  for (const [key, setting] of Object.entries(settings)) {
    const title = groupTitles[key as SettingKey]; // a key of `settings`, which Object.entries forgets
    if (title !== undefined) groups.push({ title, rows: [] });
    const { hidden, name, type, unit, defaultText, doc, secret } = setting;
    const fileName = secret ? `${name}_FILE` : undefined;
    if (!hidden) groups.at(-1)?.rows.push({ name, type, unit, default: defaultText, doc, fileName });
  }
  return groups;
}

/** The same without groups. */
export function describeSettings(): SettingRow[] {
  return describeSettingGroups().flatMap(({ rows }) => rows);
}
