/** The scripts that a client knows by name, as methods that send them by their digest, and in full where the server has forgotten them. */
import { Cluster } from 'ioredis';
import type { Client } from '../connect.ts';
import { declaredScripts, definitionOf, type Script } from '../script.ts';

/** The first line of a script that Redis is to run also when it is full. */
const WHEN_FULL = '#!lua flags=allow-oom\n';

/**
 * All that are declared when this is made: a pipeline knows those that there were when it was begun, and one that is asked for
 * another answers some calls with the replies of others.
 */
export class ClientScripts {
  readonly #client: Client;
  readonly #scripts: ReadonlySet<Script> = new Set(declaredScripts);

  constructor(client: Client) {
    this.#client = client;
    for (const script of this.#scripts) client.defineCommand(script.name, definitionOf(script));
    // Each is a batch of its own, and the client would look for their slot in the number of their keys.
    const grouped = [...this.#scripts].filter(({ restKeys }) => restKeys);
    client.options.autoPipeliningIgnoredCommands = grouped.map(({ name }) => name);
  }

  has(script: Script): boolean {
    return this.#scripts.has(script);
  }

  /** Those that run for each message, login or join. */
  get hot(): readonly Script[] {
    return [...this.#scripts].filter(({ isHot }) => isHot);
  }

  /** The client's method for a script. */
  methodOf({ name }: Script): string {
    return `${name}Buffer`;
  }

  /**
   * From here on the scripts that are declared so run where Redis is full. Asked of the server, for not every store knows
   * what it is told by: without, they are refused like all others. To be called once there is a connection.
   */
  async allowWhenFull(): Promise<void> {
    const client = this.#client;
    const server = client instanceof Cluster ? client.nodes('master')[0] : client;
    try {
      await server?.eval(`${WHEN_FULL}return 1`, 0);
    } catch (error) {
      if (error instanceof Error && error.name === 'ReplyError') return;
      throw error;
    }
    for (const script of this.#scripts) {
      if (script.whenFull) client.defineCommand(script.name, definitionOf(script, WHEN_FULL));
    }
  }
}
