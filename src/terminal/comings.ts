/** Who comes into rooms and leaves them, told together: a crowd at the door is one line, and who only looked in is none. */
import type { Client } from '../client/index.ts';

const togetherMs = 400;
const namesMax = 3;

interface Doings {
  readonly came: Set<string>;
  readonly left: Set<string>;
}

export class Comings {
  readonly #tell: (roomName: string, sentence: string) => void;
  readonly #rooms = new Map<string, Doings>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(tell: (roomName: string, sentence: string) => void) {
    this.#tell = tell;
  }

  /** Tells of those whom `isTold` names. */
  follow(client: Client, isTold: (roomName: string, userName: string) => boolean): void {
    const came = (roomName: string, userName: string): void => {
      if (isTold(roomName, userName)) this.came(roomName, userName);
    };
    const left = (roomName: string, userName: string): void => {
      if (isTold(roomName, userName)) this.left(roomName, userName);
    };
    client.on('roomUserJoined', came).on('roomUserLeft', left);
    client.on('roomUserlistChanged', (roomName, changes) => {
      for (const userName of changes.joined) came(roomName, userName);
      for (const userName of changes.left) left(roomName, userName);
    });
  }

  came(roomName: string, userName: string): void {
    const { came, left } = this.#doingsOf(roomName);
    if (!left.delete(userName)) came.add(userName);
  }

  left(roomName: string, userName: string): void {
    const { came, left } = this.#doingsOf(roomName);
    if (!came.delete(userName)) left.add(userName);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#rooms.clear();
  }

  #doingsOf(roomName: string): Doings {
    const known = this.#rooms.get(roomName);
    if (known !== undefined) return known;
    const made: Doings = { came: new Set(), left: new Set() };
    this.#rooms.set(roomName, made);
    this.#timer ??= setTimeout(() => this.#tellAll(), togetherMs);
    return made;
  }

  #tellAll(): void {
    this.#timer = undefined;
    const rooms = [...this.#rooms];
    this.#rooms.clear();
    for (const [roomName, { came, left }] of rooms) {
      const parts = [
        ...(came.size > 0 ? [`${namesOf(came)} came in`] : []),
        ...(left.size > 0 ? [`${namesOf(left)} left`] : []),
      ];
      if (parts.length > 0) this.#tell(roomName, parts.join(', '));
    }
  }
}

/** `ann, bob and 12 others` */
export function namesOf(names: Iterable<string>, max = namesMax): string {
  const all = [...names];
  const rest = all.length - max;
  if (rest > 1) return `${all.slice(0, max).join(', ')} and ${rest} others`;
  return all.length < 2 ? all.join('') : `${all.slice(0, -1).join(', ')} and ${all.at(-1)}`;
}
