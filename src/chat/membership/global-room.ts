/**
 * The room that every socket is in, where PARLEY_GLOBAL_ROOM names one: the service's own, which tells nobody who comes and goes. A node
 * makes it at its start, and again when a login finds it gone. A socket is joined behind its login, which does not wait or fail
 * for it, and may leave until its next login. It is in no session: every device is joined by itself.
 */
import { notificationFrame } from '../../protocol/wire/frame.ts';
import { hasCode, Failure, unavailable } from '../../protocol/errors/errors.ts';
import { SERVICE } from '../../store/rights.ts';
import { actingAs } from '../actor.ts';
import type { Caller } from '../caller.ts';
import { answer, ok } from '../outcome.ts';
import { roomDefaults } from '../room/making.ts';
import type { Services } from '../services.ts';
import { windowsOf } from '../windows.ts';
import { joinRoom, type JoinDone, type JoinFailure } from './join-room.ts';

/** Makes it where it is not there. */
export async function makeGlobalRoom({ rooms, settings }: Pick<Services, 'rooms' | 'settings'>): Promise<void> {
  const { globalRoom } = settings;
  // Looked for first: making one takes memory, which Redis may not have.
  if (globalRoom === undefined || (await rooms.readInfo(globalRoom, SERVICE)) !== 'noRoom') return;
  await rooms.create(globalRoom, {
    ...roomDefaults(settings),
    owner: undefined,
    whitelistOnly: false,
    userlistUpdates: false,
    accessListsUpdates: false,
  });
}

/** How many of those whose join has failed are joined at once. */
const JOINS_AT_ONCE = 32;

/** Joins the sockets of a node behind their logins. Of those that could not be, however many, one piece of work is left: it is not given up. */
export class GlobalRoom {
  readonly #services: Services;
  /** Not joined for the moment; some may be gone by now. */
  readonly #lacking = new Set<Caller>();
  #isPutOff = false;

  constructor(services: Services) {
    this.#services = services;
  }

  /** Of a socket that was told of its login. */
  join(socket: Caller): void {
    const { globalRoom } = this.#services.settings;
    if (globalRoom === undefined) return;
    joinTelling(this.#services, socket, globalRoom).catch(() => {
      this.#lacking.add(socket);
      if (this.#isPutOff) return;
      this.#isPutOff = true;
      this.#services.repairs.putBackWork(() => this.#joinLacking(globalRoom));
    });
  }

  /** Ends with the first window in which one fails. */
  async #joinLacking(roomName: string): Promise<void> {
    for (const socket of this.#lacking) if (!socket.open) this.#lacking.delete(socket);
    while (this.#lacking.size > 0) {
      for await (const window of windowsOf([...this.#lacking], JOINS_AT_ONCE)) await this.#joinAll(window, roomName);
    }
    this.#isPutOff = false;
  }

  async #joinAll(sockets: readonly Caller[], roomName: string): Promise<void> {
    const outcomes = await Promise.allSettled(
      sockets.map(async (socket) => {
        await joinTelling(this.#services, socket, roomName);
        this.#lacking.delete(socket);
      }),
    );
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }
}

async function joinTelling(services: Services, socket: Caller, roomName: string): Promise<void> {
  const { socketId } = socket;
  if (!socket.open) return;
  let done = await joinUnfiled(services, socket, roomName);
  if (done instanceof Failure && hasCode(done, 'noRoom')) {
    await makeGlobalRoom(services);
    done = await joinUnfiled(services, socket, roomName);
  }
  // It is banned there, or the operator's hook does not want it.
  if (done instanceof Failure) return;
  await done.reached();
  const { joined } = done;
  const echo = joined.changed ? notificationFrame('roomJoinedEcho', [roomName, socketId, joined.njoined]) : undefined;
  const before = (): void => {
    done.before();
    if (echo !== undefined) socket.send(echo);
  };
  answer(ok(null, { before, after: () => done.after() }), {
    mayAct: services.instance.held,
    together: (work) => work(),
    tell: () => undefined,
    failureOf: () => unavailable(),
    startAfresh: () => socket.startAfresh(),
  });
}

/** Its other sockets are told as of any join. */
const joinUnfiled = (services: Services, socket: Caller, roomName: string): Promise<JoinDone | JoinFailure> => {
  const by = actingAs(socket.userName, { bypassPermissions: true, exceptSocket: socket.socketId });
  return joinRoom(services, { by, socket }, roomName, { group: undefined, isUnfiled: true });
};
