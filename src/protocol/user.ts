/** The caller's own user and its other sockets. */
import Type from 'typebox';
import { carries, notification, OTHERS, request, required } from './declare.ts';
import { AnyValue, RoomName } from './types.ts';

export const userRequests = {
  listOwnSockets: request({
    doc: "Gives the user's sockets on all nodes, each with the rooms it has joined; `listTooLong` with the number of sockets where that is more than a response holds.",
    params: {},
    result: Type.Record(Type.String(), Type.Array(RoomName)),
    errors: ['listTooLong'],
    access: 'user',
    on: 'user',
    order: 'self',
    cost: { units: 5, page: true },
    example: { params: [], result: { K7Zk2vXQ: ['lobby'], p0Qw9eRt: [] } },
  }),

  systemMessage: request({
    doc: "Sends any value of at most `limits.messageBytes` to the user's other sockets.",
    params: { data: required(AnyValue) },
    result: Type.Null(),
    errors: ['messageTooLarge'],
    access: 'user',
    on: 'user',
    order: 'self',
    cost: { units: 1 },
    example: { params: [{ theme: 'dark' }], result: null },
  }),
};

export const userNotifications = {
  systemMessage: notification({
    doc: 'Another socket of the user sent this value.',
    params: [carries('data', AnyValue)],
    audience: OTHERS,
    example: [{ theme: 'dark' }],
  }),
};
