// The real service as the counterpart of the model of conversations: users a, b, c with a socket on each of two nodes, and d, who is
// known and comes now and then. Names are a run's own, so that runs share one service; those that the service chooses are learned.
import { expect } from '@jest/globals';
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';
import { textOf } from '../chat/device.ts';
import { field } from '../chat/world.ts';
import { eventually } from '../support/eventually.ts';
import { loginRpc, type Call, type Outcome, type User } from '../support/rpc.ts';
import type { Scope } from '../support/scope.ts';
import { serverApi } from '../support/server-api.ts';
import type { Service, ServiceNode } from '../support/service.ts';
import type { RedisServer } from '../support/redis.ts';
import { canonical, heardBy } from './conversation-hearing.ts';
import { personal, type Answer, type Conversations } from './conversations.ts';
import * as views from './conversation-views.ts';

export const userNames = ['a', 'b', 'c', 'd'] as const;
/** `a0` is the socket of `a` on the node 0. */
export const socketNames = ['a0', 'a1', 'b0', 'b1', 'c0', 'c1', 'd1'] as const;
export const nodeOf = (socket: string): number => Number(socket.slice(-1));
export const ownerOf = (socket: string): string => socket.slice(0, -1);

export class RealConversations {
  readonly #scope: Scope;
  readonly #service: Service<RedisServer>;
  /** The nodes in use, by number; those killed are replaced. */
  readonly #nodes: ServiceNode[];
  readonly #run: string;
  readonly #sockets = new Map<string, User>();
  /** Room of the model → its name, and the other way, where the service has chosen it. */
  readonly #chosen = new Map<string, string>();
  readonly #keys = new Map<string, string>();
  #fences = 0;

  constructor(scope: Scope, service: Service<RedisServer>, nodes: ServiceNode[], run: string) {
    this.#scope = scope;
    this.#service = service;
    this.#nodes = nodes;
    this.#run = run;
  }

  /** The service knows everybody from now on. */
  async begin(): Promise<void> {
    for (const user of userNames) (await this.#login(user, 0)).raw.close();
  }

  /** A user of the model as the service knows it. */
  name(user: string): string {
    return `${this.#run}-${user}`;
  }

  names(users: readonly string[]): string[] {
    return users.map((user) => this.name(user));
  }

  room(key: string): string {
    return this.#chosen.get(key) ?? this.name(key);
  }

  /** A value of the service in the words of the model. */
  short(value: Value): Value {
    if (typeof value === 'string') {
      const key = this.#keys.get(value);
      return key ?? (value.startsWith(`${this.#run}-`) ? value.slice(this.#run.length + 1) : value);
    }
    if (Array.isArray(value)) return value.map((one) => this.short(one));
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, this.short(one)]));
  }

  async connect(socket: string): Promise<void> {
    this.#sockets.set(socket, await this.#login(ownerOf(socket), nodeOf(socket)));
  }

  async ask(socket: string, ...call: Call): Promise<Answer> {
    return this.#answer(await this.#outcome(this.#socket(socket), call));
  }

  /** Makes a room whose name the service chooses; it is known as `key` from then on. */
  async askForRoom(socket: string, key: string, options: ValueMap): Promise<Answer> {
    const outcome = await this.#outcome(this.#socket(socket), ['conversationCreate', options]);
    const name = 'result' in outcome ? field(outcome.result, 'roomName') : undefined;
    if (typeof name === 'string' && !this.#keys.has(name) && !this.#chosen.has(key) && name !== this.room(key)) {
      this.#chosen.set(key, name);
      this.#keys.set(name, key);
    }
    return this.#answer(outcome);
  }

  #answer(outcome: Outcome): Answer {
    if ('error' in outcome) return { code: outcome.error.code };
    const result = this.short(outcome.result);
    if (field(result, 'created') !== undefined) {
      return { result: { roomName: field(result, 'roomName') ?? null, created: field(result, 'created') ?? null } };
    }
    const failed = field(result, 'failed');
    if (!Array.isArray(failed)) return { result };
    const why = failed.map((one): Value => ({
      userName: field(one, 'userName') ?? null,
      error: field(field(one, 'error'), 'code') ?? null,
    }));
    return { result: { done: field(result, 'done') ?? null, failed: why } };
  }

  async #outcome(user: User, call: Call): Promise<Outcome> {
    const [outcome] = await Promise.all(user.callAll(call));
    if (outcome === undefined) throw new Error(`${call[0]} was not answered`);
    return outcome;
  }

  #socket(socket: string): User {
    const user = this.#sockets.get(socket);
    if (user === undefined) throw new Error(`${socket} is not connected`);
    return user;
  }

  async changeOwner(key: string, owner: string): Promise<Answer> {
    const { status, body } = await serverApi(this.#living()).ask('changeRoomOwner', {
      params: { roomName: this.room(key), owner: this.name(owner) },
    });
    return status === 200 ? { result: null } : { code: textOf(field(body['error'], 'code')) };
  }

  /** Returns once everybody has been told of a deletion: that goes on behind its answer. */
  async settle(model: Conversations, key: string): Promise<void> {
    const about = personal(key);
    await eventually(() => {
      for (const [socket, { hears }] of model.sockets) {
        const heard = heardBy(this.#socket(socket), new Map(), (value) => this.short(value));
        expect([socket, heard.hears.get(about)?.length]).toEqual([socket, hears.get(about)?.length]);
      }
    });
  }

  /** Closes a socket; resolves when the service knows it everywhere. */
  async disconnect(socket: string, model: Conversations): Promise<void> {
    const user = this.#socket(socket);
    this.#sockets.delete(socket);
    await user.call('disconnect');
    const sibling = [...this.#sockets].find(([other]) => ownerOf(other) === ownerOf(socket))?.[1];
    await eventually(async () => {
      const own = sibling === undefined ? {} : await sibling.call('listOwnSockets');
      expect(Object.keys(Object(own))).not.toContain(user.authData.id);
      await this.#expectOccupants(model);
    });
  }

  /** Puts another node into the place of one that is killed; resolves when its peers have cleaned up. */
  async kill(node: number, model: Conversations): Promise<void> {
    const dead = this.#nodes[node];
    await dead?.kill();
    for (const socket of this.#sockets.keys()) if (nodeOf(socket) === node) this.#sockets.delete(socket);
    this.#nodes[node] = await this.#service.addNode();
    const { redis, prefix } = this.#service;
    const isSwept = async (): Promise<void> => {
      const keys = await redis.client().keys(`${prefix}:{node:${dead?.nodeId ?? ''}}*`);
      expect(keys.filter((key) => !key.endsWith(':swept'))).toEqual([]);
      await this.#expectOccupants(model);
    };
    await eventually(isSwept, { timeoutMs: 30_000 });
  }

  /** What was told, what is given when asked, and the model are one. */
  async expectAgreement(model: Conversations): Promise<void> {
    const auditors = new Map<string, User>();
    for (const [i, user] of userNames.entries()) auditors.set(user, await this.#login(user, i % this.#nodes.length));
    for (const [user, auditor] of auditors) await this.#expectViews(model, user, auditor);
    // What a user is told of members may come behind the answer that it belongs to.
    await this.#fence(model, auditors);
    await eventually(() => this.#expectHeard(model));
    await this.#fence(model, auditors);
    this.#expectHeard(model);
    for (const user of [...auditors.values(), ...this.#sockets.values()]) user.raw.close();
  }

  async #expectViews(model: Conversations, user: string, auditor: User): Promise<void> {
    const keys = [...model.rooms.keys()];
    const seen = await Promise.all(
      keys.map(async (key) => {
        const [got, members, silenced] = await Promise.all(
          ['roomInfo', 'roomMembersGet', 'roomSilencedGet'].map((method) =>
            this.#outcome(auditor, [method, this.room(key)]).then((outcome) => this.#answer(outcome)),
          ),
        );
        return { key, got: described(got), members: withoutOnline(members), silenced: silencedIn(silenced) };
      }),
    );
    const wanted = keys.map((key) => ({
      key,
      got: views.describeRoom(model, key, user),
      members: views.listMembers(model, key, user),
      silenced: views.listSilenced(model, key, user),
    }));
    expect([user, seen]).toEqual([user, wanted]);
    const list = await auditor.call('roomList', { limit: 100 });
    expect([user, this.#roomsIn(list)]).toEqual([user, views.listRooms(model, user)]);
    const unread = listOf(this.short(await auditor.call('unreadGet'))).flatMap((one): [string, unknown][] => {
      const key = field(one, 'roomName');
      return typeof key === 'string' ? [[key, field(one, 'unread')]] : [];
    });
    expect([user, Object.fromEntries(unread)]).toEqual([user, views.unreadRooms(model, user)]);
  }

  /** The entries of a list, by name; that the newest activity was first is judged here. */
  #roomsIn(page: Value): Value[] {
    const rooms = listOf(field(page, 'rooms'));
    const times = rooms.map((one) => Number(field(one, 'lastActivity')));
    expect(times).toEqual(times.toSorted((one, other) => other - one));
    const entries = rooms.map((one): ValueMap => {
      const { lastActivity, lastMessage = null, ...rest } = Object(this.short(one)) as ValueMap;
      const said = field(lastMessage, 'timestamp');
      if (said !== undefined) expect(lastActivity).toBe(said);
      return { ...rest, lastMessage: saidIn(lastMessage) };
    });
    return entries.toSorted((one, other) => (textOf(one['roomName']) < textOf(other['roomName']) ? -1 : 1));
  }

  async #expectOccupants(model: Conversations): Promise<void> {
    const api = serverApi(this.#living());
    for (const [key, room] of model.rooms) {
      const page = this.short(await api.call('roomUserlistGet', [this.room(key), { limit: 100 }]));
      // The service is told who is in a transient room, too.
      const names = [...room.occupants.keys()].toSorted();
      expect(page).toEqual({ names, cursor: null, count: room.occupants.size });
    }
  }

  #living(): ServiceNode {
    const [node] = this.#nodes;
    if (node === undefined) throw new Error('no node is there');
    return node;
  }

  #expectHeard(model: Conversations): void {
    const ids = new Map([...this.#sockets].map(([socket, { authData }]) => [authData.id, socket]));
    for (const [socket, { hears, losses }] of model.sockets) {
      const heard = heardBy(this.#socket(socket), ids, (value) => this.short(value));
      expect([socket, canonical(heard.hears)]).toEqual([socket, canonical(hears)]);
      expect([socket, heard.losses]).toEqual([socket, losses.toSorted()]);
    }
  }

  /** Everybody has heard what was said until now: who is in a room, and each user by itself. */
  async #fence(model: Conversations, auditors: ReadonlyMap<string, User>): Promise<void> {
    const api = serverApi(this.#living());
    const isTold = (socket: string, name: string, fence: number): Promise<void> =>
      eventually(() =>
        expect(
          this.#socket(socket)
            .heard(name)
            .map((params) => field(params.at(-1), 'fence')),
        ).toContain(fence),
      );
    for (const [key, room] of model.rooms) {
      const fence = ++this.#fences;
      await api.call('roomMessage', [this.room(key), { fence }, { transient: true }]);
      for (const socket of [...room.occupants.values()].flatMap((joined) => [...joined]))
        await isTold(socket, 'roomMessage', fence);
    }
    for (const [user, auditor] of auditors) {
      const fence = ++this.#fences;
      await auditor.call('systemMessage', { fence });
      for (const socket of model.socketsOf(user)) await isTold(socket, 'systemMessage', fence);
    }
  }

  #login(user: string, node: number): Promise<User> {
    return loginRpc(this.#scope, this.#nodes[node]?.url ?? '', this.name(user));
  }
}

const listOf = (value: Value | undefined): Value[] => (Array.isArray(value) ? value : []);

/** A message as the model has it. */
function saidIn(message: Value): Value {
  if (message === null) return null;
  return {
    author: field(message, 'author') ?? null,
    text: field(message, 'text') ?? null,
    id: field(message, 'id') ?? null,
  };
}

function described(answer: Answer | undefined): Answer | undefined {
  if (answer === undefined || 'code' in answer) return answer;
  const { epoch: _, endsAt = null, ...rest } = Object(answer.result) as ValueMap;
  return { result: { ...rest, ends: endsAt !== null } };
}

function withoutOnline(answer: Answer | undefined): Answer | undefined {
  if (answer === undefined || 'code' in answer) return answer;
  const members = listOf(field(answer.result, 'members')).map((one): Value => {
    const { online: _, ...rest } = Object(one) as ValueMap;
    return rest;
  });
  return { result: { members, count: field(answer.result, 'count') ?? null } };
}

function silencedIn(answer: Answer | undefined): Answer | undefined {
  if (answer === undefined || 'code' in answer) return answer;
  const silenced = listOf(field(answer.result, 'silenced'));
  const byName = silenced
    .map((one): [string, Value] => [textOf(field(one, 'userName')), one])
    .toSorted(([one], [other]) => (one < other ? -1 : 1));
  return { result: byName.map(([, one]) => one) };
}
