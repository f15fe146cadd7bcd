/** Which of the primaries serves a channel, and a connection for subscriptions to each. One, '' by name, where there is no Cluster. */
import { Cluster, type Redis } from 'ioredis';
import { onTopology, slotOf, type Client } from './connect.ts';
import type { ServerAddress } from './sentinels.ts';

const SLOTS = 16_384;
const REFRESH_MS = 200;

export interface ShardsDeps {
  /** Knows the slots, where there are any. */
  readonly commands: Client;
  /** Opens a connection for subscriptions; to the one server of a Cluster where that is named. */
  open(server?: ServerAddress): Redis;
}

export class Shards {
  readonly #deps: ShardsDeps;
  readonly #cluster: Cluster | undefined;
  #refreshing: NodeJS.Timeout | undefined;

  constructor(deps: ShardsDeps) {
    this.#deps = deps;
    this.#cluster = deps.commands instanceof Cluster ? deps.commands : undefined;
  }

  /** Below that number. Always 0 where there is one server. */
  slotOf(channel: string): number {
    return slotOf(this.#deps.commands, channel);
  }

  /** The primaries by slot, as far as they are known. */
  owners(): readonly (string | undefined)[] {
    const cluster = this.#cluster;
    if (cluster === undefined) return [''];
    return Array.from({ length: SLOTS }, (_, slot) => cluster.slots[slot]?.[0]);
  }

  open(primary: string): Redis {
    if (this.#cluster === undefined) return this.#deps.open();
    const colon = primary.lastIndexOf(':');
    return this.#deps.open({ host: primary.slice(0, colon), port: Number(primary.slice(colon + 1)) });
  }

  /** Told whenever slots may have moved. */
  onMoved(moved: () => void): void {
    if (this.#cluster !== undefined) onTopology(this.#cluster, moved);
  }

  /** Asks where the slots are, soon after something was not where it should be. */
  refresh(): void {
    if (this.#cluster === undefined || this.#refreshing !== undefined) return;
    // At the end of the time, too: what was asked at its beginning may not have known yet.
    this.#refreshing = setTimeout(() => {
      this.#refreshing = undefined;
      this.#cluster?.refreshSlotsCache(() => undefined);
    }, REFRESH_MS);
    this.#refreshing.unref();
    // What goes wrong is told by the client's own events.
    this.#cluster.refreshSlotsCache(() => undefined);
  }
}
