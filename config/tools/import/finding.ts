/**
 * Rooms of conversations that have names by who belonged to them when they were made: who belongs to one may have changed since, so it is looked for
 * in the lists of its people, by what it was made of.
 */
import { isJsonMap } from './lines.ts';
import { inNameOf, Refusal, type Service } from './service.ts';

/** Says of a room what it was made of: so it is known again. */
export const ORIGIN = 'importedFrom';
const PAGE = 100;
/** Users whose rooms are remembered. */
const KNOWN_MAX = 10_000;

type Rooms = ReadonlyMap<string, readonly string[]>;

export class Finding {
  readonly #service: Service;
  /** What is made in this run is of other conversations than those that are still looked for. */
  readonly #known = new Map<string, Promise<Rooms>>();

  constructor(service: Service) {
    this.#service = service;
  }

  /** The rooms of a conversation that one of these people has: any of them, since whoever asks may not belong to it yet, or no more. */
  async roomsOf(id: string, people: readonly string[]): Promise<readonly string[]> {
    for (const userName of people) {
      const found = (await this.#roomsOfUser(userName)).get(id);
      if (found !== undefined) return found;
    }
    return [];
  }

  #roomsOfUser(userName: string): Promise<Rooms> {
    const known = this.#known.get(userName);
    if (known !== undefined) return known;
    if (this.#known.size >= KNOWN_MAX) this.#known.clear();
    const reading = this.#read(userName);
    this.#known.set(userName, reading);
    return reading;
  }

  async #read(userName: string): Promise<Rooms> {
    const rooms = new Map<string, string[]>();
    try {
      for (let cursor: unknown; cursor !== null;) {
        const options = { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) };
        const page = await this.#service.call('roomList', [options], inNameOf(userName));
        if (!isJsonMap(page) || !Array.isArray(page['rooms'])) break;
        for (const room of page['rooms']) {
          const { roomName, attributes } = isJsonMap(room) ? room : {};
          const origin = isJsonMap(attributes) ? attributes[ORIGIN] : undefined;
          if (typeof origin === 'string') rooms.set(origin, [...(rooms.get(origin) ?? []), String(roomName)]);
        }
        cursor = page['cursor'] ?? null;
      }
    } catch (error) {
      // Who has left need not be a user here.
      if (!(error instanceof Refusal) || error.code !== 'noUser') throw error;
    }
    return rooms;
  }
}
