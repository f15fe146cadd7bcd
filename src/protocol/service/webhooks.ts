/** What is sent to the operator's webhook, and what the service itself asks about it. */
import Type from 'typebox';
import { existing, optional, request, required } from '../declare.ts';
import { RoomName } from '../params/types.ts';

/** What an operator may ask to be sent. Beside them a `gap` tells what was lost. */
export const webhookTypes = ['message', 'change', 'member', 'room', 'presence', 'absent'] as const;
export type WebhookType = (typeof webhookTypes)[number];

const WebhookFrom = Type.Object(
  {
    seq: Type.Optional(Type.Integer({ minimum: 0, description: 'Number of an event in the log of the room.' })),
    id: Type.Optional(Type.Integer({ minimum: 0, description: 'Id of a message.' })),
    time: Type.Optional(Type.Integer({ minimum: 0, description: 'Milliseconds since the epoch.' })),
  },
  { title: 'WebhookFrom', description: 'Where to begin: exactly one of them.' },
);

const Seq = Type.Integer({ description: 'Number of an event.' });

const WebhookReplay = Type.Object(
  { seq: Seq, lastSeq: Type.Integer({ description: 'The last one that there is.' }), epoch: Type.String() },
  { title: 'WebhookReplay', description: 'From which event on the log is sent again.' },
);

const WebhookState = Type.Object(
  {
    breaker: Type.String({
      description:
        'Of the node that answers: `closed`, `open` while the address does not take anything, `off` where it said 410.',
    }),
    waiting: Type.Integer({ description: 'Logs that this node knows to have something left.' }),
    seq: Type.Union([Type.Integer(), Type.Null()], {
      description: 'Number of the last event that was sent; null where none was yet.',
    }),
    lastSeq: Type.Integer({ description: 'Number of the last event that there is.' }),
    epoch: Type.String(),
    failures: Type.Integer({ description: 'Of this log, in a row.' }),
    retryInMs: Type.Integer({ description: 'For how long nobody tries again.' }),
    node: Type.Union([Type.String(), Type.Null()], { description: 'The node that sends now; null for none.' }),
  },
  { title: 'WebhookState', description: 'How far a log was sent to the webhook.' },
);

export const serverWebhookRequests = {
  webhookReplay: request({
    doc: 'Sends what was said in a room to the webhook again, from an event, a message or a time on; from the oldest that is kept where that is later. What is not kept any more comes as a `gap`.',
    params: { roomName: existing(RoomName), from: required(WebhookFrom) },
    result: WebhookReplay,
    errors: ['noRoom', 'badArgument', 'notAllowed'],
    access: 'service',
    example: { params: ['lobby', { id: 1200 }], result: { seq: 1340, lastSeq: 1420, epoch: 'Zk3vX0aQmP1rT8bd' } },
  }),

  webhookState: request({
    doc: 'Tells how far a room was sent to the webhook; without a room, how far what is of no room was.',
    params: { roomName: optional(RoomName) },
    result: WebhookState,
    errors: ['noRoom', 'notAllowed'],
    access: 'service',
    example: {
      params: ['lobby'],
      result: {
        breaker: 'closed',
        waiting: 0,
        seq: 1420,
        lastSeq: 1420,
        epoch: 'Zk3vX0aQmP1rT8bd',
        failures: 0,
        retryInMs: 0,
        node: null,
      },
    },
  }),
};
