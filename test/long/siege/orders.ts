// What the siege's test tells the attacker to do and what it hears back: the types of the messages between the processes.

/** Ways to be a burden; what each sends is in the attacker. */
export const kinds = ['roomsJoin', 'history', 'posts', 'values', 'lists', 'sessionGet', 'reconnect'] as const;
export type Kind = (typeof kinds)[number];

export interface Orders {
  /** Opens sockets of one user and logs them in. */
  open(order: {
    readonly port: number;
    readonly userName: string;
    readonly sockets: number;
    /** Of the rooms that it is in. */
    readonly epochs: readonly (readonly [roomName: string, epoch: string])[];
  }): null;
  /** All of them ask for the same, as much as they are let, for a while. */
  attack(order: { readonly kind: Kind; readonly forMs: number }): Outcomes;
}

export interface Outcomes {
  readonly ok: number;
  readonly refused: number;
  /** Sockets that were closed, and opened again. */
  readonly lost: number;
  readonly bytes: number;
}

export type OrderName = keyof Orders;
export type OrderOf<N extends OrderName> = Parameters<Orders[N]>[0];
export type AnswerOf<N extends OrderName> = ReturnType<Orders[N]>;
export type Order = { readonly [N in OrderName]: { readonly name: N; readonly order: OrderOf<N> } }[OrderName];

/** What is there to be asked for: made before the siege, named by both processes. */
export const scene = {
  /** Rooms that the attacker is in with each of its sockets. */
  joinedRooms: Array.from({ length: 128 }, (_, i) => `joined-${i}`),
  /** Of these the ones that are full of large messages. */
  fullRooms: 16,
  fullMessages: 100,
  messageBytes: 16_000,
  sessionRooms: Array.from({ length: 1000 }, (_, i) => `kept-${i}`),
} as const;
