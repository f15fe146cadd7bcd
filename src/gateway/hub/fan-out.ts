/**
 * Native fan-out: one frame to all subscribers of a native topic, by the app that their sockets are of. What it piles up on a slow
 * reader is only seen by a scan over the sockets, so it says when one is due.
 */
import type { TemplatedApp } from 'uWebSockets.js';

/** A scan is due after this part of what a socket may leave unread was published: no reader got more than all that was sent. */
const SCANS_PER_LIMIT = 8;

export class FanOut {
  readonly #app: Pick<TemplatedApp, 'publish'>;
  readonly #bytesPerScan: number;
  #scan: (() => void) | undefined;
  #unscannedBytes = 0;
  #hasPublished = false;
  #scanSoon: NodeJS.Immediate | undefined;

  constructor(app: Pick<TemplatedApp, 'publish'>, backpressureBytes: number) {
    this.#app = app;
    this.#bytesPerScan = backpressureBytes / SCANS_PER_LIMIT;
  }

  /** `scan` is called in a turn of its own. */
  start(scan: () => void): void {
    this.#scan = scan;
  }

  stop(): void {
    clearImmediate(this.#scanSoon);
  }

  /** Whether anything was published since it was asked last. */
  takePublished(): boolean {
    const has = this.#hasPublished;
    this.#hasPublished = false;
    return has;
  }

  /** To all subscribers, or, by one of them, to the others. */
  publish(nativeTopic: string, data: Uint8Array | string, by: Pick<TemplatedApp, 'publish'> = this.#app): void {
    by.publish(nativeTopic, data, typeof data !== 'string');
    this.#hasPublished = true;
    this.#unscannedBytes += data.length;
    if (this.#unscannedBytes < this.#bytesPerScan) return;
    this.#unscannedBytes = 0;
    this.#scanSoon ??= setImmediate(() => {
      this.#scanSoon = undefined;
      this.#scan?.();
    });
  }
}
