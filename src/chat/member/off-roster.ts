/** Taking a user who is no more off the roster of a room, which is told by the service. */
import { notificationFrame } from '../../protocol/wire/frame.ts';
import type { ErasedMember, MemberStore } from '../../store/member/member-store.ts';

/** An owner stays a member where its name may have another user; the name of an anonymous one never has. */
export const takeOffRoster = (
  members: Pick<MemberStore, 'erase'>,
  roomName: string,
  userName: string,
  which?: ErasedMember,
): Promise<void> =>
  members.erase(roomName, userName, notificationFrame('roomMembersRemoved', [roomName, [userName], null]), which);
