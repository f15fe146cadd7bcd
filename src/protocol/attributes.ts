/** What rooms carry with them: a small map, changed by dotted path, with a version. */
import Type, { type Static } from 'typebox';
import { CHANGES_MAX } from './params/paths.ts';
import type { ValueMap } from './params/values.ts';
import { carries, existing, JOINED_AND_ASKER, notification, optional, request, required } from './declare.ts';
import { By, RoomName } from './params/types.ts';

/** In MessagePack. */
export const ATTRIBUTES_BYTES = 8192;

export const AttributeMap = Type.Unsafe<ValueMap>({
  type: 'object',
  title: 'AttributeMap',
  description: `A map of at most ${ATTRIBUTES_BYTES} bytes in MessagePack.`,
});

export const AttributeChanges = Type.Unsafe<ValueMap>({
  type: 'object',
  title: 'AttributeChanges',
  description: `Values by dotted path (\`{"order.state": "open", "title": null}\`), at most ${CHANGES_MAX}; nil removes. A map on the way that is not there is made; where something else stands in the way it is replaced.`,
});

const Version = Type.Integer({ minimum: 0, description: 'Counts the changes; 0 where there were none.' });

export const Attributes = Type.Object(
  { attributes: AttributeMap, version: Version },
  { title: 'Attributes', description: 'Attributes of a room, and of which version they are.' },
);
export type Attributes = Static<typeof Attributes>;

export const attributesRequests = {
  roomAttributesGet: request({
    doc: 'Gives the attributes of the room, for members, who is in it, its owner and admins.',
    params: { roomName: existing(RoomName) },
    result: Attributes,
    errors: ['noRoom', 'notJoined'],
    access: 'user',
    reads: true,
    example: { params: ['lobby'], result: { attributes: { title: 'Tea' }, version: 1 } },
  }),

  roomAttributesSet: request({
    doc: 'Changes attributes of the room; the owner and admins may. With `ifVersion` only as long as nobody else has.',
    params: {
      roomName: existing(RoomName),
      changes: required(AttributeChanges),
      options: optional(
        Type.Object(
          { ifVersion: Type.Optional(Version) },
          { title: 'AttributesSetOptions', description: 'When to change them.' },
        ),
      ),
    },
    result: Type.Object({ version: Version }, { title: 'AttributesSet', description: 'The version they are of now.' }),
    errors: ['noRoom', 'notAllowed', 'versionConflict', 'tooLarge'],
    access: 'user',
    cost: { units: 2, spread: { room: 'roomName' } },
    example: { params: ['lobby', { title: 'Tea' }], result: { version: 1 } },
  }),
};

export const attributesNotifications = {
  roomAttributesChanged: notification({
    doc: 'Attributes of the room have changed: what was asked for, and the version they are of now.',
    params: [
      carries('roomName', RoomName),
      carries('changes', AttributeChanges),
      carries('version', Version),
      carries('by', By),
    ],
    audience: JOINED_AND_ASKER,
    example: ['lobby', { title: 'Tea' }, 1, 'alice'],
  }),
};
