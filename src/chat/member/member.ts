/** Members of rooms: added, removed, told of, listed. */
import type { memberRequests } from '../../protocol/member.ts';
import { unavailable } from '../../protocol/errors.ts';
import type { HandlersOf } from '../caller.ts';
import type { Services } from '../services.ts';

export function memberHandlers(_: Services): HandlersOf<typeof memberRequests> {
  return {
    roomMembersAdd: () => unavailable(),
    roomMembersRemove: () => unavailable(),
    roomMemberJoin: () => unavailable(),
    roomMemberQuit: () => unavailable(),
    roomMembersGet: () => unavailable(),
    roomRoleSet: () => unavailable(),
  };
}
