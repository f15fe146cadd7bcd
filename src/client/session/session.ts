/** What a user's devices share: the rooms that are filed, by group. */
import type { Core } from '../core.ts';
import { Emitter } from '../emitter.ts';
import type { Room } from '../room/room.ts';
import type { Rooms } from '../room/rooms.ts';

export interface SessionEvents {
  /** Another device has filed a room, or it is found filed after a login. */
  '$.chat.join': [filed: { readonly chat: Room }];
  '$.chat.leave': [left: { readonly chat: Room }];
  /** After a login: all of the group has been told. */
  '$.group.restored': [restored: { readonly group: string }];
  error: [error: unknown];
}

export class Session extends Emitter<SessionEvents> {
  readonly chats: { [group: string]: { [roomName: string]: Room } } = {};

  constructor(core: Core, _rooms: Rooms) {
    super((error) => core.failed(error));
    core.plugins.extend(this, 'Session');
  }
}
