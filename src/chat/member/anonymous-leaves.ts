/**
 * Takes anonymous users off the rosters of rooms once nobody can come back as them, on whatever node looks first: there they would count,
 * and be told of news, for ever. One is noted with being told that it is a member (telling.ts), which whoever sweeps after a dead node goes
 * on with, and looked at from time to time until it is one no more; doing it twice does nothing.
 */
import type { Instance } from '../../bus/instance.ts';
import type { AnonymousMember, AnonymousMembers } from '../../store/member/anonymous-members.ts';
import type { MemberStore } from '../../store/member/member-store.ts';
import { isAnonymous } from '../../store/user/anonymous.ts';
import { DueLooks } from '../due-looks.ts';
import { takeOffRoster } from './off-roster.ts';

export interface AnonymousLeavesDeps {
  readonly anonymousMembers: AnonymousMembers;
  readonly members: Pick<MemberStore, 'erase'>;
  readonly instance: Pick<Instance, 'held' | 'redisNow'>;
  /** How long an anonymous user may come back after its last socket. */
  readonly anonymousMs: number;
  onError(error: unknown): void;
}

/** Looked for at least so often: nobody waits for it. */
const REST_MS = 60_000;
/** Behind the end of a user, whose key may go a moment late. */
const BEHIND_MS = 1000;

export class AnonymousLeaves {
  readonly #deps: AnonymousLeavesDeps;
  readonly #looks: DueLooks<AnonymousMember>;

  constructor(deps: AnonymousLeavesDeps) {
    this.#deps = deps;
    const { anonymousMembers, instance } = deps;
    this.#looks = new DueLooks({
      read: (limit) => anonymousMembers.read(limit),
      see: (member) => this.#see(member),
      // The others come before it the next time.
      putOff: (member) => anonymousMembers.settle(member, REST_MS),
      instance,
      restMs: REST_MS,
      onError: (error) => deps.onError(error),
    });
  }

  /** Users have become members of a room; call again where this rejects. Of others than anonymous ones nothing is noted. */
  async note(roomName: string, users: readonly { readonly userName: string }[]): Promise<void> {
    const at = Math.ceil(this.#deps.instance.redisNow() + this.#deps.anonymousMs + BEHIND_MS);
    for (const { userName } of users) {
      if (!isAnonymous(userName)) continue;
      await this.#deps.anonymousMembers.note({ roomName, userName }, at);
      this.#looks.lookBy(at);
    }
  }

  /** Called once a second while this node may act; never rejects. Where there are many they are not left to the next second. */
  async run(): Promise<void> {
    while (await this.#looks.run());
  }

  async #see(member: AnonymousMember): Promise<void> {
    const { anonymousMembers, members, anonymousMs } = this.#deps;
    const found = await anonymousMembers.whereabouts(member.userName);
    if (found.is === 'gone') await takeOffRoster(members, member.roomName, member.userName, { owners: 'owners too' });
    const isOver = found.is === 'gone' || !(await anonymousMembers.isMember(member));
    const laterMs = (found.is === 'away' ? found.leftMs : anonymousMs) + BEHIND_MS;
    await anonymousMembers.settle(member, isOver ? undefined : laterMs);
    if (!isOver) this.#looks.lookBy(Math.ceil(this.#deps.instance.redisNow()) + laterMs);
  }
}
