/** What one socket, and the operator's hook, were told of being out of rooms, and up to which point of their logs: each is told once. */
import { isUpTo, type Point } from '../../log/event.ts';
import { remember } from './points.ts';

export class ToldRemovals {
  // Most sockets have one of these at most.
  #lost: Map<string, Point> | undefined;
  #left: Map<string, Point> | undefined;
  #noted: Map<string, Point> | undefined;

  /** Its user has lost the room. */
  lost(roomName: string, at: Point): void {
    remember((this.#lost ??= new Map<string, Point>()), lifeOf(roomName, at), at);
  }

  /** A leave was answered. */
  left(roomName: string, at: Point): void {
    remember((this.#left ??= new Map<string, Point>()), lifeOf(roomName, at), at);
  }

  /** The hook is told; false where it was told of that, or of one behind it. */
  note(roomName: string, at: Point): boolean {
    const name = lifeOf(roomName, at);
    if (isUpTo(at, this.#noted?.get(name))) return false;
    remember((this.#noted ??= new Map<string, Point>()), name, at);
    return true;
  }

  isLostIn(roomName: string, epoch: string): boolean {
    return this.#lost?.has(lifeOf(roomName, { epoch })) ?? false;
  }

  /** Whether it was told of that loss, or of one behind it. */
  isLost(roomName: string, at: Point): boolean {
    return isUpTo(at, this.#lost?.get(lifeOf(roomName, at)));
  }

  /** The same of being out in whatever way. */
  isOut(roomName: string, at: Point): boolean {
    return this.isLost(roomName, at) || isUpTo(at, this.#left?.get(lifeOf(roomName, at)));
  }
}

/** Rooms of one name are told apart by the epochs of their logs. */
const lifeOf = (roomName: string, { epoch }: Pick<Point, 'epoch'>): string => `${epoch} ${roomName}`;
