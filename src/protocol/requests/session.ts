/** Requests about a user's session: the rooms that its devices share. */
import { request } from '../declare.ts';
import { SessionChats } from '../types.ts';

export const sessionRequests = {
  sessionGet: request({
    doc: "Gives the rooms filed in the user's session, by group. Joining and leaving by sockets with `enableSync` change it, disconnects do not. `listTooLong` where they are more than a response holds; a login with `enableSync` is told all of them.",
    params: {},
    result: SessionChats,
    errors: ['listTooLong'],
    access: 'user',
    on: 'user',
    order: 'self',
    cost: { units: 5, page: true },
    example: {
      params: [],
      result: { custom: { lobby: { name: 'lobby', group: 'custom', private: false, meta: {} } } },
    },
  }),
};
