/** Members of rooms: added and removed, by others and by themselves, their roles, and who they are. Who is told: telling.ts. */
import { askerOf } from '../asker.ts';
import { fail, Failure } from '../../protocol/errors/errors.ts';
import type { MemberInfo, memberRequests, Role } from '../../protocol/member.ts';
import { leftPrefix } from '../../protocol/membership.ts';
import { spreadUnits } from '../../protocol/params/cost.ts';
import { notificationFrame } from '../../protocol/wire/frame.ts';
import type { Member } from '../../store/member/member-store.ts';
import type { Actor } from '../actor.ts';
import { pageLimit } from '../access/lists.ts';
import { changeRules } from '../access/rules.ts';
import type { Caller, HandlersOf } from '../caller.ts';
import { ok, type Ok } from '../outcome.ts';
import type { Services } from '../services.ts';
import { addMembers, joined, judgeLength, manyChanged, removeMembers } from './edits.ts';

/** What a member takes in a reply besides its name. */
const MEMBER_BYTES = 80;

export function memberHandlers(services: Services): HandlersOf<typeof memberRequests> {
  const { members, profiles, settings } = services;
  const { limits } = settings;
  return {
    async roomMembersAdd(by, asked, socket) {
      const tooLong = judgeLength(asked, settings);
      if (tooLong !== undefined) return tooLong;
      const done = await addMembers(services, by, { ...asked, itself: false }, socket);
      return done instanceof Failure ? done : manyChanged(asked, done, limits);
    },

    async roomMembersRemove(by, asked, socket) {
      const tooLong = judgeLength(asked, settings);
      if (tooLong !== undefined) return tooLong;
      const done = await removeMembers(services, by, { ...asked, itself: false }, socket);
      return done instanceof Failure ? done : manyChanged(asked, done, limits);
    },

    async roomMemberJoin(by, { roomName, options }, socket) {
      const asked = { roomName, options, userNames: [by.author], itself: true };
      const done = await addMembers(services, by, asked, socket);
      return done instanceof Failure ? done : joined(by.author, done);
    },

    async roomMemberQuit(by, { roomName, options }, socket) {
      const asked = { roomName, options, userNames: [by.author], itself: true };
      const done = await removeMembers(services, by, asked, socket);
      if (done instanceof Failure) return done;
      return done.words.get(by.author) === 'done' ? ok(null, done.turn) : fail('notAllowed');
    },

    async roomMembersGet(by, { roomName, options = {} }) {
      const wish = { cursor: options.cursor ?? '', limit: pageLimit(options, settings, MEMBER_BYTES) };
      const page = await members.readPage(roomName, by.rights, wish);
      if (typeof page === 'string') return fail(page, [roomName]);
      const there = [...(await members.online(page.members.map(({ userName }) => userName)))];
      // A block hides it from who asks.
      const online = new Set(by.author === undefined ? there : await profiles.online(there, by.author));
      const infos = page.members.map((member) => infoOf(member, online.has(member.userName)));
      return ok({ members: infos, cursor: page.next ?? null, count: page.count });
    },

    roomRoleSet: (by, asked, socket) => setRole(services, by, asked, socket),
  };
}

const infoOf = ({ userName, role, silencedUntil }: Member, online: boolean): MemberInfo => ({
  userName,
  role,
  ...(silencedUntil === undefined ? {} : { silencedUntil }),
  online,
});

type RoleRefusal = 'noRoom' | 'notAllowed' | 'noMember' | 'listLimitExceeded' | 'quotaExceeded' | 'unavailable';

async function setRole(
  services: Services,
  by: Actor,
  { roomName, userName, role }: { readonly roomName: string; readonly userName: string; readonly role: Role },
  socket: Caller | undefined,
): Promise<Ok<null> | Failure<RoleRefusal>> {
  const { members, quotas, audience } = services;
  const tellAsker = askerOf(roomName, socket);
  const notice = role === 'admin' ? 'roomAccessListAdded' : 'roomAccessListRemoved';
  const frame = notificationFrame('roomRoleChanged', [roomName, userName, role, by.author ?? null]);
  const frames = {
    frame,
    listFrame: notificationFrame(notice, [roomName, 'adminlist', [userName]]),
    leftPrefix: leftPrefix(roomName),
  };
  const set = (): ReturnType<typeof members.setRole> =>
    members.setRole(roomName, by.rights, { userName, role }, frames);
  const done = await changeRules(services, by, roomName, () => quotas.withNames(roomName, set));
  if (done instanceof Failure) return done;
  if (done === 'noRoom') return fail(done, [roomName]);
  if (done === 'noMember') return fail(done, [userName]);
  if (done === 'listLimitExceeded') return fail(done, ['adminlist']);
  if (done === 'notAllowed') return fail(done);
  if (!done.isNews) return ok(null);
  by.spend(spreadUnits(audience.hearers(roomName), frame.length));
  return ok(null, tellAsker(frame));
}
