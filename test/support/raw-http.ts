// HTTP by hand: sends bytes as they are, and shows the bytes that come back. For what well-behaved clients never send.
import { connect } from 'node:net';

export interface RawExchange {
  /** Everything that came back. */
  readonly text: string;
  /** Of the first answer; NaN where there was none. */
  readonly status: number;
  /** What stands behind the first empty line. */
  readonly body: string;
  /** Of the first answer, names in small letters. */
  readonly headers: ReadonlyMap<string, string>;
}

export interface RawExchangeOptions {
  /** Resolves when this is in what came back; at the end of the connection when left out. */
  until?: RegExp;
  /** Closes our direction behind what is sent. */
  halfClose?: boolean;
  host?: string;
}

const timeoutMs = 45_000;

/** Sends a text on a connection of its own; rejects when the answer does not come to an end. */
export function exchangeHttp(port: number, text: string, options: RawExchangeOptions = {}): Promise<RawExchange> {
  return new Promise((resolve, reject) => {
    let got = '';
    const socket = connect({ port, host: options.host ?? '127.0.0.1', allowHalfOpen: true });
    const late = setTimeout(() => {
      socket.destroy();
      reject(new Error(`no end after ${JSON.stringify(text.slice(0, 200))}: ${JSON.stringify(got)}`));
    }, timeoutMs);
    const finish = (): void => {
      clearTimeout(late);
      socket.destroy();
      resolve(parse(got));
    };
    socket.on('data', (bytes) => {
      got += bytes.toString('latin1');
      if (options.until?.test(got) === true) finish();
    });
    socket.once('end', finish);
    socket.once('close', finish);
    // A reset after the answer is how a connection ends whose body nobody wanted.
    socket.on('error', (error) => (got === '' ? reject(error) : finish()));
    socket.write(text);
    if (options.halfClose === true) socket.end();
  });
}

function parse(text: string): RawExchange {
  const end = text.indexOf('\r\n\r\n');
  const [first = '', ...lines] = text.slice(0, Math.max(0, end)).split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return {
    text,
    status: Number(/^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1]),
    body: end < 0 ? '' : text.slice(end + 4),
    headers: new Map(headers),
  };
}
