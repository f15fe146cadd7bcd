/** Makes what a conversation needs here: its users, the room, who belongs to it. Each step may be made again. */
import type { NameLimits } from '../../../src/protocol/names/form.ts';
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

/** Says of a room what it was made of: so it is known again. */
export const ORIGIN = 'importedFrom';
const TOO_MANY_ROOMS =
  'the user belongs to as many rooms as PARLEY_ROOMS_PER_USER lets it: raise that on all nodes, and run this again';
const NAMES_AT_ONCE = 100;
/** Members that a room of exactly these people has. */
const UNIQUE_MAX = 499;
/** Users that are remembered to be there. */
const KNOWN_MAX = 200_000;
const AT_ONCE = 16;

export class Making {
  readonly #deps: MakingDeps;
  readonly #known = new Set<string>();

  constructor(deps: MakingDeps) {
    this.#deps = deps;
  }

  /** Undefined where it cannot be; the report says why. */
  async make(id: string, conversation: Conversation, admins: readonly string[]): Promise<Target | undefined> {
    try {
      return conversation.direct === undefined
        ? await this.#makeRoom(id, conversation, admins)
        : await this.#makePair(id, conversation.direct);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const why = error.code === 'tooManyRooms' ? `of its owner: ${TOO_MANY_ROOMS}` : error.message;
      this.#deps.report.skip('conversation', why, id);
      return undefined;
    }
  }

  async #makePair(id: string, direct: readonly [string, string]): Promise<Target | undefined> {
    const [one, other] = direct.map((name) => this.#name(name, id));
    if (one === undefined || other === undefined || one === other) {
      this.#deps.report.skip('conversation', 'it is not one of two users', id);
      return undefined;
    }
    await this.#addUsers([one, other]);
    this.#deps.report.count('pairs');
    return { pair: [one, other] };
  }

  async #makeRoom(id: string, conversation: Conversation, alsoAdmins: readonly string[]): Promise<Target | undefined> {
    const { report } = this.#deps;
    const named = (names: readonly string[]): string[] => [
      ...new Set(names.map((name) => this.#name(name, id)).filter((name) => name !== undefined)),
    ];
    const roomName = nameHere(conversation.roomName, this.#deps.names);
    if (roomName === undefined) {
      report.skip('conversation', 'no room can have its name', id);
      return undefined;
    }
    const members = named(conversation.members);
    const admins = named([...conversation.admins, ...alsoAdmins]);
    const [owner = members[0] ?? this.#deps.owner] = named(
      conversation.owner === undefined ? [] : [conversation.owner],
    );
    const muted = named(conversation.muted).filter((name) => members.includes(name) || name === owner);
    await this.#addUsers([owner, ...members, ...admins]);
    const { service } = this.#deps;
    if (service === undefined) return { room: roomName };
    const room = await this.#findOrMake(service, id, conversation, { roomName, owner, members });
    if (room === undefined) return undefined;
    await this.#addMembers(
      service,
      room,
      id,
      conversation.kind === 'transient' ? [] : members.filter((name) => name !== owner),
    );
    for (const name of admins.filter((each) => each !== owner)) {
      await this.#tried(id, 'admin', service.call('roomAddToList', [room, 'adminlist', [name]]));
    }
    for (const name of muted) await this.#tried(id, 'mute', service.call('roomMute', [room], inNameOf(name)));
    return { room };
  }

  /** The name of the room; one that is there has to be of this conversation. */
  async #findOrMake(
    service: Service,
    id: string,
    conversation: Conversation,
    {
      roomName,
      owner,
      members,
    }: { readonly roomName: string; readonly owner: string; readonly members: readonly string[] },
  ): Promise<string | undefined> {
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
      const name = String(made['roomName']);
      if (made['created'] === true || (await this.#isOf(service, name, id))) {
        report.count(made['created'] === true ? 'roomsMade' : 'roomsThere');
        return name;
      }
      report.skip('uniqueness', 'these people have a room already, so this one has a name of its own', id);
    }
    try {
      await this.#withAttributes(id, attributes, (given) => make({ roomName, attributes: given }));
      report.count('roomsMade');
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== 'roomExists') throw error;
      if (!(await this.#isOf(service, roomName, id))) {
        report.skip('conversation', 'there is a room of its name that is not of it', id);
        return undefined;
      }
      report.count('roomsThere');
    }
    return roomName;
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

  async #addMembers(service: Service, roomName: string, id: string, names: readonly string[]): Promise<void> {
    for (let at = 0; at < names.length; at += NAMES_AT_ONCE) {
      const answer = await service.call('roomMembersAdd', [roomName, names.slice(at, at + NAMES_AT_ONCE)]);
      const failed = isJsonMap(answer) && Array.isArray(answer['failed']) ? answer['failed'] : [];
      for (const one of failed) {
        if (!isJsonMap(one) || !isJsonMap(one['error'])) continue;
        const { code, message } = one['error'];
        const why = code === 'tooManyRooms' ? TOO_MANY_ROOMS : String(message);
        this.#deps.report.skip('member', why, `${String(one['userName'])} of ${id}`);
      }
    }
  }

  /** What is not worth the conversation. */
  async #tried(id: string, what: string, asked: Promise<unknown>): Promise<void> {
    await asked.catch((error: unknown) => {
      if (!(error instanceof Refusal)) throw error;
      this.#deps.report.skip(what, error.message, id);
    });
  }

  #name(name: string, id: string): string | undefined {
    const here = nameHere(name, this.#deps.names);
    if (here === undefined)
      this.#deps.report.skip('user', 'nobody can have that name', `${name.slice(0, 40)} of ${id}`);
    return here;
  }

  async #addUsers(names: readonly string[]): Promise<void> {
    const { service } = this.#deps;
    const missing = [...new Set(names)].filter((name) => !this.#known.has(name));
    if (service === undefined) return;
    for (let at = 0; at < missing.length; at += AT_ONCE) {
      await Promise.all(missing.slice(at, at + AT_ONCE).map((name) => this.#addUser(service, name)));
    }
  }

  async #addUser(service: Service, userName: string): Promise<void> {
    try {
      await service.call('addUser', [userName]);
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== 'userExists') throw error;
    }
    if (this.#known.size >= KNOWN_MAX) this.#known.clear();
    this.#known.add(userName);
  }
}
