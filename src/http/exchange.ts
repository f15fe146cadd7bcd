/** One request to the operator port and its answer: given once, whole, with its length, and not at all to who is gone. */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { canonicalAddress } from '../outside/address.ts';

export class Exchange {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  /** The client asked whether it should send the body at all (`Expect: 100-continue`). */
  #asksFirst: boolean;

  constructor(request: IncomingMessage, response: ServerResponse, asksFirst: boolean) {
    this.#request = request;
    this.#response = response;
    this.#asksFirst = asksFirst;
  }

  get method(): string {
    return this.#request.method ?? '';
  }

  /** Without query; also of a target that names a host (RFC 9112, 3.2.2). */
  get path(): string {
    const [path = ''] = (this.#request.url ?? '').replace(/^https?:\/\/[^/?#]*/i, '').split(/[?#]/, 1);
    return path === '' ? '/' : path;
  }

  /** Nothing as an empty text. */
  header(name: 'authorization' | 'content-type' | 'content-length'): string {
    return this.#request.headers[name] ?? '';
  }

  get peer(): string {
    const address = this.#request.socket.remoteAddress ?? '';
    return canonicalAddress(address) ?? address;
  }

  /** The whole body; undefined where it is larger than that, and `tooLarge` if the client is still there to hear it. */
  async body(bytesMax: number): Promise<Buffer | 'tooLarge' | undefined> {
    if (Number(this.header('content-length')) > bytesMax) return 'tooLarge';
    if (this.#asksFirst) this.#response.writeContinue();
    this.#asksFirst = false;
    const chunks: Buffer[] = [];
    let bytes = 0;
    return new Promise((resolve) => {
      this.#request.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= bytesMax) chunks.push(chunk);
        else resolve('tooLarge');
      });
      this.#request.once('end', () => resolve(Buffer.concat(chunks)));
      this.#request.once('close', () => resolve(undefined));
    });
  }

  answer(status: number, headers: OutgoingHttpHeaders, body: Uint8Array | string = ''): void {
    if (this.#response.writableEnded || this.#response.destroyed) return;
    // Of HEAD the same, but for the body, which Node leaves out.
    this.#response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body), ...this.#closing() });
    this.#response.end(body);
    this.#discard();
  }

  refuseMethod(...allowed: readonly string[]): void {
    this.answer(405, { allow: allowed.join(', ') });
  }

  /** A client that was never told to go on does not send the body of this request, but may take the answer for a sign to. */
  #closing(): OutgoingHttpHeaders {
    return this.#asksFirst ? { connection: 'close' } : {};
  }

  /**
   * What comes of a body that nobody wants is thrown away for a moment: who is cut off while it sends may never read the answer. What
   * is more than that is cut off.
   */
  #discard(): void {
    const request = this.#request;
    if (request.complete || request.destroyed) return;
    let bytes = 0;
    const late = setTimeout(() => request.destroy(), DISCARD_MS);
    request.once('close', () => clearTimeout(late));
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > DISCARD_BYTES) request.destroy();
    });
  }
}

const DISCARD_MS = 1000;
const DISCARD_BYTES = 1 << 20;
