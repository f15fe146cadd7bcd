/** What a room is made with by a join, as its script has it. */
import { packGrant } from '../quota/grant.ts';
import type { RoomOptions } from '../room/room-store.ts';

export interface Creation extends Pick<
  RoomOptions,
  'whitelistOnly' | 'userlistUpdates' | 'accessListsUpdates' | 'historyMax'
> {
  readonly reserved: NonNullable<RoomOptions['reserved']>;
  /** MessagePack; undefined for none. */
  readonly attributes: Uint8Array | undefined;
}

/** As join-room.lua reads it. */
export function packCreation(creation: Creation): Buffer {
  const { reserved, historyMax, attributes = new Uint8Array() } = creation;
  const grant = packGrant(reserved.grant);
  const numbers = Buffer.alloc(8);
  numbers.writeUInt8(Number(creation.whitelistOnly), 0);
  numbers.writeUInt8(Number(creation.userlistUpdates), 1);
  numbers.writeUInt8(Number(creation.accessListsUpdates), 2);
  numbers.writeUInt32BE(historyMax, 3);
  numbers.writeUInt8(grant.length, 7);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(attributes.length);
  return Buffer.concat([Buffer.from(reserved.life), numbers, grant, length, attributes]);
}
