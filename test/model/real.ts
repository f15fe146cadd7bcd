// The real service as the model's counterpart: users a, b, c with a socket on each of two nodes, and a witness on each.
// Names are a run's own, so that runs share one service.
import { expect } from '@jest/globals';
import type { Value } from '../../src/protocol/params/values.ts';
import { eventually } from '../support/eventually.ts';
import { loginRpc, type User } from '../support/rpc.ts';
import type { Scope } from '../support/scope.ts';
import type { Service, ServiceNode } from '../support/service.ts';
import type { RedisServer } from '../support/redis.ts';
import type { ChatModel, RoomModel, Verdict } from './model.ts';
import { nameOf, viewOf, Witness } from './witness.ts';

export const apiKey = 'a-key-of-the-operator';
export const userNames = ['a', 'b', 'c'] as const;
export const witnessNames = ['w0', 'w1'] as const;
/** `a0` is the socket of `a` on the node 0. */
export const socketNames = userNames.flatMap((user) => [`${user}0`, `${user}1`]);
export const nodeOf = (socket: string): number => Number(socket.slice(-1));

export class Real {
  readonly #scope: Scope;
  readonly #service: Service<RedisServer>;
  /** The nodes in use, by number; those killed are replaced. */
  readonly #nodes: ServiceNode[];
  readonly #run: string;
  readonly sockets = new Map<string, User>();
  readonly #witnesses: Witness[] = [];
  #fences = 0;

  constructor(scope: Scope, service: Service<RedisServer>, nodes: ServiceNode[], run: string) {
    this.#scope = scope;
    this.#service = service;
    this.#nodes = nodes;
    this.#run = run;
  }

  /** A name of the model as the service knows it. */
  name(short: string): string {
    return `${this.#run}-${short}`;
  }

  #short(name: string): string {
    return name.slice(this.#run.length + 1);
  }

  async begin(): Promise<void> {
    for (const [node, name] of witnessNames.entries())
      this.#witnesses[node] = new Witness(await this.#login(name, node));
  }

  async connect(socket: string): Promise<void> {
    this.sockets.set(socket, await this.#login(socket.slice(0, -1), nodeOf(socket)));
  }

  /** What the service says to a request of a socket. */
  async ask(socket: string, method: string, ...params: Value[]): Promise<Verdict> {
    const user = this.sockets.get(socket);
    if (user === undefined) throw new Error(`${socket} is not connected`);
    const [outcome] = await Promise.all(user.callAll([method, ...params]));
    if (outcome === undefined) throw new Error('no outcome');
    // Checked against the catalogue; the requests asked here give numbers or nothing.
    return 'error' in outcome ? { code: outcome.error.code } : { result: outcome.result as number | null };
  }

  async api(method: string, params: Value): Promise<Verdict> {
    const response = await fetch(`http://127.0.0.1:${this.#nodes[0]?.apiPort}/api/v1/${method}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ params }),
    });
    const answer = (await response.json()) as { result?: number | null; error?: { code: string } };
    return answer.error === undefined ? { result: answer.result ?? null } : { code: answer.error.code };
  }

  /** The witnesses come into a new room; its owner makes them admins, so that they stay. */
  async watch(owner: string, roomName: string): Promise<void> {
    const names = witnessNames.map((name) => this.name(name));
    expect(await this.ask(owner, 'roomAddToList', this.name(roomName), 'adminlist', names)).toEqual({ result: null });
    for (const witness of this.#witnesses) await witness.join(this.name(roomName));
  }

  /** Closes a socket; resolves when the service knows it everywhere. */
  async disconnect(socket: string, model: ChatModel): Promise<void> {
    const user = this.sockets.get(socket);
    this.sockets.delete(socket);
    await user?.call('disconnect');
    const sibling = [...this.sockets].find(([other]) => other.slice(0, -1) === socket.slice(0, -1))?.[1];
    await eventually(async () => {
      const own = sibling === undefined ? {} : await sibling.call('listOwnSockets');
      expect(Object.keys(Object(own))).not.toContain(user?.authData.id);
      await this.#expectOccupants(model);
    });
  }

  /** Kills a node and puts another into its place; resolves when its peers have cleaned up. */
  async kill(node: number, model: ChatModel): Promise<void> {
    await this.#nodes[node]?.kill();
    for (const socket of this.sockets.keys()) if (nodeOf(socket) === node) this.sockets.delete(socket);
    const replacement = await this.#service.addNode();
    this.#nodes[node] = replacement;
    const name = witnessNames[node] ?? '';
    const survivor = this.#witnesses[1 - node];
    const joined = [...model.rooms].filter(([, room]) => room.occupants.delete(name)).map(([roomName]) => roomName);
    await eventually(() => this.#expectOccupants(model, survivor), { timeoutMs: 30_000 });
    const witness = new Witness(await this.#login(name, node));
    this.#witnesses[node] = witness;
    for (const roomName of joined) {
      await witness.join(this.name(roomName));
      model.rooms.get(roomName)?.occupants.set(name, new Set([name]));
    }
  }

  /** The model, what the witnesses built from notifications, and what the service gives when asked are one. */
  async expectAgreement(model: ChatModel): Promise<void> {
    await this.#fence(model);
    for (const witness of this.#witnesses) {
      expect([...witness.seen().keys()].toSorted()).toEqual(
        [...model.rooms.keys()].map((one) => this.name(one)).toSorted(),
      );
      for (const [roomName, room] of model.rooms) {
        expect(witness.seen().get(this.name(roomName))).toEqual(this.#viewOf(room));
        expect(await witness.fetch(this.name(roomName))).toEqual(this.#viewOf(room));
        const owner = await witness.user.call('roomGetOwner', this.name(roomName));
        expect(owner).toBe(room.owner === undefined ? null : this.name(room.owner));
        expect(await this.#history(witness.user, this.name(roomName))).toEqual(room.posted);
      }
    }
    for (const [socket, { losses, hears }] of model.sockets) {
      const user = this.sockets.get(socket);
      // To sockets that are not joined the loss comes on another way than a room's events.
      await eventually(() => expect(this.#lossesOf(user)).toEqual(losses.toSorted()));
      expect([socket, this.#messagesOf(user)]).toEqual([socket, hears]);
    }
  }

  async #expectOccupants(model: ChatModel, witness = this.#witnesses[0]): Promise<void> {
    for (const [roomName, room] of model.rooms) {
      expect((await witness?.fetch(this.name(roomName)))?.occupants).toEqual(this.#viewOf(room).occupants);
    }
  }

  #viewOf({ occupants, lists, whitelistOnly }: RoomModel): ReturnType<typeof viewOf> {
    const named = (names: Iterable<string>): string[] => [...names].map((one) => this.name(one));
    const { adminlist, whitelist, blacklist } = lists;
    return viewOf(
      named(occupants.keys()),
      { adminlist: named(adminlist), whitelist: named(whitelist), blacklist: named(blacklist) },
      whitelistOnly,
    );
  }

  /** Everybody who is in a room has heard what was said in it until now. */
  async #fence(model: ChatModel): Promise<void> {
    for (const [roomName, room] of model.rooms) {
      const fence = ++this.#fences;
      const hearers = [...room.occupants.values()].flatMap((joined) => [...joined]);
      await this.#witnesses[0]?.user.call('roomMessage', this.name(roomName), { fence }, { transient: true });
      for (const hearer of hearers) {
        const user = this.sockets.get(hearer) ?? this.#witnesses[nodeOf(hearer)]?.user;
        await eventually(() =>
          expect(user?.heard('roomMessage').map(([, message]) => Object(message).fence)).toContain(fence),
        );
      }
    }
  }

  async #history(user: User, roomName: string): Promise<string[]> {
    const texts: string[] = [];
    for (;;) {
      const page = (await user.call('roomHistoryGet', roomName, texts.length, 100)) as { id: number; text: string }[];
      if (page.length === 0) return texts;
      for (const { id, text } of page.toReversed()) texts[id - 1] = text;
    }
  }

  #lossesOf(user: User | undefined): string[] {
    return (user?.heard('roomAccessRemoved') ?? []).map(([roomName]) => this.#short(nameOf(roomName))).toSorted();
  }

  #messagesOf(user: User | undefined): string[] {
    return (user?.heard('roomMessage') ?? []).flatMap(([roomName, message]) => {
      const { text } = Object(message) as { text?: string };
      return text === undefined ? [] : [`${this.#short(nameOf(roomName))} ${text}`];
    });
  }

  #login(user: string, node: number): Promise<User> {
    return loginRpc(this.#scope, this.#nodes[node]?.url ?? '', this.name(user));
  }
}
