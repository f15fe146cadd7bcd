/** The latest frames of one connection, a bounded number of them, as a developer wants to see them. */
import { createCodec, type Codec, type Format, type Message } from '../../protocol/wire/codec.ts';

export interface FrameLine {
  readonly key: number;
  readonly at: number;
  readonly direction: 'in' | 'out';
  readonly kind: 'request' | 'response' | 'notification' | 'frame';
  readonly method: string;
  readonly id: number | undefined;
  readonly text: string;
  readonly isError: boolean;
  /** Of the whole frame, named at its first message only. */
  readonly bytes: number | undefined;
}

const LINES_MAX = 300;
const TEXT_MAX = 600;
/** A request whose answer never comes is not remembered for ever. */
const OPEN_MAX = 1000;
const SECRET = new Set(['token', 'resumeToken', 'signature']);

export class FrameLog {
  readonly #watchers = new Set<() => void>();
  readonly #methods = new Map<number, string>();
  #lines: readonly FrameLine[] = [];
  #fresh: FrameLine[] = [];
  #next = 0;
  #isDue = false;

  /** Called for every frame: what is looked at is made a list once in a while only. */
  add(direction: 'in' | 'out', data: Uint8Array | string): void {
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
    const messages = readMessages(direction, bytes, typeof data === 'string' ? 'text' : 'binary');
    for (const [index, message] of messages.entries()) {
      this.#fresh.push({ ...this.#line(direction, message), bytes: index === 0 ? bytes.length : undefined });
    }
    if (this.#fresh.length > LINES_MAX) this.#fresh = this.#fresh.slice(-LINES_MAX);
    if (this.#isDue) return;
    this.#isDue = true;
    setTimeout(() => this.#show(), 50);
  }

  readonly clear = (): void => {
    [this.#lines, this.#fresh] = [[], []];
    this.#tell();
  };

  readonly subscribe = (changed: () => void): (() => void) => {
    const watcher = (): void => changed();
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  };

  readonly get = (): readonly FrameLine[] => this.#lines;

  #show(): void {
    this.#isDue = false;
    this.#lines = [...this.#lines, ...this.#fresh].slice(-LINES_MAX);
    this.#fresh = [];
    this.#tell();
  }

  #tell(): void {
    for (const watcher of this.#watchers) watcher();
  }

  #line(direction: 'in' | 'out', message: Message | undefined): Omit<FrameLine, 'bytes'> {
    const line = { key: this.#next++, at: Date.now(), direction, id: undefined, isError: false } as const;
    if (message === undefined) return { ...line, kind: 'frame', method: '', text: 'not readable' };
    if (message.type === 2) {
      return { ...line, kind: 'notification', method: message.method, text: shown(message.params) };
    }
    const { id } = message;
    if (message.type === 0) {
      this.#asked(id, message.method);
      return { ...line, kind: 'request', id, method: message.method, text: shown(message.params) };
    }
    const method = this.#methods.get(id) ?? '';
    this.#methods.delete(id);
    const isError = message.error !== null;
    return { ...line, kind: 'response', id, method, isError, text: shown(isError ? message.error : message.result) };
  }

  #asked(id: number, method: string): void {
    this.#methods.set(id, method);
    for (const oldest of this.#methods.keys()) {
      if (this.#methods.size <= OPEN_MAX) return;
      this.#methods.delete(oldest);
    }
  }
}

/** What goes out are requests, what comes in are replies. */
const codecs = (format: Format): Readonly<Record<'in' | 'out', Codec>> => ({
  in: createCodec(format, { accept: 'replies' }),
  out: createCodec(format, { accept: 'requests' }),
});
const codecsOf = { binary: codecs('msgpack'), text: codecs('json') };

function readMessages(direction: 'in' | 'out', data: Uint8Array, kind: 'binary' | 'text'): (Message | undefined)[] {
  const { messages, malformed } = codecsOf[kind][direction].decodeFrame(data);
  return malformed === undefined ? messages : [...messages, undefined];
}

/** Tokens are left out: what is on a screen gets around. */
function shown(value: unknown): string {
  const text = JSON.stringify(value, (key, part: unknown) => {
    if (SECRET.has(key) && typeof part === 'string') return '…';
    return part instanceof Uint8Array ? `${part.length} bytes` : part;
  });
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)} …` : text;
}
