/**
 * The screen of somebody who sits before a terminal: messages scroll above the line that is being typed, which stays as it
 * is whatever comes. Reading the line is node:readline's; what it means is left to `commands.ts`.
 */
import { clearScreenDown, createInterface, cursorTo, moveCursor, type Interface } from 'node:readline';
import type { ReadStream, WriteStream } from 'node:tty';
import { harmless, harmlessLine, harmlessName } from './harmless.ts';
import { clockOf, dayOf, layOut, painter, rowsOf, styleOf, type Paint } from './layout.ts';
import type { Screen, Shown } from './screen.ts';

export interface Typist {
  line(text: string): void;
  /** A key was pressed; `text` is the line so far. */
  key(text: string): void;
  /** Ctrl-C, Ctrl-D, or the terminal is gone. */
  leave(): void;
}

export interface TerminalStreams {
  readonly input: ReadStream;
  readonly output: WriteStream;
  readonly colours: boolean;
}

/** Lines that the arrow keys bring back. */
const historySize = 100;
/** Of what stands before the line, so that there is room to type. */
const promptPartMax = 24;
const usualColumns = 80;
/** Texts that wait for a line to become shorter. */
const heldMax = 200;

export class TypedScreen implements Screen {
  readonly #input: ReadStream;
  readonly #output: WriteStream;
  readonly #paint: Paint;
  readonly #reader: Interface;
  #prompt = '';
  #wantedPrompt = '';
  readonly #held = new HeldLines();
  #day = dayOf(undefined);
  #closed = false;

  constructor({ input, output, colours }: TerminalStreams, typist: Typist) {
    this.#input = input;
    this.#output = output;
    this.#paint = painter(colours);
    const setRawMode = input.setRawMode.bind(input);
    // The reader sets the terminal back wherever it ends, also where that is gone.
    input.setRawMode = (isRaw) => {
      try {
        return setRawMode(isRaw);
      } catch {
        return input;
      }
    };
    this.#reader = createInterface({ input, output, terminal: true, historySize, prompt: '' });
    // While several keys come at once (a paste), it appends them to the line instead of putting them where the cursor is, so
    // as not to complete words. It has no words to complete here.
    Object.defineProperty(this.#reader, 'isCompletionEnabled', { get: () => true, set() {} });
    this.#reader.on('line', (text) => {
      this.#wipeTyped(text);
      this.#release();
      typist.line(text);
      if (!this.#closed) this.#reader.prompt();
    });
    this.#reader.on('SIGINT', () => typist.leave());
    this.#reader.on('SIGTSTP', () => this.#stop());
    this.#reader.on('close', () => {
      if (!this.#closed) typist.leave();
    });
    // Before the reader's own listener: terminals break the line anew by themselves, so the cursor is in another row by now.
    output.prependListener('resize', () => this.#countRows(this.#reader.getCursorPos().rows));
    // Behind the reader's own listeners: the line has the key in it, and is drawn anew.
    input.on('keypress', () => {
      this.#release();
      typist.key(this.#reader.line);
    });
    output.on('resize', () => this.#release());
  }

  message({ place, isElsewhere, author, isOwn, note = '', text, timestamp }: Shown): void {
    const day = dayOf(timestamp);
    if (day !== this.#day) this.#print(this.#paint('dim', `── ${day} ──`));
    this.#day = day;
    const name = harmlessName(author);
    const head = [
      this.#paint('dim', clockOf(timestamp)),
      ...(isElsewhere ? [this.#paint('dim', `[${harmlessName(place)}]`)] : []),
      this.#paint(isOwn ? 'bold' : styleOf(name), name),
      ...(note === '' ? [] : [this.#paint('dim', `(${harmlessLine(note)})`)]),
    ].join(' ');
    this.#print(layOut(`${head}: `, harmless(text), this.#columns));
  }

  notice(text: string, tone: 'plain' | 'bad' = 'plain'): void {
    const [sign, style] = tone === 'bad' ? (['! ', 'red'] as const) : (['· ', 'dim'] as const);
    this.#print(this.#paint(style, layOut(sign, harmless(text), this.#columns)));
  }

  prompt(place: string, beside: string): void {
    const parts = [place, beside].filter((part) => part !== '').map((part) => shorter(harmlessLine(part)));
    this.#wantedPrompt = [...parts, '› '].join(' ');
    this.#showPrompt();
  }

  #showPrompt(): void {
    const prompt = this.#wantedPrompt;
    if (prompt === this.#prompt || this.#closed || this.#isTall) return;
    // As long as the reader has the old prompt, it knows how many rows that takes.
    this.#toFirstRow();
    this.#prompt = prompt;
    this.#reader.setPrompt(prompt);
    this.#reader.prompt(true);
  }

  /** Ctrl-Z. The whole job stops, and not this process alone: what it was started by would keep the terminal. */
  #stop(): void {
    this.#toFirstRow();
    this.#input.setRawMode(false);
    process.once('SIGCONT', () => {
      if (this.#closed) return;
      this.#input.setRawMode(true);
      this.#reader.prompt(true);
    });
    process.kill(0, 'SIGTSTP');
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#toFirstRow();
    for (const text of this.#held.take()) this.#print(text);
    this.#reader.close();
    this.#input.pause();
  }

  get #columns(): number {
    // A terminal may not know its size.
    return this.#output.columns > 0 ? this.#output.columns : usualColumns;
  }

  /** Above the line that is typed, which is drawn again below. */
  #print(text: string): void {
    if (this.#closed) return void this.#output.write(`${text}\n`);
    if (this.#isTall) return this.#held.add(text);
    this.#toFirstRow();
    this.#output.write(`${text}\n`);
    this.#reader.prompt(true);
  }

  /** The line that is typed reaches beyond the screen: nothing takes it off, and drawn again it would be there twice. */
  get #isTall(): boolean {
    const { rows } = this.#output;
    const text = this.#prompt + this.#reader.line;
    // No letter is wider than two columns: most lines need no exact look.
    return rows > 0 && text.length * 2 >= (this.#columns - 1) * rows && rowsOf(text, this.#columns) > rows;
  }

  /** Shows what was held while the line was tall, once it is so no more. */
  #release(): void {
    const isDue = !this.#held.isEmpty || this.#wantedPrompt !== this.#prompt;
    if (!isDue || this.#closed || this.#isTall) return;
    for (const text of this.#held.take()) this.#print(text);
    this.#showPrompt();
  }

  /** Takes the prompt and what was typed off the screen; the reader still has it. */
  #toFirstRow(): void {
    moveCursor(this.#output, 0, -this.#reader.getCursorPos().rows);
    this.#clearBelow();
    // It would go up by the rows that its cursor was down, and wipe out what is printed now.
    this.#countRows(0);
  }

  /** In which row of the line the reader takes the cursor to be; it has no call for this. */
  #countRows(rows: number): void {
    Object.assign(this.#reader, { prevRows: rows });
  }

  /** A line that was entered comes back as a message, in its place among the others. */
  #wipeTyped(text: string): void {
    moveCursor(this.#output, 0, -rowsOf(this.#prompt + text, this.#columns));
    this.#clearBelow();
  }

  #clearBelow(): void {
    cursorTo(this.#output, 0);
    clearScreenDown(this.#output);
  }
}

/** What is not shown yet, a bounded number of it. */
class HeldLines {
  #texts: string[] = [];
  #leftOut = 0;

  get isEmpty(): boolean {
    return this.#texts.length === 0;
  }

  add(text: string): void {
    this.#texts.push(text);
    if (this.#texts.length <= heldMax) return;
    this.#texts.shift();
    this.#leftOut += 1;
  }

  take(): string[] {
    const texts = this.#leftOut === 0 ? this.#texts : [`· ${this.#leftOut} lines are not shown.`, ...this.#texts];
    this.#texts = [];
    this.#leftOut = 0;
    return texts;
  }
}

function shorter(text: string): string {
  const characters = [...text];
  return characters.length <= promptPartMax ? text : `${characters.slice(0, promptPartMax - 1).join('')}…`;
}
