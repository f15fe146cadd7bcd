/**
 * What a request acts with, wherever it comes from: a socket, or the service for a user or for itself. What a socket is
 * (its rooms, its session) is apart, in caller.ts.
 */
import type { Format } from '../protocol/wire/codec.ts';
import { rightsOf, SERVICE, type Rights } from '../store/rights.ts';

export interface Actor {
  readonly rights: Rights;
  /** In whose name it acts; undefined where the service acts in nobody's. */
  readonly author: string | undefined;
  /** The socket that echoes leave out: the one that asks, or for which the service does; undefined where all hear them. */
  readonly exceptSocket: string | undefined;
  /** What its replies are written in, by which they are measured. */
  readonly format: Format;
  /**
   * Tells what an act has cost beyond what its request is known to (protocol/params/cost.ts), in units of an ordinary
   * request: the user's next ones wait for it. The service's own acts cost nothing.
   */
  spend(units: number): void;
}

/** One that acts in the name of a user. */
export interface UserActor extends Actor {
  readonly author: string;
}

/** Who asks through the server API. Without a user, and where it says so, it acts with the rights of the service. */
export const actingAs = (
  userName: string | undefined,
  { bypassPermissions, exceptSocket }: { bypassPermissions: boolean; exceptSocket?: string | undefined },
): Actor => ({
  rights: userName === undefined || bypassPermissions ? SERVICE : rightsOf(userName),
  author: userName,
  exceptSocket,
  // Its replies are measured as they are stored.
  format: 'msgpack',
  spend: () => undefined,
});

/** The same where it is known in whose name it acts. A socket is one already. */
export const asAuthor = (by: Actor, author: string): UserActor => ({
  rights: by.rights,
  author,
  exceptSocket: by.exceptSocket,
  format: by.format,
  spend: (units) => by.spend(units),
});
