/** Messages that were imported before, and that the export has otherwise by now: recalled there, or with other words. */
import { isSame } from '../../../src/protocol/params/paths.ts';
import { isMap, type Value } from '../../../src/protocol/params/values.ts';
import { isJsonMap, type JsonMap } from './lines.ts';
import type { Target } from './making.ts';
import { decodedMap } from './naming.ts';
import type { Report } from './report.ts';
import { inNameOf, Refusal, type Service } from './service.ts';

/** A message of the export, as the request takes it, with the id that it has here. */
export interface Imported {
  readonly id: number;
  readonly entry: JsonMap;
}

/** Fields of a message that say what became of it here, and not what it holds. */
const OF_THE_SERVICE: ReadonlySet<string> = new Set(
  'author timestamp id mentions mentionAll version updatedAt reactions repliesCount recalled status'.split(' '),
);

interface Parts {
  readonly service: Service;
  readonly report: Report;
  readonly target: Target;
  /** Of the conversation, as the source calls it. */
  readonly id: string;
}

export class Changing {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * What the export says of these messages becomes so here. `isOpen`: nothing was said here, so that nobody else has changed anything. Nothing
   * is done, and it is `other`, where one of them is another message than the one that is there.
   */
  async apply(messages: readonly Imported[], isOpen: boolean): Promise<'done' | 'other'> {
    const pairs: (readonly [Imported, JsonMap])[] = [];
    for (const message of messages) {
      const stored = await this.#stored(message.id);
      if (stored === undefined) continue;
      if (!isOne(message.entry, stored)) return 'other';
      pairs.push([message, stored]);
    }
    for (const [message, stored] of pairs) await this.#applyOne(message, stored, isOpen);
    return 'done';
  }

  async #applyOne({ id, entry }: Imported, stored: JsonMap, isOpen: boolean): Promise<void> {
    const { report } = this.#parts;
    // What is gone does not come back.
    if (stored['recalled'] === true) return;
    const example = `${id} of ${this.#parts.id}`;
    try {
      if (entry['recalled'] === true) {
        await this.#call('Recall', entry, [id]);
        report.count('recalled');
      } else if (!hasSameWords(entry, stored)) {
        if (!isOpen && stored['version'] !== undefined) {
          return report.skip(
            'message',
            'it was changed there and here since it was imported, and is as it was here',
            example,
          );
        }
        const { message, mentions } = entry;
        await this.#call('Update', entry, [id, message, ...(mentions === undefined ? [] : [{ mentions }])]);
        report.count('updated');
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      report.skip('message', `it has changed since it was imported: ${error.message}`, example);
    }
  }

  /** By the service itself in a room, for its author need not be known; of two users only the author may. */
  async #call(what: 'Recall' | 'Update', { author }: JsonMap, params: readonly unknown[]): Promise<void> {
    const { service, target } = this.#parts;
    if (target.room !== undefined) {
      await service.call(`roomMessage${what}`, [target.room, ...params]);
      return;
    }
    const [one, other] = target.pair;
    await service.call(`directMessage${what}`, [author === one ? other : one, ...params], inNameOf(String(author)));
  }

  /** Undefined where it is not kept. */
  async #stored(id: number): Promise<JsonMap | undefined> {
    const { service, target } = this.#parts;
    const found =
      target.room === undefined
        ? await service.call(
            'directHistoryGet',
            [target.pair[1], { fromId: id + 1, limit: 1 }],
            inNameOf(target.pair[0]),
          )
        : await service.call('roomHistoryGet', [target.room, id - 1, 1]);
    const [message]: unknown[] = Array.isArray(found) ? found : [];
    return isJsonMap(message) && message['id'] === id ? message : undefined;
  }
}

/** Author and time of a message never change. */
const isOne = ({ author, timestamp }: JsonMap, stored: JsonMap): boolean =>
  timestamp === stored['timestamp'] && (author === undefined || author === stored['author']);

function hasSameWords({ message }: JsonMap, stored: JsonMap): boolean {
  const [one, other] = [message, stored].map((map) => wordsOf(isJsonMap(map) ? map : {}));
  return one !== undefined && other !== undefined && isSame(one, other);
}

function wordsOf(message: JsonMap): Value | undefined {
  const decoded = decodedMap(message);
  if (typeof decoded === 'string' || !isMap(decoded.value)) return undefined;
  return Object.fromEntries(Object.entries(decoded.value).filter(([field]) => !OF_THE_SERVICE.has(field)));
}
