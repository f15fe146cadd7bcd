// What one setting is: its type, unit, default, documentation and how its text is read. The settings themselves are
// listed in table.ts; the environment is read by reader.ts.
import { isIP } from 'node:net';
import { canonicalRange } from '../outside/address.ts';
import { canonicalOrigin, originProblem } from '../outside/origin.ts';

/** A parsed value, or the reason why the text is not one (completes the sentence "NAME …"). */
export type Parsed<T> = { readonly value: T } | { readonly problem: string };

export interface Setting<T> {
  /** In the environment. */
  readonly name: string;
  /** For readers: `integer`, `on or off`, `text` … */
  readonly type: string;
  readonly unit: string | undefined;
  readonly default: T;
  /** Replaces `default` when nothing at all is configured: the evaluation start of a newcomer. */
  readonly evaluationDefault: T | undefined;
  /** How the default reads in the documentation. */
  readonly defaultText: string;
  /** One sentence. */
  readonly doc: string;
  /** Never shown; may also be given as `NAME_FILE`, the path of a file that holds it. */
  readonly secret: boolean;
  /** Quotes around the text may be a part of it. */
  readonly quotable: boolean;
  /** Left out of config/README.md: exists for the project's own tests. */
  readonly hidden: boolean;
  readonly parse: (text: string) => Parsed<T>;
  /** The text that `parse` would turn into this value, for people to read. */
  readonly show: (value: T) => string;
}

export interface SettingOptions<T> {
  readonly doc: string;
  readonly unit?: string;
  readonly evaluationDefault?: T;
  readonly defaultText?: string;
  readonly secret?: boolean;
  readonly quotable?: boolean;
  readonly hidden?: boolean;
}

type Form<T> = Pick<Setting<T>, 'name' | 'type' | 'default' | 'parse' | 'show'>;

/** A setting of a form of its own. */
export function custom<T>(form: Form<T>, options: SettingOptions<T>): Setting<T> {
  return {
    ...form,
    unit: options.unit,
    evaluationDefault: options.evaluationDefault,
    defaultText: options.defaultText ?? (form.show(form.default) || 'none'),
    doc: options.doc,
    secret: options.secret ?? false,
    quotable: options.quotable ?? false,
    hidden: options.hidden ?? false,
  };
}

export interface Range {
  readonly min: number;
  readonly max: number;
}

export function integer(
  name: string,
  fallback: number,
  range: Range,
  options: SettingOptions<number>,
): Setting<number> {
  const parse = (text: string): Parsed<number> => {
    const value = Number(text);
    if (/^\d{1,16}$/.test(text) && value >= range.min && value <= range.max) return { value };
    return { problem: `must be a whole number from ${range.min} to ${range.max}, not "${text}"` };
  };
  return custom({ name, type: `integer, ${range.min}–${range.max}`, default: fallback, parse, show: String }, options);
}

/** How many of something one address may have. */
export interface AddressLimit {
  /** 0: no limit. */
  readonly max: number;
  /** Loopback and private addresses do not count: behind one of them there is, as a rule, a proxy with everybody behind it. */
  readonly publicOnly: boolean;
}

/** A number for each address; with the word `public` behind it, for each public one. */
export function addressLimit(
  name: string,
  fallback: AddressLimit,
  options: SettingOptions<AddressLimit>,
): Setting<AddressLimit> {
  const parse = (text: string): Parsed<AddressLimit> => {
    const [, digits, word] = /^(\d{1,7})(\s+public)?$/i.exec(text) ?? [];
    if (digits !== undefined) return { value: { max: Number(digits), publicOnly: word !== undefined } };
    return {
      problem: `must be a whole number, with \`public\` behind it if private addresses are not to count, not "${text}"`,
    };
  };
  const show = ({ max, publicOnly }: AddressLimit): string => (publicOnly ? `${max} public` : String(max));
  return custom({ name, type: 'integer, or integer and `public`', default: fallback, parse, show }, options);
}

export function flag(name: string, fallback: boolean, options: SettingOptions<boolean>): Setting<boolean> {
  const parse = (text: string): Parsed<boolean> => {
    const word = text.toLowerCase();
    if (['on', 'true', '1'].includes(word)) return { value: true };
    if (['off', 'false', '0'].includes(word)) return { value: false };
    return { problem: `must be on, off, true, false, 1 or 0, not "${text}"` };
  };
  return custom(
    { name, type: 'on or off', default: fallback, parse, show: (value) => (value ? 'on' : 'off') },
    options,
  );
}

export function choice<W extends string>(
  name: string,
  fallback: NoInfer<W>,
  words: readonly W[],
  options: SettingOptions<NoInfer<W>>,
): Setting<W> {
  const parse = (text: string): Parsed<W> => {
    const value = words.find((word) => word === text.toLowerCase());
    return value === undefined ? { problem: `must be one of ${words.join(', ')}, not "${text}"` } : { value };
  };
  return custom({ name, type: words.join(', '), default: fallback, parse, show: String }, options);
}

export function text(name: string, fallback: string, options: SettingOptions<string>): Setting<string> {
  return custom({ name, type: 'text', default: fallback, parse: (value) => ({ value }), show: String }, options);
}

/** A text that may be absent. `check` returns what is wrong with it, if anything; `form` gives its one spelling. */
export function optionalText(
  name: string,
  options: SettingOptions<string | undefined>,
  check: (value: string) => string | undefined = () => undefined,
  form: (value: string) => string = (value) => value,
): Setting<string | undefined> {
  const parse = (value: string): Parsed<string | undefined> => {
    const problem = check(value);
    return problem === undefined ? { value: form(value) } : { problem };
  };
  return custom({ name, type: 'text', default: undefined, parse, show: (value) => value ?? '' }, options);
}

/** Comma-separated values; every one is checked and may be put into its normal form. */
export function list<T extends string>(
  name: string,
  fallback: readonly T[],
  item: (value: string) => Parsed<T>,
  options: SettingOptions<readonly T[]>,
): Setting<readonly T[]> {
  const parse = (value: string): Parsed<readonly T[]> => {
    const items: T[] = [];
    for (const part of value.split(',')) {
      const parsed = item(part.trim());
      if ('problem' in parsed) return parsed;
      items.push(parsed.value);
    }
    return { value: items };
  };
  return custom(
    { name, type: 'comma-separated list', default: fallback, parse, show: (value) => value.join(',') },
    options,
  );
}

/** An item of a list that is one of a few words. */
export function oneOf<W extends string>(words: readonly W[]): (value: string) => Parsed<W> {
  return (value) => {
    const word = words.find((candidate) => candidate.toLowerCase() === value.toLowerCase());
    if (word !== undefined) return { value: word };
    return { problem: `may only contain ${words.join(', ')}, not "${value}"` };
  };
}

/** An IP address or a range such as `10.0.0.0/8`, in its one spelling. */
export function addressRange(value: string): Parsed<string> {
  const canonical = canonicalRange(value);
  return 'range' in canonical ? { value: canonical.range } : { problem: `contains "${value}", ${canonical.problem}` };
}

/** A web origin (RFC 6454) in its one spelling. */
export function webOrigin(value: string): Parsed<string> {
  const problem = originProblem(value);
  return problem === undefined
    ? { value: canonicalOrigin(value) ?? '' }
    : { problem: `contains "${value}", ${problem}` };
}

/** Where to listen: an IP address, without the brackets of URLs, or a name of this machine. */
export function listenAddress(name: string, fallback: string, options: SettingOptions<string>): Setting<string> {
  const parse = (value: string): Parsed<string> => {
    const inner = value.replace(/^\[(.*)\]$/, '$1');
    const good = isIP(inner) !== 0 || (inner === value && /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/i.test(value));
    if (good) return { value: inner };
    return {
      problem: `must be an address of this machine, without scheme or port, or 0.0.0.0 or :: for all, not "${value}"`,
    };
  };
  return custom({ name, type: 'address', default: fallback, parse, show: String }, options);
}
