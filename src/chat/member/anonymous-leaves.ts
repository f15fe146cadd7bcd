/**
 * Takes anonymous users off the rosters of rooms once nobody can come back as them, on whatever node looks first: there they would count,
 * and be told of news, for ever. One is noted right behind becoming a member (before it anybody could have names noted that are never
 * added) and looked at from time to time until it is one no more; what is done is noted last, so another node goes on where this one
 * dies, and doing it twice does nothing. Redis is asked when somebody is due, and seldom otherwise.
 */
import type { Instance } from '../../bus/instance.ts';
import type { AnonymousMember, AnonymousMembers } from '../../store/member/anonymous-members.ts';
import type { MemberStore } from '../../store/member/member-store.ts';
import { isAnonymous } from '../../store/user/anonymous.ts';
import { takeOffRoster } from './off-roster.ts';

export interface AnonymousLeavesDeps {
  readonly anonymousMembers: AnonymousMembers;
  readonly members: Pick<MemberStore, 'erase'>;
  readonly instance: Pick<Instance, 'held' | 'redisNow'>;
  /** How long an anonymous user may come back after its last socket. */
  readonly anonymousMs: number;
  onError(error: unknown): void;
}

/** Members of one look, and of those that are looked at at the same time. */
const PAGE = 64;
const CONCURRENCY = 8;
/** Looked for at least so often: nobody waits for it. */
const REST_MS = 60_000;
/** Behind the end of a user, whose key may go a moment late. */
const BEHIND_MS = 1000;

export class AnonymousLeaves {
  readonly #deps: AnonymousLeavesDeps;
  /** By Redis's clock. */
  #lookAt = 0;
  #running = false;

  constructor(deps: AnonymousLeavesDeps) {
    this.#deps = deps;
  }

  /** Call behind making users members of a room, again where this rejects. Of others than anonymous ones nothing is noted. */
  async note(roomName: string, users: readonly { readonly userName: string }[]): Promise<void> {
    const at = Math.ceil(this.#deps.instance.redisNow() + this.#deps.anonymousMs + BEHIND_MS);
    for (const { userName } of users) {
      if (!isAnonymous(userName)) continue;
      await this.#deps.anonymousMembers.note({ roomName, userName }, at);
      this.#lookAt = Math.min(this.#lookAt, at);
    }
  }

  /** Called once a second while this node may act; never rejects. */
  async run(): Promise<void> {
    if (this.#running || this.#deps.instance.redisNow() < this.#lookAt) return;
    this.#running = true;
    try {
      // Where there are many they are not left to the next second.
      do await this.#look();
      while (this.#lookAt === 0 && this.#deps.instance.held);
    } catch (error) {
      this.#lookAt = 0;
      this.#deps.onError(error);
    } finally {
      this.#running = false;
    }
  }

  async #look(): Promise<void> {
    // What is noted meanwhile is not passed over.
    this.#lookAt = Infinity;
    const { due, next = Infinity, time } = await this.#deps.anonymousMembers.read(PAGE);
    this.#lookAt = due.length < PAGE ? Math.min(this.#lookAt, next, time + REST_MS) : 0;
    const members = due.values();
    const failures: unknown[] = [];
    const work = async (): Promise<void> => {
      for (const member of members) {
        if (!this.#deps.instance.held) return;
        await this.#see(member).catch(async (error: unknown) => {
          failures.push(error);
          // It may be on a server that does not answer: the others come before it the next time.
          await this.#deps.anonymousMembers.settle(member, REST_MS);
        });
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, work));
    if (failures.length > 0) throw failures[0];
  }

  async #see(member: AnonymousMember): Promise<void> {
    const { anonymousMembers, members, anonymousMs } = this.#deps;
    const found = await anonymousMembers.whereabouts(member.userName);
    if (found.is === 'gone') await takeOffRoster(members, member.roomName, member.userName, 'owners too');
    const isOver = found.is === 'gone' || !(await anonymousMembers.isMember(member));
    const laterMs = (found.is === 'away' ? found.leftMs : anonymousMs) + BEHIND_MS;
    await anonymousMembers.settle(member, isOver ? undefined : laterMs);
    if (!isOver) this.#lookAt = Math.min(this.#lookAt, Math.ceil(this.#deps.instance.redisNow()) + laterMs);
  }
}
