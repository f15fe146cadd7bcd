// What becomes of sockets and nodes, as fast-check's commands: the same in every model that has sockets on nodes.
import type { AsyncCommand } from 'fast-check';

/** A model of who is connected, and to which node. */
export interface Connected {
  readonly sockets: ReadonlyMap<string, { readonly node: number }>;
  killsLeft: number;
  connect(socketName: string, userName: string, node: number): void;
  disconnect(socketName: string): void;
}

/** The service as it is done to. */
export interface Connecting<M> {
  connect(socketName: string): Promise<unknown>;
  disconnect(socketName: string, model: M): Promise<unknown>;
  kill(node: number, model: M): Promise<unknown>;
}

/** Whose a socket is, and where it connects to. */
interface Homes {
  readonly ownerOf: (socketName: string) => string;
  readonly nodeOf: (socketName: string) => number;
}

interface Lives<M extends object, R extends object> {
  readonly connect: (socketName: string) => AsyncCommand<M, R>;
  readonly disconnect: (socketName: string) => AsyncCommand<M, R>;
  readonly kill: (node: number) => AsyncCommand<M, R>;
}

export const livesOf = <M extends Connected, R extends Connecting<M>>({ ownerOf, nodeOf }: Homes): Lives<M, R> => ({
  connect: (socketName) => ({
    check: (m) => !m.sockets.has(socketName),
    run: async (m, r) => {
      m.connect(socketName, ownerOf(socketName), nodeOf(socketName));
      await r.connect(socketName);
    },
    toString: () => `${socketName} connects`,
  }),

  disconnect: (socketName) => ({
    check: (m) => m.sockets.has(socketName),
    run: async (m, r) => {
      m.disconnect(socketName);
      await r.disconnect(socketName, m);
    },
    toString: () => `${socketName} disconnects`,
  }),

  kill: (node) => ({
    check: (m) => m.killsLeft > 0,
    run: async (m, r) => {
      m.killsLeft--;
      for (const [name, one] of m.sockets) if (one.node === node) m.disconnect(name);
      await r.kill(node, m);
    },
    toString: () => `node ${node} is killed`,
  }),
});
