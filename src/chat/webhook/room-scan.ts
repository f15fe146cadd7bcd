/**
 * Looks at all rooms, slowly, for what is left to be sent to the webhook: what a node that died, or one with too much to do, has left.
 * One node at a time does, whichever has the lease for it.
 */
import type { Instance } from '../../bus/instance.ts';
import type { Directory } from '../../store/admin/directory.ts';
import type { WebhookStore } from '../../store/webhook/webhook-store.ts';
import { LOGS_MAX, SERVICE_LOG, type Relay } from './relay.ts';

export interface RoomScanDeps {
  readonly relay: Pick<Relay, 'note' | 'size' | 'breaker'>;
  readonly outboxes: Pick<WebhookStore, 'claimScan' | 'withSomeLeft'>;
  readonly directory: Pick<Directory, 'outboxes'>;
  readonly instance: Pick<Instance, 'nodeId'>;
  onError(error: unknown): void;
}

/** Called once a second, it looks at about a thousand rooms a second. */
const PAGE = 500;
const PAGES = 2;
const LEASE_MS = 10_000;
const CLAIM_MS = 3000;
/** From the beginning of one pass to that of the next. */
const PASS_MS = 60_000;

export class RoomScan {
  readonly #deps: RoomScanDeps;
  #isUnderWay = false;
  #askAgainAt = 0;
  #mineUntil = 0;
  #begunAt = -Infinity;
  #cursor: string | undefined;

  constructor(deps: RoomScanDeps) {
    this.#deps = deps;
  }

  /** A few pages more. Never rejects. */
  async run(): Promise<void> {
    if (this.#isUnderWay) return;
    this.#isUnderWay = true;
    try {
      const isMine = await this.#claim(performance.now());
      for (let page = 0; isMine && page < PAGES && this.#isDue(); page++) await this.#look();
    } catch (error) {
      this.#deps.onError(error);
    }
    this.#isUnderWay = false;
  }

  async #claim(now: number): Promise<boolean> {
    if (now >= this.#askAgainAt) {
      const { outboxes, instance } = this.#deps;
      this.#askAgainAt = now + CLAIM_MS;
      this.#mineUntil = 0;
      if (await outboxes.claimScan(instance.nodeId, LEASE_MS)) this.#mineUntil = now + LEASE_MS;
    }
    return performance.now() < this.#mineUntil;
  }

  #isDue(): boolean {
    const { relay } = this.#deps;
    // What would be found has no room, or cannot be sent.
    if (relay.size > LOGS_MAX / 2 || relay.breaker.state === 'off') return false;
    return this.#cursor !== undefined || performance.now() - this.#begunAt >= PASS_MS;
  }

  async #look(): Promise<void> {
    const { relay, outboxes, directory } = this.#deps;
    if (this.#cursor === undefined) {
      this.#begunAt = performance.now();
      relay.note(SERVICE_LOG);
    }
    const found = await directory.outboxes(this.#cursor, PAGE);
    if (found !== undefined && found.items.length > 0) {
      for (const roomName of await outboxes.withSomeLeft(found.items)) relay.note(roomName);
    }
    this.#cursor = found?.cursor;
  }
}
