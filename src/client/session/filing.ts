/** Which rooms a session has, and in which groups: a picture of it, to be compared with another one. */
import type { ValueMap } from '../../protocol/params/values.ts';

/** A room as it is filed. */
export interface Filed {
  readonly name: string;
  readonly group: string;
  readonly meta: Readonly<ValueMap>;
}

export class Filing {
  readonly #rooms = new Map<string, Filed>();
  /** Also those that have no rooms any more. */
  readonly #groups = new Set<string>();

  get groups(): Iterable<string> {
    return this.#groups;
  }

  get rooms(): Iterable<Filed> {
    return this.#rooms.values();
  }

  of(roomName: string): Filed | undefined {
    return this.#rooms.get(roomName);
  }

  addGroup(group: string): void {
    this.#groups.add(group);
  }

  add(filed: Filed): void {
    this.#groups.add(filed.group);
    this.#rooms.set(filed.name, filed);
  }

  /** Only where it is in that group: it may have moved to another one. */
  remove({ name, group }: Pick<Filed, 'name' | 'group'>): void {
    if (this.#rooms.get(name)?.group === group) this.#rooms.delete(name);
  }

  clear(): void {
    this.#rooms.clear();
    this.#groups.clear();
  }
}
