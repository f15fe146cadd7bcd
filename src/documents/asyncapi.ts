/**
 * The protocol as an AsyncAPI 3.0 document, made from the same declarations as PROTOCOL.md, for tools that read such
 * documents. How a schema is written down in it is left to `asyncapi-schemas.ts`.
 */
import { componentSchemas, messageSchema, paramsSchema, schemaOf } from './asyncapi-schemas.ts';
import {
  generalErrors,
  isNotificationName,
  isRequestName,
  notificationDeclaration,
  notifications,
  requestDeclaration,
  requests,
  requiredCount,
  type NotificationName,
  type RequestName,
} from '../protocol/catalogue.ts';
import { closeCodes } from '../protocol/wire/close-codes.ts';
import { subprotocols } from '../protocol/wire/codec.ts';
import { errorTable, type ErrorEntry } from '../protocol/errors/table.ts';
import { defaultLimits } from '../protocol/params/limits.ts';
import type { Value, ValueMap } from '../protocol/params/values.ts';

const CHANNEL = { $ref: '#/channels/socket' };

const hookCode = {
  not: { enum: Object.keys(errorTable) },
  description: "One of the operator's own. Their hooks may also use codes of the protocol where it does not.",
};

const DESCRIPTION = [
  'A chat service over WebSockets, in MessagePack-RPC or the same as JSON. PROTOCOL.md, made from the same declarations, says in prose what this document cannot: the order of things, recovery, what to do when something fails.',
  'A frame carries one or more messages: MessagePack values one directly after another, JSON arrays separated by a newline. Payloads are shown as JSON; nil is `null`, and bytes are `{"$bytes": "base64"}` in JSON, bin in MessagePack. An optional param may be left out at the end or be nil, and so may an option.',
  'The extensions: `x-access` (`guest`: also before login) and `x-errors` (codes besides the general ones) of an operation; `x-errors`, `x-general-errors`, `x-close-codes` and `x-limits` of the whole.',
].join('\n\n');

/** The whole document, as JSON values. The same declarations give the same document. */
export function renderAsyncApi(): ValueMap {
  const messages = { ...requestMessages(), ...notificationMessages() };
  const references = Object.keys(messages).map((key): [string, Value] => [
    key,
    { $ref: `#/components/messages/${key}` },
  ]);
  return {
    asyncapi: '3.0.0',
    info: { title: 'Parley', version: '1.0.0', description: DESCRIPTION, license: { name: 'MIT' } },
    defaultContentType: 'application/vnd.msgpack',
    servers: { plain: server('ws'), secure: server('wss') },
    channels: {
      socket: {
        address: '/ws',
        title: 'One WebSocket',
        description: 'All requests, responses and notifications of one client.',
        messages: Object.fromEntries(references),
        bindings: { ws: handshake() },
      },
    },
    operations: { ...requestOperations(), ...notificationOperations() },
    components: {
      schemas: componentSchemas(allSchemas()),
      messages,
      correlationIds: {
        requestId: { location: '$message.payload#/1', description: 'The id that the client gave to its request.' },
      },
    },
    'x-errors': errorsByCode(),
    'x-general-errors': [...generalErrors],
    'x-close-codes': closeCodesByNumber(),
    'x-limits': { ...defaultLimits },
  };
}

function server(protocol: 'ws' | 'wss'): ValueMap {
  return {
    host: '{host}',
    protocol,
    description: protocol === 'ws' ? 'As a node listens.' : 'Behind whatever ends TLS.',
    variables: { host: { default: 'localhost:8080', description: 'Host and port, as the operator made them.' } },
  };
}

function handshake(): ValueMap {
  return {
    method: 'GET',
    headers: {
      type: 'object',
      properties: {
        'Sec-WebSocket-Protocol': {
          type: 'string',
          enum: Object.keys(subprotocols),
          description: 'The format of all frames; MessagePack when none is offered.',
        },
        Authorization: { type: 'string', pattern: '^Bearer ', description: 'Logs in without a `login` request.' },
      },
    },
    bindingVersion: '0.1.0',
  };
}

const requestNames = (): RequestName[] => Object.keys(requests).filter(isRequestName);
const notificationNames = (): NotificationName[] => Object.keys(notifications).filter(isNotificationName);

/** Keys of a document may hold letters, digits, dots, dashes and underscores only; names of the wire may hold more. */
const keyOf = (kind: 'request' | 'response' | 'notification', name: string): string =>
  `${kind}.${name.replaceAll(/[^\w.-]/g, '_')}`;

function requestMessages(): ValueMap {
  const entries = requestNames().flatMap((name): [string, Value][] => {
    const { doc, params, result, errors, example } = requestDeclaration(name);
    const correlationId = { $ref: '#/components/correlationIds/requestId' };
    const request = {
      name,
      title: `Request ${name}`,
      summary: doc,
      correlationId,
      payload: messageSchema([0, 'id', name, paramsSchema(Object.values(params), requiredCount(params))]),
      examples: [{ name: 'request', payload: [0, 1, name, [...example.params]] }],
    };
    const refusal = {
      allOf: [
        { $ref: '#/components/schemas/ErrorValue' },
        { type: 'object', properties: { code: { anyOf: [{ enum: [...errors, ...generalErrors] }, hookCode] } } },
      ],
    };
    const response = {
      name: `${name} response`,
      title: `Response to ${name}`,
      correlationId,
      payload: {
        oneOf: [messageSchema([1, 'id', null, schemaOf(result)]), messageSchema([1, 'id', refusal, null])],
      },
      examples: [{ name: 'success', payload: [1, 1, null, example.result] }],
    };
    return [
      [keyOf('request', name), request],
      [keyOf('response', name), response],
    ];
  });
  return Object.fromEntries(entries);
}

function notificationMessages(): ValueMap {
  const entries = notificationNames().map((name): [string, Value] => {
    const { doc, params, example } = notificationDeclaration(name);
    const message = {
      name,
      title: `Notification ${name}`,
      summary: doc,
      payload: messageSchema([
        2,
        name,
        paramsSchema(params, params.filter(({ optional }) => optional !== true).length),
      ]),
      examples: [{ name: 'notification', payload: [2, name, [...example]] }],
    };
    return [keyOf('notification', name), message];
  });
  return Object.fromEntries(entries);
}

function requestOperations(): ValueMap {
  const entries = requestNames().map((name): [string, Value] => {
    const { doc, access, errors } = requestDeclaration(name);
    const operation = {
      action: 'receive',
      title: name,
      description: doc,
      channel: CHANNEL,
      messages: [channelMessage('request', name)],
      reply: { channel: CHANNEL, messages: [channelMessage('response', name)] },
      'x-access': access,
      'x-errors': [...errors],
    };
    return [keyOf('request', name), operation];
  });
  return Object.fromEntries(entries);
}

function notificationOperations(): ValueMap {
  const entries = notificationNames().map((name): [string, Value] => {
    const { doc, audience } = notificationDeclaration(name);
    const operation = {
      action: 'send',
      title: name,
      description: `${doc} Sent to: ${audience}`,
      channel: CHANNEL,
      messages: [channelMessage('notification', name)],
    };
    return [keyOf('notification', name), operation];
  });
  return Object.fromEntries(entries);
}

const channelMessage = (kind: 'request' | 'response' | 'notification', name: string): ValueMap => ({
  $ref: `#/channels/socket/messages/${keyOf(kind, name)}`,
});

function allSchemas(): object[] {
  return [
    ...requestNames()
      .map(requestDeclaration)
      .flatMap(({ params, result }) => [...Object.values(params).map(({ schema }) => schema), result]),
    ...notificationNames().flatMap((name) => notificationDeclaration(name).params.map(({ schema }) => schema)),
  ];
}

function errorsByCode(): ValueMap {
  const entries: [string, ErrorEntry][] = Object.entries(errorTable);
  return Object.fromEntries(
    entries.map(([code, { args, temporary, doc, nextMove }]) => [
      code,
      { args: [...args], temporary, description: doc, nextMove },
    ]),
  );
}

function closeCodesByNumber(): ValueMap {
  return Object.fromEntries(
    Object.values(closeCodes).map(({ code, reason, comeBack, doc }) => [code, { reason, comeBack, description: doc }]),
  );
}
