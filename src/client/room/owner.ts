/** What those who bring rooms about tell, and who is told. */
import type { MessageChange } from '../../protocol/change.ts';
import type { ValueMap } from '../../protocol/params/values.ts';
import type { RoomPlace } from '../events.ts';
import type { RequestError } from '../request-error.ts';

/** Who is told what is let through. Each call may have any effect, also that the room is left or the client closed. */
export interface DeliveryOwner {
  /** A room is joined without a position. */
  joined(place: RoomPlace): void;
  /** A room is joined again, and all up to there has been told. */
  recovered(place: RoomPlace): void;
  /** In its order, or a transient one. */
  message(roomName: string, message: ValueMap): void;
  /** A change of a message, in the room's order. False: something before it was missed, and it is not told. */
  change(roomName: string, change: MessageChange): boolean;
  /** A message that has changed while nothing was told of it, as it is now. */
  changed(roomName: string, message: ValueMap): void;
  /** What has changed of messages up to there is not to be had: they are to be read again. */
  doubted(place: RoomPlace): void;
  reset(place: RoomPlace): void;
  failed(error: unknown): void;
  /** A message may be the one that is being sent, which its answer will tell. */
  awaitsAnswer(roomName: string, message: ValueMap): boolean;
  /** It has not come in time: what is known of the message decides. */
  answerIsLate(roomName: string): void;
}

/** Why a room that was joined is so no more, where its user did not leave it. */
export interface RoomLoss {
  /** Of the error, where it was refused when it was to be joined again. */
  readonly code?: string;
  readonly reason: string;
}

export const takenAway: RoomLoss = { reason: 'The room is deleted, or its user may not be there any more.' };
export const leftElsewhere: RoomLoss = { reason: 'Another device of the user, or the service, has left the room.' };

/** Who is told of rooms besides what is delivered. */
export interface MembershipOwner extends DeliveryOwner {
  /** This connection is in the room: what happens there is told from now on. `group`: where it was to be filed. */
  entered(roomName: string, group: string | undefined): void;
  /** A room may be posted to, or will never be again. */
  settled(): void;
  /** It is about to be left, by its user here: how far it is read can be said by who is there only. */
  leaving(roomName: string): void;
  /** A room that was joined is so no more. */
  left(roomName: string, loss: RoomLoss | undefined): void;
  /** A room was refused when it was to be joined again; `left` follows. */
  refused(roomName: string, error: RequestError): void;
}
