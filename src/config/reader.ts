// Reads settings from environment variables and files, collecting every mistake instead of stopping at the first.
// What settings mean together is left to rules.ts.
import { readFileSync } from 'node:fs';
import { editDistance } from '../outside/edit-distance.ts';
import { bare, isQuoted } from '../outside/text.ts';
import { type Setting } from './setting.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** One environment, read setting by setting. */
export class Reader {
  readonly mistakes: string[] = [];
  /** The settings that the mistakes are about: their values are not what was meant. */
  readonly failed = new Set<string>();
  /** What was read, as text for people: secrets masked. */
  readonly effective = new Map<string, string>();
  /** Whether any setting of ours is given, be it right or wrong. */
  readonly configured: boolean;
  readonly #environment: Environment;
  readonly #evaluation: boolean;

  /** `production` turns the evaluation defaults off even if nothing is configured. */
  constructor(environment: Environment, production: boolean) {
    this.#environment = environment;
    this.configured = Object.keys(environment).some(
      (name) => name.startsWith('PARLEY_') && this.#given(name) !== undefined,
    );
    this.#evaluation = !this.configured && !production;
  }

  /** The value of a setting; its default, and a mistake on record, if what is given is wrong. */
  get<T>(setting: Setting<T>, mask: (shown: string) => string = () => '***'): T {
    const value = this.#read(setting);
    const shown = setting.show(value);
    this.effective.set(setting.name, setting.secret && shown !== '' ? mask(shown) : shown);
    return value;
  }

  #read<T>(setting: Setting<T>): T {
    const fallback =
      this.#evaluation && setting.evaluationDefault !== undefined ? setting.evaluationDefault : setting.default;
    const text = setting.secret ? this.#secretText(setting.name) : this.#given(setting.name);
    if (text === undefined) return fallback;
    // Shells take quotes away, env files of containers do not.
    if (isQuoted(text) && !setting.quotable) {
      this.#mistake(setting.name, `${setting.name} is in quotes, which count as a part of it here; leave them out.`);
      return fallback;
    }
    const parsed = setting.parse(text);
    if ('value' in parsed) return parsed.value;
    this.#mistake(setting.name, `${setting.name} ${parsed.problem}.`);
    return fallback;
  }

  /** Whether a setting is given, be it as its default. */
  isGiven(name: string): boolean {
    return this.#given(name) !== undefined || this.#given(`${name}_FILE`) !== undefined;
  }

  #mistake(name: string, sentence: string): void {
    this.failed.add(name);
    this.mistakes.push(sentence);
  }

  /**
   * Without white space around it, which is never meant. Set to nothing counts as not set: that is how container files leave
   * a variable out.
   */
  #given(name: string): string | undefined {
    const text = bare(this.#environment[name] ?? '');
    return text === '' ? undefined : text;
  }

  #secretText(name: string): string | undefined {
    const text = this.#given(name);
    const path = this.#given(`${name}_FILE`);
    if (path === undefined) return text;
    if (text !== undefined) {
      this.#mistake(name, `${name} and ${name}_FILE are both set; set one of them.`);
      return undefined;
    }
    try {
      // Editors and `echo` end a file with a newline, some begin it with a byte order mark: neither is part of the secret.
      const content = bare(new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path)));
      if (content !== '') return content;
      this.#mistake(name, `${name}_FILE names an empty file: ${path}.`);
    } catch (error) {
      const code = error !== null && typeof error === 'object' && 'code' in error ? String(error.code) : String(error);
      const reason = code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'it is no text in UTF-8' : code;
      this.#mistake(name, `${name}_FILE cannot be read: ${path} (${reason}).`);
    }
    return undefined;
  }
}

/** Mistakes for variables with our prefix that no setting has. `known` are all names that exist. */
export function unknownNames(environment: Environment, known: readonly string[]): string[] {
  const mistakes: string[] = [];
  for (const name of Object.keys(environment)) {
    if (!name.startsWith('PARLEY_') || known.includes(name)) continue;
    const near = nearest(name, known);
    mistakes.push(`${name} is not a setting${near === undefined ? '' : `; did you mean ${near}?`}`);
  }
  return mistakes.map((mistake) => (mistake.endsWith('?') ? mistake : `${mistake}.`));
}

/** The known name with the fewest differing letters, if it is near enough to be meant. */
function nearest(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.floor((name.length - 'PARLEY_'.length) / 3) + 1;
  for (const candidate of known) {
    const distance = editDistance(name, candidate);
    if (distance >= bestDistance) continue;
    best = candidate;
    bestDistance = distance;
  }
  return best;
}
