/**
 * How sockets leave: on request, by disconnecting, or with a swept node. The room's script decides and announces, then
 * the user's side follows; what could not be done is left to the repairs. Only a leave of the session begins on the
 * user's side, where it is noted until it is done.
 */
import type { ChangesDue } from '../change/due.ts';
import type { Position } from '../../log/event.ts';
import type { Topics } from '../../bus/topics.ts';
import type { LeaveCause } from '../../hooks/contract.ts';
import type { HookRunner } from '../../hooks/runner.ts';
import { countFrame, notificationFrame } from '../../protocol/wire/frame.ts';
import { StateUnavailable } from '../../redis/unavailable.ts';
import type { Deletions } from '../../store/room/deletions.ts';
import { roomTopic, topicKind, topicName, type TopicKey } from '../../redis/keys.ts';
import { SOCKETS_PER_CALL, type MembershipStore } from '../../store/membership/membership-store.ts';
import type { PendingLeave, SessionStore, TakenOut } from '../../store/session/session-store.ts';
import type { Cleaner } from '../../store/node/sweep.ts';
import type { UserStore } from '../../store/user/user-store.ts';
import type { Caller } from '../caller.ts';
import type { Webhooks } from '../webhook/webhooks.ts';
import type { Wills } from '../message/wills.ts';
import type { ChangeTelling } from '../direct/change-telling.ts';
import type { Presence } from '../contact/presence.ts';
import type { UserDeletions } from '../user/deletions.ts';
import type { Echoes, Echoing } from '../user/echoes.ts';
import { tellLeft } from '../hooks/points.ts';
import { leavePrefixes } from '../../protocol/session.ts';
import type { MemberTelling } from '../member/telling.ts';
import type { Repairs } from '../repair/repairs.ts';
import type { StateTelling } from '../state/telling.ts';
import type { Removals } from '../room/removals.ts';
import type { UserlistChanges } from './userlist-changes.ts';

/** A socket that leaves. */
export interface LeavingSocket extends Echoing {
  readonly socketId: string;
  /** Its user has ended the login: nobody waits for it to come back. */
  readonly onPurpose?: boolean;
  /** It may have left a will. */
  readonly hasWill?: boolean;
}

export interface LeavesDeps {
  readonly memberships: MembershipStore;
  readonly users: UserStore;
  readonly echoes: Echoes;
  readonly sessions: SessionStore;
  readonly deletions: Pick<Deletions, 'unfinished'>;
  readonly topics: Topics;
  readonly userlistChanges: UserlistChanges;
  readonly changesDue: Pick<ChangesDue, 'note'>;
  readonly removals: Removals;
  readonly memberTelling: Pick<MemberTelling, 'tellDue'>;
  readonly hooks: HookRunner | undefined;
  readonly webhooks: Pick<Webhooks, 'tell'> | undefined;
  readonly presence: Pick<Presence, 'note' | 'adopt'>;
  readonly userDeletions: Pick<UserDeletions, 'finish'>;
  readonly wills: Pick<Wills, 'settle'>;
  readonly stateTelling: Pick<StateTelling, 'adopt'>;
  readonly changeTelling: Pick<ChangeTelling, 'adopt'>;
  /** For what could not be done; the topic's `follow` is passed on with it. */
  readonly repairs: Pick<Repairs, 'check'>;
}

/** A leave of the session: where it took effect, what became of it in the room, where the user was told last. */
export interface SessionLeave {
  readonly at: Position;
  /** `njoined`: the user's sockets that are still there, as they take no part in the session. */
  readonly room: { readonly at: Position; readonly njoined: number } | 'noRoom';
  readonly told: Position | undefined;
}

/** How sockets leave a room, and who is told. */
export interface Leaving {
  /** The users' other sockets: of those that were in it, of all, or that is left to the caller. */
  readonly echo: 'changed' | 'always' | 'later';
  /** Who is not to hear the echo; each socket does not hear its own where nobody is named. */
  readonly echoExcept?: string;
  /** What the operator's hook is told. */
  readonly cause: LeaveCause;
  /** They are gone: nobody has to be told to stop delivering to them. */
  readonly closed?: boolean;
}

export class Leaves implements Cleaner {
  readonly #deps: LeavesDeps;

  constructor(deps: LeavesDeps) {
    this.#deps = deps;
  }

  /**
   * Takes sockets of one node out of a room and tells their users' other sockets. Returns where in the room's log and, for each
   * socket, its user's sockets left there; `noRoom` where there is none.
   */
  async leaveRoom(
    roomName: string,
    nodeId: string,
    sockets: readonly LeavingSocket[],
    { echo, echoExcept, cause, closed = false }: Leaving,
  ): Promise<{ at: Position; njoined: number[] } | 'noRoom'> {
    const { memberships, echoes } = this.#deps;
    const leaving = sockets.map(({ userName, socketId }) => ({
      userName,
      socketId,
      nodeId,
      frame: notificationFrame('roomUserLeft', [roomName, userName]),
    }));
    const result = await memberships.leave(roomName, leaving, { closed: closed ? nodeId : '' });
    if (result === 'noRoom') return 'noRoom';
    if (result.changesPending) this.#deps.userlistChanges.note(roomName);
    result.left.forEach(({ changed, njoined }, i) => {
      const one = sockets[i];
      if (one !== undefined && changed) tellLeft(this.#deps.hooks, one, roomName, { njoined, cause });
    });
    if (echo !== 'later') {
      await Promise.all(
        result.left.map(async ({ changed, njoined }, i) => {
          const one = sockets[i];
          if (one === undefined || (!changed && echo === 'changed')) return;
          const { socketId } = one;
          await echoes.send(one, result.time, {
            except: echoExcept ?? socketId,
            frame: leftEcho(roomName, socketId),
            count: njoined,
          });
        }),
      );
    }
    return { at: result.at, njoined: result.left.map(({ njoined }) => njoined) };
  }

  /** Takes a room out of the session of a user, and all its sockets that take part in that out of the room. */
  async leaveTogether(
    roomName: string,
    { userName, socketId, nodeId }: Pick<Caller, 'userName' | 'socketId' | 'nodeId'>,
    except: string,
  ): Promise<SessionLeave> {
    const leave = { roomName, socketId, nodeId, except, ...leavePrefixes(roomName) };
    const begun = await this.#deps.sessions.beginLeave(userName, leave);
    if (typeof begun === 'string') throw new StateUnavailable(`a leave cannot be begun: ${begun}`);
    return { at: begun.at, ...(await this.#carryOut(userName, begun.pending, except, false)) };
  }

  /** Goes on with what a node has begun of leaves of a session: all of them, or the one that a socket asked for. */
  async finishLeaves(userName: string, nodeId: string, only?: { roomName: string; socketId: string }): Promise<void> {
    for (const leave of await this.#deps.sessions.pendingLeaves(userName, nodeId)) {
      if (only !== undefined && (leave.roomName !== only.roomName || leave.socketId !== only.socketId)) continue;
      await this.#carryOut(userName, leave, leave.socketId, true);
    }
  }

  /** `isAgain`: who has begun it may have taken out sockets, and told nobody. */
  async #carryOut(
    userName: string,
    leave: PendingLeave,
    except: string,
    isAgain: boolean,
  ): Promise<Omit<SessionLeave, 'at'>> {
    const { memberships, sessions, userlistChanges, hooks } = this.#deps;
    const { roomName, sockets, entryAt } = leave;
    const frame = notificationFrame('roomUserLeft', [roomName, userName]);
    const out: TakenOut[] = [];
    let room: SessionLeave['room'] = 'noRoom';
    for (let from = 0; from < sockets.length; from += SOCKETS_PER_CALL) {
      const page = sockets.slice(from, from + SOCKETS_PER_CALL).map((one) => ({ ...one, userName, frame }));
      const result = await memberships.leave(roomName, page, { entryAt });
      if (result === 'noRoom') break;
      const { at } = result;
      if (result.changesPending) userlistChanges.note(roomName);
      for (const [i, { socketId }] of page.entries()) {
        const { changed, njoined } = result.left[i] ?? NOT_THERE;
        if (changed) tellLeft(hooks, { userName, socketId }, roomName, { njoined, cause: 'leave' });
        if (changed || isAgain) out.push({ socketId, at, njoined, echo: leftEcho(roomName, socketId) });
        room = { at, njoined };
      }
    }
    return { told: await sessions.finishLeave(userName, leave, out, except), room };
  }

  /** Takes a socket from its user; `roomNames` are what the hook is told that it was in. */
  async logout(
    { userName, socketId, onPurpose }: LeavingSocket,
    roomNames: readonly string[],
    echoes: readonly { echo: Uint8Array; njoined: number }[] = [],
  ): Promise<void> {
    const { users, hooks, webhooks, presence, wills } = this.#deps;
    const logOut = (): ReturnType<UserStore['logout']> =>
      users.logout(userName, socketId, disconnectEcho(socketId), echoes, onPurpose);
    let out = await logOut();
    if (out === 'will') {
      await wills.settle({ userName, socketId });
      out = await logOut();
    }
    if (typeof out === 'string') return;
    if (out.seenForMs !== undefined) await presence.note(userName, out.seenForMs);
    if (!out.changed) return;
    const { nconnected } = out;
    if (nconnected === 0) webhooks?.tell('presence', 'userOffline', { userName });
    hooks?.tell('onDisconnect', () => ({ socketId, userName, nconnected, rooms: [...roomNames] }));
  }

  /** A join whose socket closed before it was completed. Never rejects. */
  async undoJoin(roomName: string, socket: LeavingSocket & { readonly nodeId: string }): Promise<void> {
    try {
      await this.leaveRoom(roomName, socket.nodeId, [socket], { echo: 'changed', cause: 'disconnect', closed: true });
      this.#deps.topics.unfollow(roomTopic(roomName), socket.nodeId);
    } catch (error) {
      this.#deps.repairs.check(roomTopic(roomName), socket.nodeId, error);
    }
  }

  /** Goes on with what a node has begun in a topic and not told, or is noted not to have. Safe to repeat, and for several to do at once. */
  async finish(topic: TopicKey, nodeId: string): Promise<void> {
    const name = topicName(topic);
    if (topicKind(topic) !== 'user') return this.#tellOfRoom(name, nodeId);
    await this.finishLeaves(name, nodeId);
    await this.#tellOfUser(name, nodeId);
  }

  /** What it had yet to tell contacts, what others have of a user it had deleted, and what it had changed in the user's conversations. */
  async #tellOfUser(userName: string, nodeId: string): Promise<void> {
    const { presence, userDeletions, stateTelling, changeTelling } = this.#deps;
    await presence.adopt(userName, nodeId);
    await userDeletions.finish(userName);
    await stateTelling.adopt(userName, nodeId);
    await changeTelling.adopt(userName, nodeId);
  }

  /** A deletion, an eviction, a change of members; who came and went, and messages that have changed. */
  async #tellOfRoom(roomName: string, nodeId: string): Promise<void> {
    const { deletions, removals, memberTelling, userlistChanges, changesDue } = this.#deps;
    for (const deletion of await deletions.unfinished(roomName, nodeId)) await removals.tellDeleted(roomName, deletion);
    await removals.tellEvicted(roomName, nodeId);
    await memberTelling.tellDue(roomName, nodeId);
    userlistChanges.note(roomName);
    changesDue.note(roomName);
  }

  /** Takes everything of a dead node out of one topic. Safe to repeat, and for several peers to do at once. */
  async clean(topic: TopicKey, nodeId: string): Promise<void> {
    const { memberships, users } = this.#deps;
    const name = topicName(topic);
    if (topicKind(topic) === 'user') {
      const socketIds = await users.beginSweep(name, nodeId);
      await this.finishLeaves(name, nodeId);
      // What they were in only their node knew.
      for (const socketId of socketIds) await this.logout({ userName: name, socketId }, []);
      await this.#tellOfUser(name, nodeId);
      return;
    }
    await this.#tellOfRoom(name, nodeId);
    for (;;) {
      const page = await memberships.beginSweep(name, nodeId);
      if (page.length === 0) return;
      for (let at = 0; at < page.length; at += SOCKETS_PER_CALL) {
        const left = await this.leaveRoom(name, nodeId, page.slice(at, at + SOCKETS_PER_CALL), {
          echo: 'changed',
          cause: 'swept',
          closed: true,
        });
        if (left === 'noRoom') return;
      }
    }
  }
}

/** What of a socket that the room does not know. */
const NOT_THERE = { changed: false, njoined: 0 };

/** The frame, without its count, that tells a user's other sockets of one that is in a room no more. */
export const leftEcho = (roomName: string, socketId: string): Uint8Array =>
  countFrame('roomLeftEcho', [roomName, socketId]);

/** The frame, without its count, that tells a user's other sockets of one that is gone. */
const disconnectEcho = (socketId: string): Uint8Array => countFrame('socketDisconnectEcho', [socketId]);
