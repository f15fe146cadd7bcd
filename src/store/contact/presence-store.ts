/**
 * What contacts are told of a user, in Redis: what they know, what they have yet to be told, and which node does it. Every
 * method is one script on the slot of the user named first. Rejects with `StateUnavailable` where Redis cannot be asked.
 */
import type { Commands } from '../../redis/commands.ts';
import type { Keyspace } from '../../redis/keys.ts';
import type { OutcomeOf } from '../../redis/script.ts';
import { readTold, settlePresence, tellPresence } from './contact-scripts.ts';

/** A node that has been at it for so long without a sign has left it. */
const HOLD_MS = 30_000;
/** Contacts are told of a user so seldom at most, and 1 ms for each of them less often. */
const REST_MS = 1000;
const PAGE = 500;

export interface Settling {
  readonly nodeId: string;
  /** A node that is being swept: it has no claim any more. */
  readonly deadId?: string | undefined;
  /** What all contacts were told just now; undefined at first. */
  readonly toldOnline?: boolean | undefined;
  /** For how long contacts are left alone after that, beside 1 ms for each; 0 for not at all. */
  readonly restMs?: number;
}

export class PresenceStore {
  readonly #commands: Commands;
  readonly #keys: Keyspace;

  constructor(commands: Commands, keys: Keyspace) {
    this.#commands = commands;
    this.#keys = keys;
  }

  /** What is to be told, by this node from here on; or for how long to wait. Else there is nothing for it to do. */
  settle(
    userName: string,
    { nodeId, deadId = '', toldOnline, restMs = REST_MS }: Settling,
  ): Promise<OutcomeOf<typeof settlePresence>> {
    const toldNow = toldOnline === undefined ? '' : toldOnline ? '1' : '0';
    const args = { node: nodeId, dead: deadId, toldNow, holdMs: HOLD_MS, restMs };
    return this.#commands.run(settlePresence, this.#keys.user(userName), args);
  }

  /** A page of those whom this node tells, in the order of their names; `lost` where it does not any more. */
  readTold(userName: string, nodeId: string, after: string, limit = PAGE): Promise<OutcomeOf<typeof readTold>> {
    return this.#commands.run(readTold, this.#keys.user(userName), { field: 'teller', node: nodeId, after, limit });
  }

  /** Tells a user's sockets what a contact is. False where there is nobody who may hear it. */
  tell(userName: string, contact: string, frame: Uint8Array): Promise<boolean> {
    return this.#commands.run(tellPresence, this.#keys.user(userName), { other: contact, frame });
  }
}
