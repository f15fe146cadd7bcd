/**
 * What an operator's program is sent over HTTP: what is said and changed in rooms, out of their logs, and what is of no room, out of a
 * log of the service's own. Whoever writes to a log says so here; sending is for relay.ts.
 */
import type { Looked, Waking } from '../../ops/pulse.ts';
import type { Value } from '../../protocol/params/values.ts';
import { encodeValue } from '../../protocol/wire/msgpack.ts';
import type { WebhookType } from '../../protocol/service/webhooks.ts';
import type { WebhookStore } from '../../store/webhook/webhook-store.ts';
import { ofRooms } from './event-types.ts';
import { SERVICE_LOG, type Relay } from './relay.ts';
import type { WebhookCounters } from './batch-sender.ts';
import type { RoomScan } from './room-scan.ts';

export interface WebhooksDeps extends Waking {
  readonly relay: Relay;
  readonly scan: Pick<RoomScan, 'run'>;
  readonly outboxes: Pick<WebhookStore, 'since' | 'note'>;
  readonly types: readonly WebhookType[];
  readonly counters: WebhookCounters;
  onError(error: unknown): void;
}

/** Of what is of no room, and waits to be noted. */
const FRAMES_MAX = 1000;
const FRAMES_BYTES = 1 << 22;
const FRAMES_AT_ONCE = 100;
/** Somewhat less than a second, in which a look comes in any case. */
const SCAN_MS = 900;

export class Webhooks implements Looked {
  readonly #deps: WebhooksDeps;
  readonly #types: ReadonlySet<WebhookType>;
  readonly #ofRooms: boolean;
  #frames: Uint8Array[] = [];
  #bytes = 0;
  #isNoting = false;
  #onNoted: (() => void) | undefined;
  #scannedAt = -Infinity;

  constructor(deps: WebhooksDeps) {
    this.#deps = deps;
    this.#types = new Set(deps.types);
    this.#ofRooms = ofRooms.some((type) => this.#types.has(type));
  }

  get relay(): Relay {
    return this.#deps.relay;
  }

  sends(type: WebhookType): boolean {
    return this.#types.has(type);
  }

  /** Something may have been added to the log of a room. */
  note(roomName: string): void {
    if (this.#ofRooms) this.#deps.relay.note(roomName);
  }

  /** Has something sent that is of no room's log. Until it is noted in Redis, a moment later, it is lost with this node. */
  tell(type: WebhookType, name: string, data: Value): void {
    if (!this.sends(type)) return;
    const frame = encodeValue([type, name, data]);
    if (this.#frames.length >= FRAMES_MAX || this.#bytes + frame.length > FRAMES_BYTES) {
      this.#deps.counters.webhookDropped++;
      return;
    }
    this.#frames.push(frame);
    this.#bytes += frame.length;
    this.#deps.wake();
  }

  /** From here on what is said is sent, by whichever node. Before anybody can say anything. */
  async start(): Promise<void> {
    await this.#deps.outboxes.since();
    this.#deps.relay.note(SERVICE_LOG);
  }

  get hasWork(): boolean {
    return this.#frames.length > 0 || this.#deps.relay.size > 0;
  }

  /** Goes on with what is to be done. Called every moment while this node may act; never rejects. */
  run(): void {
    if (!this.#isNoting) void this.#noteFrames();
    this.#deps.relay.run();
    const now = performance.now();
    if (now - this.#scannedAt < SCAN_MS) return;
    this.#scannedAt = now;
    // What a node that is gone has noted.
    this.#deps.relay.note(SERVICE_LOG);
    if (this.#ofRooms) void this.#deps.scan.run();
  }

  /**
   * Ends what is under way, as the relay's `close` says: other nodes go on. Resolves when nothing is left to be noted: what fails is tried
   * again by `run`, so it is to be waited for with a limit.
   */
  async close(graceMs: number): Promise<void> {
    const noted = new Promise<void>((resolve) => {
      this.#onNoted = resolve;
    });
    if (!this.#isNoting) void this.#noteFrames();
    await Promise.all([noted, this.#deps.relay.close(graceMs)]);
  }

  /** Ends what is under way, and waits for nothing. */
  stop(): void {
    this.#deps.relay.stop();
  }

  async #noteFrames(): Promise<void> {
    this.#isNoting = true;
    try {
      while (this.#frames.length > 0) {
        const some = this.#frames.slice(0, FRAMES_AT_ONCE);
        await this.#deps.outboxes.note(some);
        this.#frames.splice(0, some.length);
        for (const { length } of some) this.#bytes -= length;
        this.#deps.relay.note(SERVICE_LOG);
      }
    } catch (error) {
      this.#deps.onError(error);
    }
    this.#isNoting = false;
    if (this.#frames.length === 0) this.#onNoted?.();
  }
}
