/** The part of the WebSocket interface that the client uses: a browser's class fits, and so does that of `ws`. */

export interface WebSocketLike {
  binaryType: string;
  // `never` as the event lets every class fit, whatever it calls its events.
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
}

export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;

/** What the handlers look at. */
export interface FrameEvent {
  readonly data: unknown;
}

export interface EndEvent {
  readonly code: number;
  readonly reason: string;
}

/** The platform's own class, if it has one. */
export function platformWebSocket(): WebSocketConstructor | undefined {
  return typeof WebSocket === 'undefined' ? undefined : WebSocket;
}
