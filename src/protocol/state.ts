/** What a user shows of how it is just now: a small map that is kept, and told to contacts and to the rooms it is in. */
import Type, { type Static } from 'typebox';
import { AttributeChanges, AttributeMap } from './attributes.ts';
import { carries, notification, request, required } from './declare.ts';
import { UserName } from './params/types.ts';

export const UserState = Type.Object({ state: AttributeMap }, { title: 'UserState', description: "A user's state." });
export type UserState = Static<typeof UserState>;

export const stateRequests = {
  userStateSet: request({
    doc: "Merges values into the caller's state, by dotted path as in `roomAttributesSet`; nil removes. It is kept, and told by `userStateChanged`, changes of less than a second together.",
    params: { changes: required(AttributeChanges) },
    result: UserState,
    errors: ['tooLarge'],
    access: 'user',
    on: 'user',
    order: 'self',
    cost: { units: 3 },
    example: { params: [{ mood: 'tea' }], result: { state: { mood: 'tea' } } },
  }),

  userStateGet: request({
    doc: 'Gives the state of a user; an empty one where it has none.',
    params: { userName: required(UserName) },
    result: UserState,
    errors: ['noUser'],
    access: 'user',
    reads: true,
    order: 'self',
    example: { params: ['bob'], result: { state: { mood: 'tea' } } },
  }),
};

export const stateNotifications = {
  userStateChanged: notification({
    doc: 'The state of a user has changed: what is to be merged into it. At most one a second of a user.',
    params: [carries('userName', UserName), carries('changes', AttributeChanges)],
    audience: "The user's contacts, all sockets in rooms that it is in, and its own other sockets; each once.",
    example: ['bob', { mood: 'tea' }],
  }),
};
