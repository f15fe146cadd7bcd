// What the crowd's test tells a generator to do and what it hears back: the types of the messages between the processes.

export interface Orders {
  /** Opens sockets of the users `<userPrefix><from>` up to before `to`, and logs them in. */
  open(order: { readonly port: number; readonly userPrefix: string; readonly from: number; readonly to: number }): null;
  /** Users join the room, evenly over the time. Resolves when all are answered. */
  join(order: {
    readonly roomName: string;
    readonly from: number;
    readonly to: number;
    readonly withinMs: number;
  }): null;
  /** Forgets what was counted. */
  forget(order: null): null;
  /** What each socket has heard since, in the order of their users. */
  heard(order: null): Heard[];
}

export interface Heard {
  readonly user: number;
  /** Frames of `roomUserlistChanged`. */
  readonly userlists: number;
  /** Frames of `roomUserJoined` and `roomUserLeft`. */
  readonly singles: number;
  /** Frames of `roomAccessRemoved`. */
  readonly removals: number;
  /** The greatest id of a room message; 0 for none. */
  readonly lastId: number;
}

export type OrderName = keyof Orders;
export type OrderOf<N extends OrderName> = Parameters<Orders[N]>[0];
export type AnswerOf<N extends OrderName> = ReturnType<Orders[N]>;
export type Order = { readonly [N in OrderName]: { readonly name: N; readonly order: OrderOf<N> } }[OrderName];
