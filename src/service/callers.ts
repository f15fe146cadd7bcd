/** The callers of requests that no socket has sent: the service, or a user it acts for; and a socket that it acts for. */
import type { ResumeFamily } from '../store/user/user-store.ts';
import type { Caller } from '../chat/caller.ts';
import { SocketRooms } from '../chat/membership/socket-rooms.ts';
import { SocketNotices } from '../chat/session/held-notices.ts';

/** Asks without a socket: nothing is delivered to it. */
export class VirtualCaller implements Caller {
  readonly socketId = '';
  readonly userName: string;
  readonly authority: string;
  readonly echoExcept: string;
  readonly nodeId: string;
  readonly synced = false;
  /** The service's own replies are measured as they are stored. */
  readonly format = 'msgpack';
  readonly open = true;
  readonly rooms = new SocketRooms();
  readonly notices = new SocketNotices();
  readonly isAlone = false;
  readonly resumeFamily: ResumeFamily = { name: '', deviceId: undefined };
  closesAt: number | undefined = undefined;

  constructor(as: { userName: string; authority: string; echoExcept: string; nodeId: string }) {
    this.userName = as.userName;
    this.authority = as.authority;
    this.echoExcept = as.echoExcept;
    this.nodeId = as.nodeId;
  }

  send(): void {}

  spend(): void {}

  startAfresh(): void {}

  disconnect(): void {}
}

/** A socket for which somebody else asks: it hears the echoes of that itself, and the rights may be another's. */
export class ActingCaller implements Caller {
  readonly #socket: Caller;
  readonly authority: string;
  readonly echoExcept = '';
  readonly format = 'msgpack';

  constructor(socket: Caller, authority: string) {
    this.#socket = socket;
    this.authority = authority;
  }

  get socketId(): string {
    return this.#socket.socketId;
  }

  get userName(): string {
    return this.#socket.userName;
  }

  get synced(): boolean {
    return this.#socket.synced;
  }

  get nodeId(): string {
    return this.#socket.nodeId;
  }

  get open(): boolean {
    return this.#socket.open;
  }

  get rooms(): SocketRooms {
    return this.#socket.rooms;
  }

  get notices(): SocketNotices {
    return this.#socket.notices;
  }

  /** It hears its own echoes, too. */
  get isAlone(): boolean {
    return false;
  }

  get resumeFamily(): ResumeFamily {
    return this.#socket.resumeFamily;
  }

  get closesAt(): number | undefined {
    return this.#socket.closesAt;
  }

  set closesAt(at: number | undefined) {
    this.#socket.closesAt = at;
  }

  send(frame: Uint8Array): void {
    this.#socket.send(frame);
  }

  spend(): void {}

  startAfresh(): void {
    this.#socket.startAfresh();
  }

  disconnect(): void {
    this.#socket.disconnect();
  }
}
