/** Makes what a conversation needs here: its users, the room, who belongs to it. Each step may be made again. */
import type { NameLimits } from '../../../src/protocol/names/form.ts';
import { Belonging, TOO_MANY_ROOMS, Users } from './belonging.ts';
import { Finding, ORIGIN } from './finding.ts';
import { isOpenToAll, type Given } from './given.ts';
import { Keeping, type Wish } from './keeping.ts';
import { isJsonMap, type JsonMap } from './lines.ts';
import { nameHere } from './naming.ts';
import type { Report } from './report.ts';
import { inNameOf, Refusal, type Service } from './service.ts';
import type { Conversation } from './source.ts';

/** Where the messages of a conversation go. */
export type Target =
  { readonly room: string } | { readonly pair: readonly [string, string]; readonly room?: undefined };

export interface MakingDeps {
  /** Undefined where nothing is asked of it. */
  readonly service: Service | undefined;
  readonly report: Report;
  readonly names: NameLimits;
  readonly owner: string;
}

/** Members that a room of exactly these people has. */
const UNIQUE_MAX = 499;

/** What asks the service. */
interface Asking {
  readonly service: Service;
  readonly users: Users;
  readonly belonging: Belonging;
  readonly finding: Finding;
  readonly keeping: Keeping;
}

export class Making {
  readonly #deps: MakingDeps;
  readonly #asking: Asking | undefined;

  constructor(deps: MakingDeps) {
    this.#deps = deps;
    const { service, report } = deps;
    if (service === undefined) return;
    const belonging = new Belonging(service, report);
    const keeping = new Keeping({ service, report, belonging });
    this.#asking = { service, users: new Users(service), belonging, finding: new Finding(service), keeping };
  }

  /** Undefined where it cannot be; the report says why. */
  async make(id: string, given: Given): Promise<Target | undefined> {
    const { direct } = given.conversation;
    try {
      return direct === undefined ? await this.#makeRoom(id, given) : await this.#makePair(id, given, direct);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const why = error.code === 'tooManyRooms' ? `of its owner: ${TOO_MANY_ROOMS}` : error.message;
      this.#deps.report.skip('conversation', why, id);
      return undefined;
    }
  }

  async #makePair(id: string, given: Given, direct: readonly [string, string]): Promise<Target | undefined> {
    const [one, other] = direct.map((name) => this.#name(name, id));
    if (one === undefined || other === undefined || one === other) {
      this.#deps.report.skip('conversation', 'it is not one of two users', id);
      return undefined;
    }
    await this.#asking?.users.add([one, other]);
    // A run before may have made a room of it.
    if (this.#asking !== undefined && (await this.#roomsOf(this.#asking, id, given)).length > 0) {
      return await this.#makeRoom(id, given);
    }
    this.#deps.report.count('pairs');
    return { pair: [one, other] };
  }

  async #makeRoom(id: string, given: Given): Promise<Target | undefined> {
    const { report, names } = this.#deps;
    const asking = this.#asking;
    const roomName = nameHere(given.conversation.roomName, names);
    if (roomName === undefined) {
      report.skip('conversation', 'no room can have its name', id);
      return undefined;
    }
    const wish = this.#wishOf(id, given);
    const first = wish.isOfService ? undefined : wish.members[0];
    const owner = wish.owner ?? first ?? wish.fallback;
    if (given.conversation.left.length > 0) {
      const why =
        first === undefined
          ? `nobody belongs to it any more, so ${owner} owns it`
          : 'who made it has left, so another member owns it';
      report.note('owner', why, id);
    }
    await asking?.users.add([owner, ...wish.members, ...wish.admins]);
    if (asking === undefined) return { room: roomName };
    if (await this.#wasPair(asking, id, given)) return undefined;
    const known = await this.#roomsOf(asking, id, given);
    if (known.length > 1) {
      report.skip('conversation', 'several rooms are of it: delete all but one', `${id}: ${known.join(', ')}`);
      return undefined;
    }
    const [found] = known;
    const made =
      found === undefined
        ? await this.#findOrMake(asking, id, given.conversation, { roomName, owner, members: wish.members })
        : { room: found, isNew: false };
    if (made === undefined) return undefined;
    const { room, isNew } = made;
    report.count(isNew ? 'roomsMade' : 'roomsThere');
    if (!isNew) return (await asking.keeping.bring(room, wish)) ? { room } : undefined;
    await asking.belonging.add(
      room,
      id,
      wish.kind === 'transient' ? [] : wish.members.filter((name) => name !== owner),
    );
    const admins = wish.admins.filter((name) => name !== owner);
    await asking.belonging.setRoles(room, { ...wish, admins, formerAdmins: [], formerMuted: [] });
    return { room };
  }

  #wishOf(id: string, given: Given): Wish {
    const { conversation } = given;
    const { kind } = conversation;
    const named = (all: readonly string[]): string[] => [
      ...new Set(all.map((name) => this.#name(name, id)).filter((name) => name !== undefined)),
    ];
    const members = named(conversation.members);
    const [owner] = named(conversation.owner === undefined ? [] : [conversation.owner]);
    const ofMembers = (all: readonly string[]): string[] =>
      named(all).filter((name) => members.includes(name) || name === owner);
    return {
      id,
      owner,
      fallback: this.#deps.owner,
      members,
      admins: named(given.admins),
      muted: ofMembers(conversation.muted),
      former: namesHere(given.former, this.#deps.names),
      formerAdmins: namesHere(given.formerAdmins, this.#deps.names),
      formerMuted: ofMembers(given.formerMuted),
      attributes: { ...conversation.attributes, [ORIGIN]: id },
      formerAttributes: given.formerAttributes,
      kind,
      isOfService: conversation.isOfService,
      isOpenToAll: isOpenToAll(conversation),
    };
  }

  /** The rooms of a conversation that has, or had, a name by who belongs to it. */
  async #roomsOf(
    { finding }: Asking,
    id: string,
    { conversation, former, wasUnique }: Given,
  ): Promise<readonly string[]> {
    if (!wasUnique) return [];
    const people = [
      ...conversation.members,
      ...(conversation.owner === undefined ? [] : [conversation.owner]),
      ...former,
    ];
    return await finding.roomsOf(id, [...namesHere(people, this.#deps.names), this.#deps.owner]);
  }

  /** What a run before has made messages of two users is no room now that they are more, or fewer. */
  async #wasPair({ service }: Asking, id: string, { wasPair }: Given): Promise<boolean> {
    const [one, other] = namesHere(wasPair ?? [], this.#deps.names);
    if (one === undefined || other === undefined) return false;
    try {
      const progress = await service.call('directImport', [one, other, { at: 0, messages: [] }]);
      if (!isJsonMap(progress) || Number(progress['imported']) === 0) return false;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return false;
    }
    this.#deps.report.skip(
      'conversation',
      'it was imported as messages of two users, and is not one of these two now',
      id,
    );
    return true;
  }

  /** The name of the room; one that is there has to be of this conversation. */
  async #findOrMake(
    { service }: Asking,
    id: string,
    conversation: Conversation,
    {
      roomName,
      owner,
      members,
    }: { readonly roomName: string; readonly owner: string; readonly members: readonly string[] },
  ): Promise<{ readonly room: string; readonly isNew: boolean } | undefined> {
    const { report } = this.#deps;
    const { kind, writers, invites, whitelistOnly, unique } = conversation;
    const others = members.filter((name) => name !== owner);
    const make = async (options: JsonMap): Promise<JsonMap> => {
      const rules = { kind, writers, invites, whitelistOnly };
      const made = await service.call('conversationCreate', [{ ...rules, ...options }], inNameOf(owner));
      return isJsonMap(made) ? made : {};
    };
    const attributes = { ...conversation.attributes, [ORIGIN]: id };
    const isUnique = unique && others.length > 0 && others.length <= UNIQUE_MAX;
    if (isUnique) {
      const made = await this.#withAttributes(id, attributes, (given) =>
        make({ unique: true, members: others, attributes: given }),
      );
      const room = String(made['roomName']);
      const isNew = made['created'] === true;
      if (isNew || (await this.#isOf(service, room, id))) return { room, isNew };
      report.skip('uniqueness', 'these people have a room already, so this one has a name of its own', id);
    }
    try {
      await this.#withAttributes(id, attributes, (given) => make({ roomName, attributes: given }));
      return { room: roomName, isNew: true };
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== 'roomExists') throw error;
    }
    if (await this.#isOf(service, roomName, id)) return { room: roomName, isNew: false };
    report.skip('conversation', 'there is a room of its name that is not of it', id);
    return undefined;
  }

  /** Without the attributes of the source where they are too many, or cannot be. */
  async #withAttributes<T>(id: string, attributes: JsonMap, make: (given: JsonMap) => Promise<T>): Promise<T> {
    try {
      return await make(attributes);
    } catch (error) {
      if (!(error instanceof Refusal) || !['badArgument', 'tooLarge'].includes(error.code)) throw error;
      this.#deps.report.skip('attributes', error.message, id);
      return await make({ [ORIGIN]: id });
    }
  }

  async #isOf(service: Service, roomName: string, id: string): Promise<boolean> {
    const found = await service.call('roomAttributesGet', [roomName]);
    return isJsonMap(found) && isJsonMap(found['attributes']) && found['attributes'][ORIGIN] === id;
  }

  #name(name: string, id: string): string | undefined {
    const here = nameHere(name, this.#deps.names);
    if (here === undefined)
      this.#deps.report.skip('user', 'nobody can have that name', `${name.slice(0, 40)} of ${id}`);
    return here;
  }
}

const namesHere = (names: readonly string[], limits: NameLimits): string[] => [
  ...new Set(names.map((name) => nameHere(name, limits)).filter((name) => name !== undefined)),
];
