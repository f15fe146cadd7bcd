/** What an import has done, and what it has left out and why: counted, with a few examples of each. */

const EXAMPLES_MAX = 3;
/** Reasons that are counted apart: they may quote what the files hold, which is anything. */
const REASONS_MAX = 100;
const TEXT_MAX = 160;
const EVERY_MS = 1000;

export type Counter =
  | 'conversationsRead'
  | 'messagesRead'
  | 'doubles'
  | 'later'
  | 'roomsMade'
  | 'roomsThere'
  | 'pairs'
  | 'imported'
  | 'importedBefore'
  | 'membersRemoved'
  | 'recalled'
  | 'updated';

/** On one line, without what would move the cursor of a terminal. */
const plain = (text: string): string => text.slice(0, TEXT_MAX).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '�');

interface Told {
  count: number;
  readonly examples: string[];
}

export class Report {
  readonly #counts = new Map<Counter, number>();
  readonly #skipped = new Map<string, Told>();
  readonly #noted = new Map<string, Told>();
  readonly #told: { readonly write: (text: string) => unknown; readonly isTerminal: boolean };
  #lastMs = 0;

  constructor(told: { readonly write: (text: string) => unknown; readonly isTerminal: boolean }) {
    this.#told = told;
  }

  count(what: Counter, by = 1): void {
    this.#counts.set(what, this.of(what) + by);
  }

  of(what: Counter): number {
    return this.#counts.get(what) ?? 0;
  }

  /** `what` was left out, such as `message`; `example` names one of them. */
  skip(what: string, why: string, example: string, count = 1): void {
    tell(this.#skipped, `${what}: ${why}`, example, count);
  }

  /** `what` was decided, and nothing is left out. */
  note(what: string, why: string, example: string): void {
    tell(this.#noted, `${what}: ${why}`, example, 1);
  }

  get isWhole(): boolean {
    return this.#skipped.size === 0;
  }

  /** One line now and then. */
  progress(line: () => string): void {
    const now = performance.now();
    if (now - this.#lastMs < EVERY_MS) return;
    this.#lastMs = now;
    this.#told.write(this.#told.isTerminal ? `\r\x1b[K${line()}` : `${line()}\n`);
  }

  /** All of it, a line each. */
  lines(isDryRun: boolean): string[] {
    const n = (what: Counter): string => this.of(what).toLocaleString('en');
    const read = `read: ${n('conversationsRead')} conversations, ${n('messagesRead')} messages (${n('doubles')} of them twice)`;
    const done = [
      `rooms: ${n('roomsMade')} made, ${n('roomsThere')} were there; conversations of two users: ${n('pairs')}`,
      `messages: ${n('imported')} imported, ${n('importedBefore')} were there`,
      ...(this.of('recalled') + this.of('updated') === 0
        ? []
        : [`messages that have changed since: ${n('recalled')} recalled, ${n('updated')} updated`]),
    ];
    const removed = this.of('membersRemoved') === 0 ? [] : [`members that have left since: ${n('membersRemoved')}`];
    const [noted, skipped] = [linesOf('noted', this.#noted), linesOf('skipped', this.#skipped)];
    const later = this.of('later') === 0 ? [] : [`left for later: ${n('later')} messages`];
    return [
      read,
      ...later,
      ...(isDryRun ? ['nothing was asked of the service'] : [...done, ...removed]),
      ...noted,
      ...skipped,
    ];
  }

  /** Ends the line of progress. */
  end(): void {
    if (this.#told.isTerminal) this.#told.write('\r\x1b[K');
  }
}

function tell(all: Map<string, Told>, text: string, example: string, count: number): void {
  const named = plain(text);
  const isOneMore = all.size >= REASONS_MAX && !all.has(named);
  const key = isOneMore ? `${text.slice(0, text.indexOf(':'))}: for other reasons` : named;
  const told = all.get(key) ?? { count: 0, examples: [] };
  told.count += count;
  if (told.examples.length < EXAMPLES_MAX) told.examples.push(plain(example));
  all.set(key, told);
}

const linesOf = (word: string, all: ReadonlyMap<string, Told>): string[] =>
  [...all].map(
    ([key, { count, examples }]) =>
      `${word} ${count.toLocaleString('en')} × ${key} (${examples.join(', ')}${count > examples.length ? ' …' : ''})`,
  );
