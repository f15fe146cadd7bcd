/** Where messages and notices go: the contract of both kinds of screen, and the one for outputs that are no terminal. */
import type { Writable } from 'node:stream';
import { harmlessLine, harmlessName } from './harmless.ts';
import { dateAndTimeOf } from './layout.ts';
import { LineOutput } from './line-output.ts';

export interface Shown {
  /** Where it was said, as people name it. */
  readonly place: string;
  /** Not in the conversation that one is in: its place is told as well. */
  readonly isElsewhere: boolean;
  readonly author: string;
  readonly isOwn: boolean;
  /** What it answers, and what has become of it. */
  readonly note?: string | undefined;
  readonly text: string;
  /** Milliseconds since the epoch; now if it is not known. */
  readonly timestamp: number | undefined;
}

/** Texts and names may be given as they came: each screen makes them harmless. */
export interface Screen {
  message(shown: Shown): void;
  /** What is no message. Bad: something went wrong. */
  notice(text: string, tone?: 'plain' | 'bad'): void;
  /** What stands before the line that is typed. */
  prompt(place: string, beside: string): void;
  /** Nothing is shown after it. */
  close(): void;
}

/** A line for each message on `output`; everything else on `notices`. */
export class PlainScreen implements Screen {
  readonly #output: LineOutput;
  readonly #notices: LineOutput;

  constructor(output: Writable, notices: Writable) {
    const missed = (what: string) => (count: number) =>
      this.notice(`${count} ${what} left out: they were not read in time.`);
    this.#output = new LineOutput(output, missed('messages'));
    this.#notices = new LineOutput(notices, missed('lines'));
  }

  message({ place, author, note = '', text, timestamp }: Shown): void {
    const behind = note === '' ? '' : ` (${harmlessLine(note)})`;
    const head = `${dateAndTimeOf(timestamp)} [${harmlessName(place)}] ${harmlessName(author)}${behind}`;
    this.#output.write(`${head}: ${harmlessLine(text)}`);
  }

  notice(text: string): void {
    for (const line of text.split('\n')) this.#notices.write(`* ${harmlessLine(line)}`);
  }

  prompt(): void {
    // Nobody is asked for anything.
  }

  close(): void {
    // The streams belong to the process.
  }
}
