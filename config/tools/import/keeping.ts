/**
 * A room that an earlier run has made is brought to what the last row of its conversation says, as long as nothing was said in it here. From then
 * on it is this service's: who belongs to it is changed here, and by a bridge, so what differs is told and left.
 */
import { isSame } from '../../../src/protocol/params/paths.ts';
import { isMap, type Value, type ValueMap } from '../../../src/protocol/params/values.ts';
import { isJsonMap, type JsonMap } from './lines.ts';
import type { Belonging } from './belonging.ts';
import { decodedMap } from './naming.ts';
import type { Report } from './report.ts';
import { Refusal, type Service } from './service.ts';

/** What a room is to be. Names are those of the service. */
export interface Wish {
  readonly id: string;
  /** Undefined where any member may be. */
  readonly owner: string | undefined;
  /** Owns it where nobody else does. */
  readonly fallback: string;
  readonly members: readonly string[];
  readonly admins: readonly string[];
  readonly muted: readonly string[];
  readonly former: readonly string[];
  readonly formerAdmins: readonly string[];
  readonly formerMuted: readonly string[];
  readonly attributes: JsonMap;
  readonly formerAttributes: readonly string[];
  readonly kind: 'normal' | 'transient';
  /** Who belongs to it has only subscribed. */
  readonly isOfService: boolean;
  readonly isOpenToAll: boolean;
}

interface There {
  readonly owner: string | undefined;
  readonly attributes: JsonMap;
  readonly imported: number;
  /** Something was said in it here. */
  readonly isLive: boolean;
  readonly members: ReadonlySet<string>;
}

/** Paths in one change. */
const CHANGES_AT_ONCE = 100;
const STRANGER = 'it belongs to the room here and is in no row: it came here by itself, or has left since, and stays';
const LIVE = 'something was said in the room here, so who belongs to it stays as it is';

export class Keeping {
  readonly #service: Service;
  readonly #report: Report;
  readonly #belonging: Belonging;

  constructor(parts: { readonly service: Service; readonly report: Report; readonly belonging: Belonging }) {
    this.#service = parts.service;
    this.#report = parts.report;
    this.#belonging = parts.belonging;
  }

  /** False where nothing may go into it: the report says why. */
  async bring(room: string, wish: Wish): Promise<boolean> {
    const there = await this.#look(room);
    const owner = ownerOf(wish, there);
    const wanted = new Set(wish.kind === 'transient' ? [] : [owner, ...wish.members]);
    const former = new Set([...wish.former, wish.fallback]);
    const strangers = wish.isOpenToAll
      ? []
      : [...there.members].filter((name) => !wanted.has(name) && !former.has(name));
    // Anybody may have made a room that says what it is of.
    if (there.imported === 0 && strangers.length > 0) {
      this.#report.skip(
        'conversation',
        'its room has members who are in no row, and nothing was imported into it',
        wish.id,
      );
      return false;
    }
    const missing = [...wanted].filter((name) => !there.members.has(name));
    const gone = [...there.members].filter((name) => !wanted.has(name) && former.has(name));
    if (there.isLive) {
      await this.#tellLive(room, wish, there, { missing, gone: [...gone, ...strangers] });
      return true;
    }
    await this.#belonging.add(room, wish.id, missing);
    if (owner !== there.owner) await this.#service.call('changeRoomOwner', [room, owner]);
    await this.#belonging.remove(room, wish.id, gone);
    for (const name of strangers) this.#report.skip('member', STRANGER, `${name} of ${wish.id}`);
    await this.#belonging.setRoles(room, { ...wish, admins: wish.admins.filter((name) => name !== owner) });
    const isOther = room.startsWith('u-') && missing.length + gone.length > 0;
    if (isOther) {
      this.#report.note('uniqueness', 'its people have changed, so `conversationCreate` finds it by others', wish.id);
    }
    await this.#setAttributes(room, wish, this.#changes(wish, there));
    return true;
  }

  async #look(room: string): Promise<There> {
    const found = await this.#service.call('roomGet', [room]);
    const { owner, attributes, history } = isJsonMap(found) ? found : {};
    const progress = await this.#service.call('roomImport', [room, { at: 0, messages: [] }]);
    const imported = isJsonMap(progress) ? Number(progress['imported']) : 0;
    const last = isJsonMap(history) ? Number(history['lastMessageId']) : 0;
    return {
      owner: typeof owner === 'string' ? owner : undefined,
      attributes: isJsonMap(attributes) ? attributes : {},
      imported,
      isLive: last > imported,
      members: await this.#belonging.membersOf(room),
    };
  }

  async #tellLive(
    room: string,
    wish: Wish,
    there: There,
    { missing, gone }: { readonly missing: readonly string[]; readonly gone: readonly string[] },
  ): Promise<void> {
    for (const name of missing) this.#report.skip('member', `${LIVE}: here it is none`, `${name} of ${wish.id}`);
    for (const name of gone) this.#report.skip('member', `${LIVE}: here it is one`, `${name} of ${wish.id}`);
    for (const name of wish.formerAdmins) {
      const isAdmin = (await this.#service.call('roomHasInList', [room, 'adminlist', name])) === true;
      if (isAdmin) this.#report.skip('admin', `${LIVE}: here it is one`, `${name} of ${wish.id}`);
    }
    const keys = Object.keys(this.#changes(wish, there));
    if (keys.length > 0) {
      this.#report.skip('attributes', 'something was said in the room here, so they stay as they are', wish.id);
    }
  }

  /** Nil for what is to go. What was set here, and is in no row, stays. */
  #changes({ attributes, formerAttributes }: Wish, there: There): ValueMap {
    const [wanted, known] = [attributes, there.attributes].map((map) => {
      const decoded = decodedMap(map);
      return typeof decoded === 'string' || !isMap(decoded.value) ? {} : decoded.value;
    });
    const values: [string, Value][] = [
      ...formerAttributes.map((key): [string, Value] => [key, null]),
      ...Object.entries(wanted ?? {}),
    ];
    return Object.fromEntries(values.filter(([key, value]) => !isSame(value, known?.[key] ?? null)));
  }

  async #setAttributes(room: string, { id, attributes }: Wish, changes: ValueMap): Promise<void> {
    const entries = Object.entries(changes).map(([key]) => [key, attributes[key] ?? null] as const);
    for (const [key] of entries.filter(([path]) => path.includes('.'))) {
      this.#report.skip('attributes', 'one with a dot in its name is not changed', `${key} of ${id}`);
    }
    const able = entries.filter(([path]) => !path.includes('.'));
    for (let at = 0; at < able.length; at += CHANGES_AT_ONCE) {
      try {
        await this.#service.call('roomAttributesSet', [room, Object.fromEntries(able.slice(at, at + CHANGES_AT_ONCE))]);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        this.#report.skip('attributes', error.message, id);
      }
    }
  }
}

/** Whoever owns it now goes on as long as it belongs to it. */
function ownerOf({ owner, members, fallback, isOfService }: Wish, there: There): string {
  if (owner !== undefined) return owner;
  if (isOfService) return fallback;
  return members.find((name) => name === there.owner) ?? members[0] ?? fallback;
}
