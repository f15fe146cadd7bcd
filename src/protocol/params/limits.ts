/** The limits a client has to know; a service sends its own in AuthData. What happens at each is told where it applies. */

export interface Limits {
  /** Bytes of one WebSocket frame that a client sends. */
  readonly frameBytes: number;
  /** Bytes of one message map in MessagePack. */
  readonly messageBytes: number;
  /** Arrays and maps inside each other in one message of the protocol, the outermost counted. */
  readonly depth: number;
  /** Bytes of a name in UTF-8. */
  readonly nameBytes: number;
  readonly roomsPerSocket: number;
  readonly requestsInFlight: number;
  readonly requestsPerSecond: number;
  /** Messages in one page of history. */
  readonly historyMaxGetMessages: number;
  /** Names in one page of a userlist. */
  readonly userlistPage: number;
  /** Characters (UTF-16 units) of a `clientMessageId`. */
  readonly clientMessageIdLength: number;
  /** By which rule names are made, where that is RFC 8265's profile for user names; otherwise it is not there. */
  readonly names?: 'username';
}

/** Those that are numbers. */
export type CountLimit = Exclude<keyof Limits, 'names'>;

export const defaultLimits: Readonly<Record<CountLimit, number>> = {
  frameBytes: 65536,
  messageBytes: 16384,
  depth: 16,
  nameBytes: 128,
  roomsPerSocket: 128,
  requestsInFlight: 32,
  requestsPerSecond: 200,
  historyMaxGetMessages: 100,
  userlistPage: 1000,
  clientMessageIdLength: 64,
};

/** Values (map keys counted) in one message of the protocol that a server accepts. Structural: it is no setting. */
export const valuesMax = 4096;

/** What a client accepts: a page of history is larger and nests deeper than any request. */
export const replyDepth = 32;
export const replyValuesMax = 1 << 20;

/** Longest `deviceId`, characters. */
export const deviceIdLength = 128;
/** Longest nonce of a signature, characters. */
export const nonceLength = 64;
/** Longest tag of logins, characters. */
export const tagLength = 64;
