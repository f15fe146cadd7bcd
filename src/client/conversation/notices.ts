/** Leads what the service tells of rooms besides their messages to the rooms' affairs. */
import type { Core } from '../core.ts';
import type { Affairs } from './affairs.ts';

/** `of`: undefined where nobody has an object of the room. */
export function followNotices(core: Core, of: (roomName: string) => Affairs | undefined): void {
  core.onNotification('roomAttributesChanged', (roomName, changes, version, by) =>
    of(roomName)?.attributesChanged(changes, version, by),
  );
  core.onNotification('roomMembersAdded', (roomName, userNames, by) => of(roomName)?.membersAdded(userNames, by));
  core.onNotification('roomMembersRemoved', (roomName, userNames, by) => of(roomName)?.membersRemoved(userNames, by));
  core.onNotification('roomRoleChanged', (roomName, userName, role, by) =>
    of(roomName)?.roleChanged(userName, role, by),
  );
  core.onNotification('roomSilenced', (roomName, userNames, until, by) => of(roomName)?.silenced(userNames, until, by));
  core.onNotification('roomUnsilenced', (roomName, userNames, by) => of(roomName)?.unsilenced(userNames, by));
  core.onNotification('roomSlowModeChanged', (roomName, ms, by) => of(roomName)?.slowModeChanged(ms, by));
  core.onNotification('roomMuteEcho', (roomName, muted) => of(roomName)?.mute(muted, true));
  core.onAnswer('roomMute', ({ roomName }) => of(roomName)?.mute(true));
  core.onAnswer('roomUnmute', ({ roomName }) => of(roomName)?.mute(false));
}
