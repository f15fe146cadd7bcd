// Two users, each with two devices on two nodes, who write, read, share rooms and know each other, go away and come back with the
// position of their inbox.
import { expect } from '@jest/globals';
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';
import { field } from '../chat/world.ts';
import { eventually } from '../support/eventually.ts';
import { checkHistory } from '../support/history-checker.ts';
import { loginRpc, type Call, type Outcome, type User } from '../support/rpc.ts';
import type { Scope } from '../support/scope.ts';
import type { Service, ServiceNode } from '../support/service.ts';
import type { RedisServer } from '../support/redis.ts';
import { DeviceView } from './device-view.ts';
import { pairHistory } from './pair-history.ts';

export const deviceNames = ['ann0', 'ann1', 'bob0', 'bob1'] as const;
export type DeviceName = (typeof deviceNames)[number];
export const roomNames = ['red', 'green'] as const;

export type Act =
  | { readonly kind: 'write' | 'read' | 'befriend' | 'part' | 'drop' | 'come'; readonly device: DeviceName }
  | { readonly kind: 'join' | 'leave'; readonly device: DeviceName; readonly room: string }
  | { readonly kind: 'cross' };

interface Device {
  readonly userName: string;
  readonly peer: string;
  /** Of the node that it prefers. */
  readonly home: number;
  readonly connections: User[];
  /** Undefined while it is away. */
  user: User | undefined;
}

const ALL = { fromId: 0, direction: 'forward', limit: 100 };

export class Devices {
  readonly #scope: Scope;
  readonly #service: Service<RedisServer>;
  readonly #run: string;
  readonly #devices = new Map<DeviceName, Device>();
  readonly #acts = new Map<Outcome, Call>();
  readonly faults: string[] = [];
  #written = 0;

  constructor(scope: Scope, service: Service<RedisServer>, run: string) {
    this.#scope = scope;
    this.#service = service;
    this.#run = run;
    for (const name of deviceNames) {
      const [own, other] = name.startsWith('ann') ? ['ann', 'bob'] : ['bob', 'ann'];
      const [userName, peer] = [`${run}-${own}`, `${run}-${other}`];
      this.#devices.set(name, { userName, peer, home: Number(name.at(-1)), connections: [], user: undefined });
    }
  }

  async begin(): Promise<void> {
    for (const name of deviceNames) await this.#come(name);
    for (const room of roomNames) await this.#ask('ann0', 'roomCreate', this.#room(room));
  }

  async do(act: Act): Promise<void> {
    if (act.kind === 'cross') {
      await Promise.all([this.#write('ann0'), this.#write('bob1')]);
      return;
    }
    const { device } = act;
    const { peer } = this.#device(device);
    switch (act.kind) {
      case 'write':
        return this.#write(device);
      case 'read':
        return this.#ask(device, 'directMessageRead', peer, Number.MAX_SAFE_INTEGER - 1);
      case 'join':
      case 'leave':
        return this.#ask(device, act.kind === 'join' ? 'roomJoin' : 'roomLeave', this.#room(act.room));
      case 'befriend':
      case 'part':
        return this.#ask(device, act.kind === 'befriend' ? 'contactAdd' : 'contactRemove', peer);
      case 'drop':
        return this.#drop(device);
      case 'come':
        return this.#come(device);
    }
  }

  /** The node that half of the devices are on; they come back to others. */
  async killNode(): Promise<void> {
    const node = await this.#service.addNode();
    for (const name of deviceNames.filter((one) => this.#device(one).home === 1)) {
      await this.#drop(name);
      await this.#come(name, node);
    }
    await node.kill();
    for (const device of this.#devices.values()) if (device.home === 1) device.user = undefined;
  }

  async expectAgreement(): Promise<void> {
    for (const name of deviceNames) await this.#come(name);
    const { url } = this.#service.node(0);
    const auditors = new Map<string, User>();
    // Whoever asks is not told what it does by that: reading a history marks what it gives.
    for (const { userName } of this.#devices.values())
      if (!auditors.has(userName)) auditors.set(userName, await loginRpc(this.#scope, url, userName));
    await eventually(
      async () => {
        for (const name of deviceNames) await this.#expectView(name, auditors);
      },
      { timeoutMs: 20_000 },
    );
    this.#expectHistory(await auditors.values().next().value?.call('directHistoryGet', this.#device('ann0').peer, ALL));
    for (const name of deviceNames) await this.#drop(name);
    for (const auditor of auditors.values()) auditor.raw.close();
  }

  /** Nothing was lost, doubled or out of order of what each device was told of the other user's messages. */
  #expectHistory(log: Value | undefined): void {
    const hearers = [...this.#devices].map(([name, { peer, connections }]) => ({ name, peer, connections }));
    expect(checkHistory(pairHistory(hearers, this.#acts, listOf(log ?? null))).violations).toEqual([]);
  }

  async #expectView(name: DeviceName, auditors: ReadonlyMap<string, User>): Promise<void> {
    const { userName, peer, connections } = this.#device(name);
    const auditor = auditors.get(userName);
    if (auditor === undefined) throw new Error(`nobody asks for ${userName}`);
    const [session, unread, contacts, history] = await Promise.all([
      auditor.call('sessionGet'),
      auditor.call('unreadGet'),
      auditor.call('contactList'),
      auditor.call('directHistoryGet', peer, ALL),
    ]);
    const view = new DeviceView(connections, this.#acts);
    const counts = listOf(unread).filter((one) => field(one, 'userName') !== undefined);
    expect({
      name,
      session: [...view.session].toSorted(),
      unread: [...view.unread],
      contacts: [...view.contacts],
      statuses: view.statuses(peer),
    }).toEqual({
      name,
      session: Object.keys(Object(field(session, 'custom'))).toSorted(),
      unread: counts.map((one) => [field(one, 'userName'), field(one, 'unread')]),
      contacts: listOf(contacts).map((one) => field(one, 'userName')),
      statuses: Object.fromEntries(listOf(history).map((one) => [field(one, 'id'), field(one, 'status')])),
    });
    this.faults.push(...view.faults.map((fault) => `${name}: ${fault}`));
  }

  #device(name: DeviceName): Device {
    const device = this.#devices.get(name);
    if (device === undefined) throw new Error(`no device ${name}`);
    return device;
  }

  #room(name: string): string {
    return `${this.#run}-${name}`;
  }

  /** Does nothing where it is away. */
  async #ask(name: DeviceName, ...call: Call): Promise<void> {
    const { user } = this.#device(name);
    if (user === undefined) return;
    const [outcome] = await Promise.all(user.callAll(call));
    if (outcome !== undefined) this.#acts.set(outcome, call);
  }

  #write(name: DeviceName): Promise<void> {
    return this.#ask(name, 'directMessage', this.#device(name).peer, { n: ++this.#written });
  }

  async #drop(name: DeviceName): Promise<void> {
    const device = this.#device(name);
    device.user?.raw.close();
    await device.user?.raw.closed;
    device.user = undefined;
  }

  /** Comes with the position that it has; what a log cannot fill, and all that is in none, it asks for. */
  async #come(name: DeviceName, at?: ServiceNode): Promise<void> {
    const device = this.#device(name);
    if (device.user !== undefined) return;
    const { userName, peer, connections, home } = device;
    const position = positionOf(connections);
    const credentials: ValueMap = { userName, enableSync: true, offlineMessages: 'unread', deviceId: name };
    if (position !== undefined) credentials['inbox'] = position;
    const { url } = at ?? this.#service.node(home);
    const user = await loginRpc(this.#scope, url, userName, { credentials });
    device.user = user;
    connections.push(user);
    const isFilled = position !== undefined && user.heard('inboxReset').length === 0;
    if (isFilled) return;
    await this.#ask(name, 'contactList');
    await this.#ask(name, 'directHistoryGet', peer, ALL);
  }
}

/** Where a device stands in its user's inbox: it moves by what it is told only. */
function positionOf(connections: readonly User[]): Value | undefined {
  let at: Value | undefined = undefined;
  for (const { authData, received } of connections) {
    at ??= Object(authData).inbox as Value | undefined;
    for (const entry of received)
      if ('name' in entry && (entry.name === 'inboxPosition' || entry.name === 'inboxReset')) at = entry.params[0];
  }
  return at;
}

const listOf = (value: Value): Value[] => (Array.isArray(value) ? value : []);
