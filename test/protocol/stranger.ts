// A client by somebody who knows PROTOCOL.md and nothing else: no code of the service, its own reading of frames and
// its own recovery. What it holds the service to is the document; what it is used for is up to the tests.
import { once } from 'node:events';
import { decodeMulti, encode } from '@msgpack/msgpack';
import WebSocket from 'ws';
import type { Scope } from '../support/disposal.ts';
import { createDocumentCheck } from './asyncapi-document.ts';

export type Format = 'msgpack' | 'json';

/** The error of a response, by its code. */
export class Refused extends Error {
  readonly code: string;
  readonly args: readonly unknown[];

  constructor(error: unknown) {
    const { code, args } = { ...(error as { code?: unknown; args?: unknown }) };
    super(JSON.stringify(error));
    this.code = String(code);
    this.args = Array.isArray(args) ? args : [];
  }
}

/** A message of a room as it arrived: the author's map and the fields of the server. */
export interface Said {
  readonly id: number;
  readonly author: string;
  readonly timestamp: number;
  readonly [field: string]: unknown;
}

interface Place {
  epoch?: string;
  lastMessageId?: number;
  lastTimestamp?: number;
}

interface Entry {
  readonly roomName: string;
  readonly error?: unknown;
  readonly epoch: string;
  readonly lastMessageId: number;
  readonly recovered: boolean;
  readonly messages: readonly Said[];
}

interface Asked {
  readonly method: string;
  readonly take: (result: unknown) => void;
  readonly refuse: (error: unknown) => void;
}

const bytesReplacer = (_key: string, value: unknown): unknown =>
  // Buffers turn themselves into something else before they get here; plain bytes do not.
  value instanceof Uint8Array ? { $bytes: Buffer.from(value).toString('base64') } : value;

function bytesReviver(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('$bytes' in value)) return value;
  return typeof value.$bytes === 'string' ? new Uint8Array(Buffer.from(value.$bytes, 'base64')) : value;
}

/** What a person with a chat window would have: rooms with what was said in them, over as many connections as it takes. */
export class Stranger {
  readonly format: Format;
  /** What arrived, in order: `login` for a response, `!login` for a refusal, `2:roomMessage` for a notification. */
  readonly heard: string[] = [];
  readonly notices: (readonly [name: string, params: readonly unknown[]])[] = [];
  /** What the AsyncAPI document does not allow. */
  readonly violations: string[] = [];
  /** Per room, in the order in which it was told. */
  readonly said = new Map<string, Said[]>();
  readonly #places = new Map<string, Place>();
  readonly #asked = new Map<number, Asked>();
  readonly #check = createDocumentCheck();
  readonly #scope: Scope;
  #socket: WebSocket | undefined;
  #ended: Promise<readonly [code: number, reason: string]> = Promise.resolve([0, '']);
  #lastId = 0;

  constructor(scope: Scope, format: Format) {
    this.#scope = scope;
    this.format = format;
  }

  async connect(url: string): Promise<void> {
    const socket = new WebSocket(url, `parley.v1.${this.format}`);
    this.#scope.add(() => socket.terminate());
    this.#socket = socket;
    this.#ended = new Promise((resolve) => {
      socket.once('close', (code, reason) => resolve([code, String(reason)]));
    });
    socket.on('message', (data, isBinary) => {
      // `ws` gives one Buffer per message unless asked otherwise.
      for (const message of this.#decode(data as Buffer, isBinary)) this.#receive(message);
    });
    await once(socket, 'open');
  }

  /** With which code and reason the connection ended. */
  get ended(): Promise<readonly [code: number, reason: string]> {
    return this.#ended;
  }

  /** The connection breaks, without a word. */
  async cut(): Promise<void> {
    this.#socket?.terminate();
    await this.#ended;
    for (const { refuse } of this.#asked.values()) refuse({ code: 'cut', args: [] });
    this.#asked.clear();
  }

  async request(method: string, ...params: readonly unknown[]): Promise<unknown> {
    const [response] = this.batch([[method, ...params]]);
    return response;
  }

  /** Several requests in one frame. */
  batch(requests: readonly (readonly [method: string, ...params: unknown[]])[]): Promise<unknown>[] {
    const messages: unknown[] = [];
    const responses = requests.map(([method, ...params]) => {
      const id = ++this.#lastId;
      messages.push([0, id, method, params]);
      return new Promise((resolve, reject) => {
        const take = (result: unknown): void => {
          if (method === 'roomsJoin') this.#takeEntries(result);
          resolve(result);
        };
        this.#asked.set(id, { method, take, refuse: (error) => reject(new Refused(error)) });
      });
    });
    this.send(messages);
    return responses;
  }

  /** A frame of these messages, whatever they are. */
  send(messages: readonly unknown[]): void {
    const frame =
      this.format === 'json'
        ? messages.map((message) => JSON.stringify(message, bytesReplacer)).join('\n')
        : Buffer.concat(messages.map((message) => encode(message)));
    this.#socket?.send(frame);
  }

  /** Joins a room from now on, or takes up all rooms where they were left. */
  async join(...roomNames: readonly string[]): Promise<unknown> {
    for (const roomName of roomNames) if (!this.#places.has(roomName)) this.#places.set(roomName, {});
    return this.request(
      'roomsJoin',
      [...this.#places].map(([roomName, place]) => ({ roomName, ...place })),
    );
  }

  #takeEntries(result: unknown): void {
    // The document says what the result of `roomsJoin` is, and that has been checked.
    for (const { roomName, error, epoch, lastMessageId, recovered, messages } of result as readonly Entry[]) {
      if (error !== undefined) continue;
      if (recovered) for (const message of messages) this.#takeMessage(roomName, message);
      else this.said.set(roomName, []);
      Object.assign(this.#places.get(roomName) ?? {}, { epoch, lastMessageId });
    }
  }

  #takeMessage(roomName: string, message: Said): void {
    const { id, timestamp } = message;
    const place = this.#places.get(roomName);
    // A transient message; or one of a room that was joined without a position.
    if (id === undefined || place === undefined) return;
    if (place.lastMessageId !== undefined) {
      if (id <= place.lastMessageId) return;
      if (id !== place.lastMessageId + 1) this.violations.push(`${roomName}: ${id} after ${place.lastMessageId}`);
    }
    Object.assign(place, { lastMessageId: id, lastTimestamp: timestamp });
    this.said.set(roomName, [...(this.said.get(roomName) ?? []), message]);
  }

  #decode(data: Buffer, isBinary: boolean): unknown[] {
    if (isBinary !== (this.format === 'msgpack')) this.violations.push('a frame of the wrong kind');
    if (isBinary) return [...decodeMulti(data)];
    const lines = String(data).split('\n');
    return lines.filter((line) => line !== '').map((line): unknown => JSON.parse(line, bytesReviver));
  }

  #receive(message: unknown): void {
    if (!Array.isArray(message)) return void this.violations.push('not an array');
    const [type, ...rest]: unknown[] = message;
    if (type === 2) return this.#notified(message, String(rest[0]), Array.isArray(rest[1]) ? rest[1] : []);
    const [id, error, result] = rest;
    const asked = this.#asked.get(Number(id));
    if (type !== 1 || asked === undefined) return void this.violations.push(`unexpected: ${JSON.stringify(message)}`);
    this.#asked.delete(Number(id));
    // An unknown request has no place in the document; its only answer is `noCommand`.
    if (asked.method !== 'unheardOf') this.violations.push(...this.#check(`response.${asked.method}`, message));
    this.heard.push(error === null ? asked.method : `!${asked.method}`);
    if (error === null) asked.take(result);
    else asked.refuse(error);
  }

  #notified(message: unknown, name: string, params: readonly unknown[]): void {
    this.violations.push(...this.#check(`notification.${name}`, message));
    this.heard.push(`2:${name}`);
    this.notices.push([name, params]);
    const roomName = String(params[0]);
    // By the check above its second param is a message.
    if (name === 'roomMessage') this.#takeMessage(roomName, params[1] as Said);
    if (name === 'roomAccessRemoved') this.#places.delete(roomName);
    if (name === 'roomReset')
      this.#places.set(roomName, { epoch: String(params[1]), lastMessageId: Number(params[2]) });
  }
}
