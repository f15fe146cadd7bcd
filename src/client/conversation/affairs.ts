/**
 * What a room is to its user besides its messages: kind, role, attributes, members, who may post. It is read where somebody
 * looks, kept by the service's notices, and read again after each loss; a reading never undoes what was told since it began.
 */
import type { RoomDescription, RoomKind, RoomListed } from '../../protocol/conversation.ts';
import type { Role } from '../../protocol/member.ts';
import { isSame } from '../../protocol/params/paths.ts';
import type { ValueMap } from '../../protocol/params/values.ts';
import { Attributes } from '../attributes/attributes.ts';
import { Ends, type Until } from '../ends.ts';
import type { Core } from '../core.ts';
import type { Gate } from '../gate.ts';
import type { Doer } from '../member/member.ts';
import { Members } from '../member/members.ts';
import { Refresh, unlessBeyond } from '../refresh.ts';
import type { AffairsEvents, RoomField } from '../room/events.ts';

export interface AffairsOwner {
  readonly core: Core;
  /** As the service writes it. */
  readonly name: string;
  /** By the service's clock, milliseconds. */
  now(): number;
  /** Few readings of many rooms go on at once. */
  readonly gate: Gate;
  isOnline(userName: string): boolean | undefined;
  tell<N extends keyof AffairsEvents>(event: N, news: AffairsEvents[N][0]): void;
  /** What is named is another now; it comes before an event of its own. */
  changed(changed: readonly RoomField[]): void;
}

interface Known {
  readonly kind: RoomKind | undefined;
  /** Null: neither member, nor owner or admin. */
  readonly role: Role | null | undefined;
  readonly muted: boolean;
  readonly slowModeMs: number | undefined;
}

const fields = ['kind', 'role', 'muted', 'slowModeMs'] as const;
const nothing: Known = { kind: undefined, role: undefined, muted: false, slowModeMs: undefined };

/** Counts what is told, of all rooms: so readings know what came after they began. */
let turns = 0;

export class Affairs {
  readonly attributes = new Attributes();
  readonly members: Members;
  readonly #silences: Ends;
  readonly #owner: AffairsOwner;
  readonly #refresh: Refresh;
  readonly #toldAt = new Map<RoomField, number>();
  #known = nothing;
  #isWanted = false;
  #wasRead = false;
  #forgottenAt = 0;
  #readings = 0;
  #saving: Promise<unknown> | undefined;

  constructor(owner: AffairsOwner) {
    this.#owner = owner;
    this.#refresh = new Refresh(
      () => this.#read(),
      unlessBeyond((error) => owner.core.failed(error)),
      () => owner.core.link !== undefined,
    );
    this.#silences = new Ends(
      () => owner.now(),
      (userNames) => this.#silencesEnded(userNames),
    );
    this.members = this.#membersOf(owner);
  }

  /** To be named when what is read from now on is learnt. */
  static get turn(): number {
    return turns;
  }

  get known(): Known {
    return this.#known;
  }

  /** Of its own user. */
  get silencedUntil(): Until {
    return this.#silences.of(this.#ownName);
  }

  /** Somebody looks: it is read from now on. */
  want(): void {
    if (this.#isWanted) return;
    this.#isWanted = true;
    this.#outdated();
  }

  /** What was looked at may have changed unheard: the room was joined on this connection, or the connection is another one. */
  again(): void {
    this.#outdated();
    this.members.outdated();
  }

  /** The connection is gone; what is known stays. */
  lost(): void {
    this.#refresh.stop();
    this.members.lost();
    this.attributes.lost();
  }

  /** The client has ended. */
  closed(): void {
    this.lost();
    this.#silences.stop();
  }

  /** The room is gone, for its user. */
  forget(): void {
    const wasKnown = this.#wasRead || this.#known !== nothing || this.members.size > 0;
    this.lost();
    this.#silences.clear();
    this.members.forget();
    this.attributes.forget();
    this.#known = nothing;
    this.#wasRead = false;
    this.#forgottenAt = turns += 1;
    if (wasKnown) this.#owner.changed([...fields, 'members', 'silencedUntil', 'attributes', 'meta']);
  }

  /** Reads the room, and keeps what it is from then on; what fails for the moment is read again. */
  read(): Promise<RoomDescription> {
    this.#isWanted = true;
    return this.#refresh.now(() => this.#read());
  }

  async #read(): Promise<RoomDescription> {
    const { gate, name: roomName } = this.#owner;
    const since = turns;
    this.#readings += 1;
    const reading = gate.request('roomInfo', { roomName });
    const description = await reading.finally(() => (this.#readings -= 1));
    if (this.#forgottenAt <= since) this.#described(description, since);
    return description;
  }

  /** Its user has lost it since: what was begun to be read before is not so any more. */
  isLostSince(since: number): boolean {
    return this.#forgottenAt > since || (this.#known.role === null && this.#isToldSince('role', since));
  }

  /** As a list has it that was begun to be read then. */
  listed(listed: Pick<RoomListed, 'kind' | 'role' | 'muted' | 'attributes' | 'memberCount'>, since: number): void {
    const changed = this.#learn(listed, since);
    if (!this.#isToldSince('attributes', since) && this.attributes.isNews(listed.attributes)) {
      // What is kept changes by a reading of the room, which tells of it; of which version they are only that says, too.
      if (!this.#wasRead && this.attributes.offer(listed.attributes)) changed.push('attributes', 'meta');
      this.#fillGap();
    }
    if (changed.length > 0) this.#owner.changed(changed);
  }

  /** The session, or an invitation, has this of its attributes: news where nothing better is known. */
  offer(attributes: Readonly<ValueMap>): void {
    if (this.attributes.version === undefined && this.attributes.offer(attributes)) {
      this.#owner.changed(['attributes', 'meta']);
    }
  }

  set(path: string, value: ValueMap[string]): void {
    this.attributes.set(path, value);
    this.#owner.changed(['attributes', 'meta']);
  }

  /** What was set and not saved is of no interest any more. */
  revert(): void {
    if (this.attributes.revert()) this.#owner.changed(['attributes', 'meta']);
  }

  /** What was set goes to the service, in one step; refused, it stays to be saved. */
  async save(ifVersion: number | undefined): Promise<number | undefined> {
    // One after the other: what is under way is not sent twice.
    while (this.#saving !== undefined) await this.#saving;
    const saved = this.#save(ifVersion);
    const ended = (): void => (this.#saving = undefined);
    this.#saving = saved.then(ended, ended);
    return saved;
  }

  async #save(ifVersion: number | undefined): Promise<number | undefined> {
    const { core, name: roomName } = this.#owner;
    const changes = this.attributes.unsaved;
    if (Object.keys(changes).length === 0) return this.attributes.version;
    const options = ifVersion === undefined ? undefined : { ifVersion };
    const { version } = await core.request('roomAttributesSet', { roomName, changes: { ...changes }, options });
    const shown = this.attributes.map;
    this.attributes.saved(changes);
    // As a rule it was told before, and perhaps what somebody else has made of it since.
    this.attributesChanged(changes, version, core.userName);
    if (!isSame(shown, this.attributes.map)) this.#owner.changed(['attributes', 'meta']);
    return version;
  }

  attributesChanged(changes: Readonly<ValueMap>, version: number, by: Doer): void {
    const heard = this.attributes.heard(changes, version);
    if (heard === undefined) return;
    this.#told('attributes', 'meta');
    this.#owner.tell('attributes', { changes, version, by });
    if (!heard.isWhole) this.#fillGap();
  }

  membersAdded(userNames: readonly string[], by: Doer): void {
    this.#toldAt.set('members', (turns += 1));
    this.members.added(userNames);
    this.#owner.tell('members.added', { userNames, by });
  }

  membersRemoved(userNames: readonly string[], by: Doer): void {
    this.#toldAt.set('members', (turns += 1));
    this.members.removed(userNames);
    this.#owner.tell('members.removed', { userNames, by });
  }

  roleChanged(userName: string, role: Role, by: Doer): void {
    if (userName === this.#ownName) this.become(role);
    this.members.update([userName], { role });
    this.#owner.tell('role', { userName, role, by });
  }

  /** Its user has this role now. */
  become(role: Role | null): void {
    this.#known = { ...this.#known, role };
    this.#told('role');
  }

  silenced(userNames: readonly string[], until: number | null, by: Doer): void {
    this.#silence(userNames, until);
    this.#owner.tell('silenced', { userNames, until, by });
  }

  unsilenced(userNames: readonly string[], by: Doer): void {
    this.#silence(userNames, undefined);
    this.#owner.tell('unsilenced', { userNames, by });
  }

  /** A message of its user was refused for that. */
  foundSilenced(until: number | null): void {
    this.#silence([this.#ownName], until);
  }

  slowModeChanged(ms: number, by: Doer): void {
    this.#known = { ...this.#known, slowModeMs: ms };
    this.#told('slowModeMs');
    this.#owner.tell('slowMode', { ms, by });
  }

  /** `isElsewhere`: by another device. */
  mute(muted: boolean, isElsewhere = false): void {
    this.#known = { ...this.#known, muted };
    this.#told('muted');
    if (isElsewhere) this.#owner.tell('muted', { muted });
  }

  /** Told by who knows of it from elsewhere. */
  tell<N extends 'invited' | 'kicked'>(event: N, news: AffairsEvents[N][0]): void {
    this.#owner.tell(event, news);
  }

  get #ownName(): string {
    return this.#owner.core.userName ?? '';
  }

  #outdated(): void {
    if (this.#isWanted && this.#owner.core.link !== undefined) this.#refresh.start();
  }

  /** What is being read will show whether anything is missing. */
  #fillGap(): void {
    if (this.#readings === 0) this.#outdated();
  }

  #told(...changed: RoomField[]): void {
    turns += 1;
    for (const field of changed) this.#toldAt.set(field, turns);
    this.#owner.changed(changed);
  }

  #isToldSince(field: RoomField, since: number): boolean {
    return (this.#toldAt.get(field) ?? 0) > since;
  }

  #described(description: RoomDescription, since: number): void {
    const changed = this.#learn(description, since);
    const { attributes, version, silencedUntil } = description;
    const isNew = !this.#isToldSince('silencedUntil', since) && this.#silences.set(this.#ownName, silencedUntil);
    if (isNew) changed.push('silencedUntil');
    const { changes, isWhole } = this.attributes.learn(attributes, version);
    const isChanged = Object.keys(changes).length > 0;
    const isFirst = !this.#wasRead;
    this.#wasRead = true;
    if (isFirst || isChanged) changed.push('attributes', 'meta');
    if (changed.length > 0) this.#owner.changed(changed);
    if (isChanged && !isFirst) this.#owner.tell('attributes', { changes, version, by: undefined });
    if (!isWhole) this.#fillGap();
  }

  #learn(news: Partial<Known> & { readonly memberCount: number }, since: number): RoomField[] {
    const isNew = (field: keyof Known): boolean =>
      news[field] !== undefined && news[field] !== this.#known[field] && !this.#isToldSince(field, since);
    const changed: RoomField[] = fields.filter(isNew);
    this.#known = { ...this.#known, ...Object.fromEntries(fields.filter(isNew).map((field) => [field, news[field]])) };
    if (!this.#isToldSince('members', since) && this.members.counted(news.memberCount)) changed.push('members');
    return changed;
  }

  /** Of others it is of interest only where they are looked at, or were when they were silenced. */
  #silence(userNames: readonly string[], until: Until): void {
    const known = userNames.filter(
      (name) => name === this.#ownName || this.members.has(name) || this.#silences.of(name) !== undefined,
    );
    for (const userName of known) this.#silences.set(userName, until);
    this.members.update(known);
    if (known.includes(this.#ownName)) this.#told('silencedUntil');
  }

  #silencesEnded(userNames: readonly string[]): void {
    this.members.update(userNames);
    if (userNames.includes(this.#ownName)) this.#owner.changed(['silencedUntil']);
  }

  #membersOf(owner: AffairsOwner): Members {
    const { core } = owner;
    return new Members({
      page: (options) => owner.gate.request('roomMembersGet', { roomName: owner.name, options }),
      change: (name, userNames) => core.request(name, { roomName: owner.name, userNames: [...userNames] }),
      oneself: (name) => core.request(name, { roomName: owner.name }),
      setRole: (userName, role) => core.request('roomRoleSet', { roomName: owner.name, userName, role }),
      silencedUntil: (userName) => this.#silences.of(userName),
      silenced: (userName, until) => void this.#silences.set(userName, until),
      isOnline: (userName) => owner.isOnline(userName),
      isConnected: () => core.link !== undefined,
      nameOf: (name) => core.nameOf(name),
      changed: () => owner.changed(['members']),
      found: (added, removed) => {
        if (added.length > 0) owner.tell('members.added', { userNames: added, by: undefined });
        if (removed.length > 0) owner.tell('members.removed', { userNames: removed, by: undefined });
      },
      failed: (error) => core.failed(error),
    });
  }
}
