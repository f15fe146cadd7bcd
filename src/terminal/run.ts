/** One run of the terminal client: from its arguments to its exit code, with a person at a terminal or a file as input. */
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { ReadStream, WriteStream } from 'node:tty';
import { WebSocket } from 'ws';
import { createClient, type Client, type Credentials } from '../client/index.ts';
import { linesNeedRoom, type ChatArguments } from './arguments.ts';
import { Chat } from './chat.ts';
import { tellOfConnection } from './connection-notices.ts';
import { sayLines } from './piped.ts';
import { PlainScreen, type Screen } from './screen.ts';
import { TypedScreen, type Typist } from './typed-screen.ts';
import { wordsForStart } from './words.ts';

export interface Surroundings {
  readonly input: ReadStream;
  readonly output: WriteStream;
  readonly notices: WriteStream;
  readonly colours: boolean;
  /** The output can do no more than lines. */
  readonly isDumb: boolean;
}

/** Why a run ends: what was asked for is done, somebody left, or the service ended it. */
type Ending = 'done' | 'left' | 'closed';

const historyCount = 20;
/** For what is still being sent, and again for saying goodbye. */
const partingMs = 3_000;
const interruptedCode = 130;

export class Run {
  readonly #given: ChatArguments;
  readonly #byHand: boolean;
  readonly #client: Client;
  readonly #screen: Screen;
  readonly #chat: Chat;
  readonly #input: ReadStream;
  readonly #outputs: readonly WriteStream[];
  readonly #ended: Promise<Ending>;
  readonly #hurried: Promise<void>;
  #end: (ending: Ending) => void = () => undefined;
  #hurry: () => void = () => undefined;
  #leaving = false;

  constructor(given: ChatArguments, surroundings: Surroundings) {
    this.#given = given;
    this.#input = surroundings.input;
    this.#outputs = [surroundings.output, surroundings.notices];
    this.#byHand = surroundings.input.isTTY;
    this.#ended = new Promise((resolve) => (this.#end = resolve));
    this.#hurried = new Promise((resolve) => (this.#hurry = resolve));
    this.#client = createClient({ urls: given.urls, credentials: credentialsOf(given), WebSocket });
    this.#screen = screenOf(surroundings, {
      line: (text) => this.#chat.line(text),
      key: (text) => this.#chat.key(text),
      leave: () => this.leave(),
    });
    this.#chat = new Chat({
      client: this.#client,
      screen: this.#screen,
      // Who reads lines from a pipe wants what is said from now on.
      historyCount: this.#byHand ? historyCount : 0,
      leave: () => this.leave(),
    });
  }

  /** Ends the run; at once where it is called a second time. */
  leave(): void {
    if (this.#leaving) this.#hurry();
    this.#leaving = true;
    this.#end('left');
  }

  /** Gives the exit code. */
  async result(): Promise<number> {
    const stopTelling = tellOfConnection(this.#client, this.#screen, this.#byHand, () => this.#end('closed'));
    const connected = await Promise.race([this.#ended.then(() => false), this.#connect(stopTelling)]);
    const ending = connected ? await Promise.race([this.#ended, this.#talk()]) : await this.#ended;
    if (ending !== 'closed') await this.#part();
    stopTelling();
    const lost = this.#chat.stop();
    await within(partingMs, Promise.race([this.#client.close(), this.#hurried]));
    this.#screen.close();
    // Who reads it may take their time, unless it is ended once more.
    await Promise.race([Promise.all(this.#outputs.map(letOut)), this.#hurried]);
    if (ending === 'closed' || lost > 0) return 1;
    if (this.#byHand) return 0;
    if (ending === 'left') return interruptedCode;
    return this.#chat.failed ? 1 : 0;
  }

  async #connect(stopTelling: () => void): Promise<boolean> {
    try {
      await this.#client.connect();
      return true;
    } catch (error) {
      stopTelling();
      // It was ended by hand meanwhile.
      if (this.#leaving) return false;
      this.#screen.notice(wordsForStart(error, this.#given.urls), 'bad');
      this.#end('closed');
      return false;
    }
  }

  async #talk(): Promise<Ending> {
    const [first, ...others] = this.#given.rooms;
    if (this.#byHand) {
      void this.#chat.learnRooms();
      // The last one that is gone to is the one that lines are said in.
      for (const roomName of [...others, ...(first === undefined ? [] : [first])]) await this.#chat.join(roomName);
      if (first === undefined)
        this.#screen.notice('Connected. /join ROOM goes to a room, /help lists what else there is.');
      return this.#ended;
    }
    const joined = await Promise.all(
      [...others, ...(first === undefined ? [] : [first])].map((name) => this.#chat.join(name)),
    );
    if (first !== undefined && joined.at(-1) !== true) return 'done';
    try {
      await sayLines({
        input: this.#input.setEncoding('utf8'),
        say: first === undefined ? this.#sayInVain() : (text) => this.#chat.say(text),
        tooLong: (lineNumber) => this.#chat.complain(`Line ${lineNumber} of the input is too long for a message.`),
      });
    } catch (error) {
      this.#chat.complain(`The input cannot be read any further: ${(error as Error).message}`);
    }
    return this.#given.stay ? this.#ended : 'done';
  }

  /** What nobody hears is told once. */
  #sayInVain(): () => Promise<void> {
    let isTold = false;
    return async () => {
      if (!isTold) this.#chat.complain(linesNeedRoom);
      isTold = true;
    };
  }

  /** Gives what is still being sent its time. */
  async #part(): Promise<void> {
    const settled = Promise.allSettled(this.#chat.unsent.map(({ done }) => done));
    await within(partingMs, Promise.race([settled, this.#hurried]));
  }
}

function screenOf(surroundings: Surroundings, typist: Typist): Screen {
  const { input, output, notices, isDumb } = surroundings;
  if (input.isTTY && output.isTTY && !isDumb) return new TypedScreen(surroundings, typist);
  if (input.isTTY) {
    const reader = createInterface({ input, terminal: false });
    reader.on('line', (text) => typist.line(text));
    reader.on('close', () => typist.leave());
  }
  return new PlainScreen(output, notices);
}

function credentialsOf({ userName, token, tokenFile }: ChatArguments): Credentials | (() => Promise<Credentials>) {
  const name = userName === undefined ? {} : { userName };
  if (tokenFile !== undefined) return async () => ({ ...name, token: (await readFile(tokenFile, 'utf8')).trim() });
  return token === undefined ? name : { ...name, token };
}

/** Resolves when all is written, or nobody will take it. */
function letOut(stream: WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve());
  });
}

async function within(timeMs: number, promise: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, timeMs)));
  await Promise.race([promise.catch(() => undefined), late]);
  clearTimeout(timer);
}
