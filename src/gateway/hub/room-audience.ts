/**
 * The sockets of a node that are in one room, and what each event of it goes by: native fan-out, one native topic per format. A
 * socket that is behind is out of that until it has caught up, and is sent what it gets by itself, so that what is transient
 * can leave it out, by its priority. It costs something for those sockets only: native fan-out knows no difference between messages, and a
 * native topic of its own for transient ones would cost every join.
 */
import type { Format } from '../../protocol/wire/codec.ts';
import { transcodeToJson } from '../../protocol/wire/frame.ts';
import type { Priority } from '../../log/event.ts';
import type { ClientSocket } from '../client-socket.ts';
import { isMissed } from '../limits/backlog.ts';
import type { FanOut } from './fan-out.ts';

const nativeTopic = (roomName: string, format: Format): string => `${format}/${roomName}`;

export class RoomAudience {
  /** The one copy of these texts that all its sockets keep. */
  readonly name: string;
  epoch: string;
  readonly sockets = new Set<ClientSocket>();
  /** How many of them speak JSON. */
  #json = 0;
  /** Those out of native fan-out, if there are any. */
  #behind: Set<ClientSocket> | undefined;

  constructor(name: string, epoch: string) {
    this.name = name;
    this.epoch = epoch;
  }

  add(socket: ClientSocket): void {
    this.sockets.add(socket);
    if (socket.connection.codec.format === 'json') this.#json++;
    if (socket.lag > 0) (this.#behind ??= new Set()).add(socket);
    else this.#subscribe(socket);
  }

  delete(socket: ClientSocket): void {
    if (!this.sockets.delete(socket)) return;
    if (socket.connection.codec.format === 'json') this.#json--;
    this.#forgetBehind(socket);
  }

  /** A socket that is in it is found to be behind, or to have caught up: what was published before is sent to it before what follows. */
  setBehind(socket: ClientSocket, isBehind: boolean): void {
    if (isBehind) {
      (this.#behind ??= new Set()).add(socket);
      this.unsubscribe(socket);
    } else {
      this.#subscribe(socket);
      this.#forgetBehind(socket);
    }
  }

  /**
   * To all of them, but for one; what passes, by its `priority`, not to those that are too far behind. What a socket is sent by
   * either way comes in order. Returns how many were left out for being behind.
   */
  send(
    fanOut: Pick<FanOut, 'publish'>,
    frame: Uint8Array,
    but: ClientSocket | undefined,
    priority: Priority | undefined,
  ): number {
    const by = but?.lag === 0 ? but.connection : undefined;
    if (this.#json < this.sockets.size) fanOut.publish(nativeTopic(this.name, 'msgpack'), frame, by);
    if (this.#json > 0) fanOut.publish(nativeTopic(this.name, 'json'), transcodeToJson(frame), by);
    if (this.#behind === undefined) return 0;
    let leftOut = 0;
    for (const socket of this.#behind) {
      if (socket === but) continue;
      // Asked each time: so what matters less leaves its room to what matters more.
      if (priority !== undefined && isMissed(socket.connection.lag(socket.lag), priority)) leftOut++;
      else socket.send(frame);
    }
    return leftOut;
  }

  /** In passing, to those that have not heard it in another way. Returns how many that were. */
  sendUnheard(fanOut: Pick<FanOut, 'publish'>, frame: Uint8Array, hasHeard: (socket: ClientSocket) => boolean): number {
    const heard = [...this.sockets].filter(hasHeard);
    const [first, ...others] = heard;
    if (others.length === 0) return this.sockets.size - heard.length - this.send(fanOut, frame, first, 'normal');
    const known = new Set(heard);
    const told = [...this.sockets].filter((socket) => !known.has(socket) && !isMissed(socket.lag, 'normal'));
    for (const socket of told) socket.send(frame);
    return told.length;
  }

  #subscribe({ connection }: ClientSocket): void {
    connection.subscribe(nativeTopic(this.name, connection.codec.format));
  }

  unsubscribe({ connection }: ClientSocket): void {
    connection.unsubscribe(nativeTopic(this.name, connection.codec.format));
  }

  #forgetBehind(socket: ClientSocket): void {
    if (this.#behind?.delete(socket) === true && this.#behind.size === 0) this.#behind = undefined;
  }
}
