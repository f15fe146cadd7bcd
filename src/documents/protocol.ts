/**
 * Renders the protocol document from the declarations: the catalogue, the types and the tables. The prose that no
 * declaration holds is in `guide.ts`.
 */
import {
  generalErrors,
  isNotificationName,
  isRequestName,
  notificationDeclaration,
  notifications,
  requestDeclaration,
  requests,
  type NotificationName,
  type RequestName,
} from '../protocol/catalogue.ts';
import { closeCodes, type CloseEntry } from '../protocol/wire/close-codes.ts';
import type { Cost, Param } from '../protocol/declare.ts';
import { errorTable, type ErrorEntry } from '../protocol/errors/table.ts';
import { guide } from './guide.ts';
import { describeSchema, namedTypes, typeText } from './types.ts';
import { encodeJson } from '../protocol/wire/json.ts';
import { defaultLimits, deviceIdLength, tagLength, valuesMax, type CountLimit } from '../protocol/params/limits.ts';
import { code, heading, hexBlock, jsonBlock, table } from './markdown.ts';
import { encodeValue } from '../protocol/wire/msgpack.ts';
import { listNamesMax } from '../protocol/params/types.ts';
import type { Value } from '../protocol/params/values.ts';

/** The whole document. The same declarations give the same text. */
export function renderProtocolDocument(): string {
  const requestNames = Object.keys(requests).filter(isRequestName);
  const notificationNames = Object.keys(notifications).filter(isNotificationName);
  const parts = [
    '<!-- Generated from the declarations by `npm run docs`. Do not edit. -->',
    heading(1, 'The protocol, version 1'),
    ...guide(exampleOf([0, 1, 'ping', []], [1, 1, null, 1767225600000])),
    heading(2, 'Requests'),
    `Every request can also fail with ${generalErrors.map(code).join(', ')}; an unknown one with ${code('noCommand')}; a service with hooks of its operator's may refuse any with any code, also with one that is not in the table of errors. In the examples the id is 1; a block of hex is one frame.`,
    "A request is checked in this order, and the first failure is the answer: number and types of params, the operator's hooks, whether the feature is on, the name of what is to be created, whether the room or user exists, rights, names of lists, names to be put in them, limits. The lists of users have an order of their own ([Direct messages](#direct-messages)).",
    'What is in a room (its messages, members, owner and settings) can be read by users who have joined it with any socket, by its owner and by its admins; others get `notJoined`.',
    ...requestNames.flatMap(requestSection),
    heading(2, 'Notifications'),
    'What the server sends by itself; a client must expect each at any time after its login. "This socket" is the one that gets it.',
    ...notificationNames.flatMap(notificationSection),
    heading(2, 'Types'),
    ...namedTypes(allSchemas()).flatMap((schema) => [heading(3, schema.title), ...describeSchema(schema)]),
    heading(2, 'Errors'),
    'An error is an [ErrorValue](#errorvalue). Rely on `code`, `args` and `temporary`; `message` is for people. `index` counts the params from 0.',
    errorsTable(),
    heading(2, 'Close codes'),
    'Codes from 4000 to 4499: come back. From 4500: not without a change. A connection lost without any of these (1006) is a reason to come back.',
    closeTable(),
    heading(2, 'Limits'),
    'The values are defaults; a service sends its own in AuthData.',
    limitsTable(),
  ];
  return `${parts.join('\n\n')}\n`;
}

function requestSection(name: RequestName): string[] {
  const { doc, params, result, errors, access, cost, example } = requestDeclaration(name);
  const rows = Object.entries(params).map(([param, spec], index) => [
    String(index),
    code(param),
    typeText(spec.schema),
    presence(spec),
  ]);
  return [
    heading(3, name),
    doc,
    ...(rows.length === 0 ? ['No params.'] : [table(['index', 'param', 'type', ''], rows)]),
    [
      `- Result: ${typeText(result)}`,
      `- Errors: ${errors.length === 0 ? 'the general ones only' : errors.map(code).join(', ')}`,
      ...(access === 'guest' ? ['- Allowed before login'] : []),
      ...(cost === undefined ? [] : [`- Cost: ${costText(cost)}`]),
    ].join('\n'),
    ...exampleOf([0, 1, name, [...example.params]], [1, 1, null, example.result]),
  ];
}

/** In units, the one of every request included. */
function costText({ units = 0, each, page, spread }: Cost): string {
  const base = each === undefined || units > 0 ? [String(1 + units)] : ['1'];
  const ofItems = each === undefined ? [] : [`${each.units} for each of ${code(each.param)}`];
  const ofReply = page === true ? ['the size of the reply'] : [];
  const ofTold = spread === undefined ? [] : ['how many sockets are told, times the size'];
  return [...base, ...ofItems, ...ofReply, ...ofTold].join(', and ');
}

function presence(param: Param): string {
  const bound = param.itemsMax === undefined ? '' : `, at most ${code(`limits.${param.itemsMax}`)} items`;
  if (!param.optional) return `required${bound}`;
  return param.default === undefined ? 'optional' : `optional, default ${code(encodeJson(param.default))}`;
}

function exampleOf(request: Value, response: Value): string[] {
  return [
    'Request and response, JSON:',
    jsonBlock([request, response].map(encodeJson)),
    'The same in MessagePack:',
    hexBlock([request, response].map((message) => encodeValue(message))),
  ];
}

function notificationSection(name: NotificationName): string[] {
  const { doc, params, audience, example } = notificationDeclaration(name);
  const message: Value = [2, name, [...example]];
  return [
    heading(3, `${name} (notification)`),
    doc,
    table(
      ['index', 'param', 'type'],
      params.map(({ name: param, schema, optional }, index) => [
        String(index),
        code(param),
        `${typeText(schema)}${optional === true ? ', optional' : ''}`,
      ]),
    ),
    `- Sent to: ${audience}`,
    jsonBlock([encodeJson(message)]),
    hexBlock([encodeValue(message)]),
  ];
}

function allSchemas(): object[] {
  return [
    ...Object.values(requests).flatMap(({ params, result }) => [
      ...Object.values(params).map((param: Param) => param.schema),
      result,
    ]),
    ...Object.values(notifications).flatMap(({ params }) => params.map((param) => param.schema)),
  ];
}

function errorsTable(): string {
  const entries: [string, ErrorEntry][] = Object.entries(errorTable);
  return table(
    ['code', 'args', 'temporary', 'meaning', "client's next move"],
    entries.map(([name, { args, temporary, doc, nextMove }]) => [
      code(name),
      args.map(code).join(', '),
      temporary ? 'yes' : 'no',
      doc,
      nextMove,
    ]),
  );
}

function closeTable(): string {
  const entries: CloseEntry[] = Object.values(closeCodes);
  return table(
    ['code', 'reason', 'come back', 'meaning'],
    entries.map(({ code: number, reason, comeBack, doc }) => [
      String(number),
      code(reason),
      comeBack ? 'yes' : 'no',
      doc,
    ]),
  );
}

const limitDocs: { readonly [K in CountLimit]: readonly [unit: string, outcome: string] } = {
  frameBytes: ['bytes of a frame a client sends', 'close code 1009; over twice that, 1006'],
  messageBytes: ['bytes of a message map in MessagePack', '`messageTooLarge`'],
  depth: ['arrays and maps inside each other, the message itself counted', 'malformed'],
  nameBytes: ['bytes of a name in UTF-8', '`invalidName` where it would be created, else as if it did not exist'],
  roomsPerSocket: ['rooms joined by one socket', '`tooManyRooms`; in a list of rooms, `badArgument`'],
  requestsInFlight: ['requests of one socket being executed', 'further ones wait; if many wait, `tooManyRequests`'],
  requestsPerSecond: ['requests of one socket per second, on average', '`tooManyRequests`, on abuse close code 4006'],
  historyMaxGetMessages: ['messages in one page of history', 'the page ends there'],
  userlistPage: ['names in one page of a list', 'the page ends there; `listTooLong` where there are no pages'],
  clientMessageIdLength: ['UTF-16 units of a `clientMessageId`', '`badArgument`'],
};

function limitsTable(): string {
  const defaults: { readonly [name: string]: number } = { ...defaultLimits };
  const rows = Object.entries(limitDocs).map(([name, [unit, outcome]]) => [
    code(name),
    String(defaults[name]),
    unit,
    outcome,
  ]);
  return table(
    ['limit', 'default', 'of what', 'outcome beyond it'],
    [
      ...rows,
      ['(fixed)', String(valuesMax), 'values in one message, map keys counted', 'malformed'],
      ['(fixed)', String(listNamesMax), 'names in one request that edits a list', '`badArgument`'],
      ['(fixed)', String(deviceIdLength), 'UTF-16 units of a `deviceId`', '`badArgument`'],
      ['(fixed)', String(tagLength), 'UTF-16 units of a `tag`', '`badArgument`'],
    ],
  );
}
