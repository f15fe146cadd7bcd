/**
 * The prose of the protocol document: what a client author has to know besides the catalogue. It states rules; who
 * enforces them is left to the parts concerned.
 */
import { subprotocols } from '../protocol/wire/codec.ts';
import { malformedReasons } from '../protocol/wire/malformed.ts';
import { code, heading } from './markdown.ts';

const OFFERS = Object.entries(subprotocols).map(
  ([name, format]) =>
    `- ${code(name)}: ${format === 'json' ? 'JSON in text frames' : 'MessagePack in binary frames; also spoken when the client offers no subprotocol'}`,
);

const TRANSPORT = [
  heading(2, 'Transport'),
  'A client connects a WebSocket to the path `/ws` and offers one of these subprotocols:',
  OFFERS.join('\n'),
  'Of several the first that is known is spoken, and the handshake names it. Instead of the WebSocket there is HTTP 400 where only unknown ones are offered, 403 for a foreign `Origin` (none at all is accepted), 429 for too many sockets or too many new ones from one address, 503 while the node is leaving or too many have yet to log in (come back), 404 on another path.',
  'The server sends WebSocket pings at least every `heartbeatMs`, which a client answers with pongs (WebSocket libraries do by themselves). A client that hears nothing at all for twice that should consider the connection lost and reconnect. In browsers, where pings cannot be seen, the request `ping` serves instead.',
  'A frame over `limits.frameBytes` closes the connection with 1009. One over twice that is cut by the transport and seen as 1006, as is a text frame that is not UTF-8 (or 1007).',
];

const VALUES = [
  heading(2, 'Values'),
  'Both formats carry the same values: nil, booleans, numbers, strings, bytes, arrays, and maps with string keys. Numbers are finite; integers stay within 53 bits (at most 9007199254740991 in magnitude). Strings are well-formed Unicode.',
  'An integer may travel in any MessagePack format that holds it, also as a float. In notifications the server writes ids, times and counts as unsigned 64-bit integers, however small; the frames shown here have the shortest form. The order of the keys of a map means nothing.',
  'In JSON, nil is `null`, and bytes are a map with the single key `$bytes` whose value is their base64 (RFC 4648, with padding). A map `{"$bytes": "…"}` is always bytes.',
  'Some values can be decoded but no param may carry them: numbers that are not finite, integers beyond 53 bits, strings with lone surrogates, a JSON map in which `$bytes` is not alone or not base64, and a MessagePack map with the key `$bytes`. The request that has one is answered with `badArgument(index, nil)`, and the message says what was found.',
  'Times are integers: milliseconds since the epoch, UTC. Names of rooms, users and groups are 1 to `limits.nameBytes` bytes of UTF-8 in NFC, without control characters, `:`, `{` and `}`, and not `__proto__`, `constructor`, `prototype` or `$bytes`. Nor do they hold what cannot be seen (format characters, separators of lines, fillers, noncharacters, what is not assigned; joiners only where they show, as in emoji), or begin or end with a space. Where `limits.names` is `username`, they are made by RFC 8265 (UsernameCaseMapped): letters and digits in lower case. The server brings names to their one form and sends them back so. A room or user with an invalid name just does not exist, except where it would be created (`invalidName`). Names of rooms that begin with `u-` or `tmp-` are those that the service makes: `roomCreate`, and whatever else makes a room by a name, refuses them to users (`invalidName`).',
  'Some languages cannot say everything. Where a map is declared, an empty array is an empty map, and the other way round; where an integer is declared, a whole float is that integer; where a string is declared, bytes that are UTF-8 are that string. In JSON a byte order mark before a frame, carriage returns, and lines of white space are passed over. What may be any value is taken as it is.',
];

const ENVELOPE = [
  heading(2, 'Messages'),
  [
    '- Request: `[0, id, method, params]`',
    '- Response: `[1, id, error, result]`',
    '- Notification: `[2, method, params]`',
  ].join('\n'),
  '`params` is an array, positional. `id` is an unsigned 32-bit integer that the client chooses, different from those of its unanswered requests; the response repeats it. With no error, `error` is nil; with no data, `result` is nil. A client may send a request as a notification: it is executed, and nothing is answered, not even an error.',
  'A client ignores notifications, fields of maps and error codes that it does not know: services may add them. A request without a response for 20 seconds can be given up; whether it took effect is then not known.',
  'Optional params may be left out at the end or be nil; a nil option is an absent one. Params beyond the declared ones and unknown option keys are ignored. Fewer than the required params is `wrongArgumentsCount(expected, got)`; then types are checked from left to right, and the first bad one is `badArgument(index, value)`.',
  'A frame carries one or more messages: MessagePack values one directly after another, JSON arrays each on a line of its own (a newline at the end is fine, one inside a message is not). Both sides may batch, so a client must expect several messages in a frame.',
  'Requests of one socket start in order, and those that name the same room or user take effect in order; responses come in order of completion. The notifications that a request causes for the caller come before its response (unless the service is late: the response does not wait for ever).',
  'A service bounds what is asked of it: so many requests a second for each socket (`limits.requestsPerSecond`), and for all sockets of a user together so many units a second. A request is one unit or more, as it says below; long ones, large replies, and messages that many sockets hear count for more. Beyond that a request is refused with `tooManyRequests` and has no effect; wait `retryAfterMs`, then repeat it. Once one request of a frame is refused so, the rest of the frame is. Who goes on sending after many refusals is closed with 4006; of a user, the refusals of all its sockets count. Reconnecting renews nothing.',
  heading(3, 'Malformed messages'),
  'A malformed message closes the connection with 4500 and a reason like `protocolError: map key twice`, after the messages before it in the frame were executed and answered (for which there are 2 seconds at most). A message is malformed for one of these faults:',
  Object.values(malformedReasons)
    .map((reason) => `- ${code(reason)}`)
    .join('\n'),
  'A client may send types 0 and 2 only. Ext types of MessagePack are not used. A map key must be a string, must not be `__proto__`, and in MessagePack must not be twice in one map. Depth and number of values are bounded (see Limits; in JSON, bytes count as one value). A text frame on the MessagePack subprotocol, or a binary one on JSON, is malformed as well.',
];

const LOGIN = [
  heading(2, 'Login'),
  'The first request is `login(credentials)`, within 10 seconds; else close code 4004. Before it everything is answered with `noLogin`; requests sent behind it, without waiting, wait for it. A second login is `notAllowed`. Alternatively the upgrade carries `Authorization: Bearer TOKEN`: then the server logs in by itself, and no request is needed; a bad token does not refuse the upgrade, but the login.',
  'Of the credentials the first of `resumeToken`, `token`, `signature`, `anonymous` and `userName` that is there decides. None of them, or only a `userName` where the service wants tokens, is `noLogin`; `anonymous` where it is off is `notAllowed`. The names of anonymous users begin with `anonymous-`; to log in under such a name by anything but `anonymous` or a resume token is `invalidName`.',
  'Exactly one of two notifications follows: `loginConfirmed(userName, authData)`, before the response if there is one; or, for any other error than a temporary one, `loginRejected(error)`, then the error response if there is one, then close code 4501. When the cause is temporary neither is sent: an error response with `temporary: true` if there was a request, and close code 4005; come back, after `retryAfterMs` where it is told. `tooManySockets` is such an error: sockets of a node that has died count until its lease is over.',
  'The `resumeToken` in AuthData logs the same user and device in again without other credentials, for a limited time (24 hours unless configured), until `disconnect()`, or until the service revokes the logins of the user or of the device (then it closes their sockets with 4502). It is bound to the `deviceId` of the login that issued it, or to none: whoever shows it need not name the device, and another name is `badToken`. Each login issues a new one; one that was used can be used again, for the answer may have got lost. Where it is refused (`badToken`, `tokenExpired`), log in with credentials on a new connection.',
  'Logins that are resumed from each other are a chain, which ends that limited time after the token that it began with expires; where it began without a token, or with one that never expires, that time after its first login. No resume token is good beyond it, the `tokenExpiresAt` of a resumed login is the end of its chain, and its socket is closed there with 4504. `loginRefresh(token)` gives a socket the expiry of that token; resume tokens keep the end of their chain, and the next login by a token begins another. `disconnect()` voids all resume tokens of the `deviceId`, or without one those of the chain. A user who does so for a hundred devices or chains within that time loses the older of the other tokens, too.',
  'A login by token ends when the token expires, a resumed one at the end of its chain: close code 4504, unless `loginRefresh(token)` came before. The service may allow a token some seconds more, for clocks that differ; do not count on them.',
  'A `signature`, with the `userName`, stands for a token: the HMAC-SHA256, in lower-case hexadecimal digits, of `login:` userName `::` timestamp `:` nonce, by a secret that the service shares with the server that knows its users. It counts once, within 10 minutes of its time; else `badSignature`.',
  'Of the logins of a user with the same `tag` a single device is there at a time. The newer one takes over: the sockets of the older device get `loginConflict` and close code 4503, and should not come back by themselves. A login with `isReconnect` is of a device that comes back without being asked: where another one has the tag it is refused with `sessionConflict`, and nothing changes. A device is known by its `deviceId`, and never in its own way; without one each login is a device of its own, with those that are resumed from it. A resume token keeps its tag. No tag, or `default`, conflicts with nothing.',
  'A client that comes back should wait first: after the `reconnectDelayMs` of a `goAway`; otherwise a random time up to a bound that doubles with each failure (0.5 s, 1 s, 2 s … 30 s).',
];

const RECOVERY = [
  heading(2, 'Recovery'),
  'Each room has a log: messages numbered 1, 2, 3 … without gaps, within an `epoch`. A client keeps a position per room: the epoch, the id of the last message it has seen, and that message’s timestamp. With it, nothing is lost or doubled across reconnects:',
  [
    '1. Join with `roomsJoin`, not `roomJoin`: the response gives the epoch. The first time, send no position, which gives `recovered: true` and no messages; take `epoch` and `lastMessageId` from the entry. What `roomRecentHistory` then gives overlaps with live messages: the ids tell.',
    '2. On `roomMessage`: an id of last + 1 is the next message; take it. A smaller or equal id was seen already; drop it. A larger one is a gap, which a server does not leave; should it happen, call `roomsJoin` with the position again, joined or not. A message without `id` is transient and does not move the position.',
    '3. After a reconnect, call `roomsJoin` with all positions, at most `limits.roomsPerSocket` of them and each room once. `lastTimestamp` lets the server notice a log that lost messages and has others in their place; leave it out while it is not known. `recovered: true`: `messages` are exactly what was missed, oldest first, and live ones follow, possibly in the same frame: take the entries before reading on. `recovered: false`: the gap could not be filled whole (another epoch, messages trimmed, more than `limits.historyMaxGetMessages` or than the rest of the response holds in bytes, a position ahead of the log); `messages` is empty. A response holds what fits in the order asked for, so name first what matters first. Either way the position is now `epoch` and `lastMessageId`; after `recovered: false` read as much history as is wanted: pages by `roomHistoryGet` from the last id that was seen may be shorter than asked for; go on until one brings nothing new. An entry with `error` was not joined; if it is temporary, ask again.',
    '4. On `roomReset(roomName, epoch, lastMessageId)`: the server could not bridge a gap. Take the position from it and read history, as after `recovered: false`.',
    '5. On `roomAccessRemoved(roomName)`, and on `roomLeftEcho` with the id of this socket: forget the room and its position.',
    '6. Changes of messages (`roomMessageChanged`) have numbers of their own, 1, 2, 3 … A client that keeps messages has `lastChange` and `lastChangeTimestamp` in its position: of the entry at first, then `change` and `timestamp` of each that comes; a larger number than the next one is a gap, as with messages. With them `roomsJoin` gives `changes`: the messages up to `lastMessageId` that have changed since, whole and as they are now. `changesRecovered: false`: what is known of them may be of old; read them again. The timestamp lets the server notice changes that a failover of Redis lost and whose numbers others have.',
  ].join('\n'),
  'A post whose response was lost may have been stored. Give each message a `clientMessageId`, a string that the user gives to no other message in that room, and repeat the post with the same one until it is answered without a temporary error: within 5 minutes a repeat gives the first result, whatever it carries, and publishes nothing, also over another connection.',
  'To read all history after an id, call `roomHistoryGet(roomName, id, limit)` again and again with the highest id received, until a page is empty. Pages come newest first.',
];

const ACCESS = [
  heading(2, 'Access'),
  'A room has an owner and three lists of names: `adminlist`, `whitelist`, `blacklist`. Names may be on them before there is such a user. Who may join is judged in this order: owner and admins may; who is on the blacklist may not; everybody may where the room is not whitelist-only; who is on the whitelist may; nobody else.',
  'The owner edits all three lists. Admins edit `whitelist` and `blacklist`, unless the owner is among the names, and set the mode. Only the owner deletes the room. The `userlist`, its members, is read but not edited (`notAllowed`). Adding who is there, taking out who is not, and an empty list of names are no errors; the last says nothing to anybody.',
  heading(3, 'Losing a room'),
  'Whatever takes access away (a list, the mode, another owner; an admin who is none any more counts, too) takes the member out in the same step:',
  [
    '- Joined sockets hear of the change first (`roomAccessListAdded`, `roomAccessListRemoved`, `roomModeChanged`), where the room announces such changes. Then all sockets of who lost the room, joined or not, get `roomAccessRemoved`, and the members who stay `roomUserLeft`. There is no `roomLeftEcho`. A room that is deleted sends `roomAccessRemoved` only.',
    '- No message with an id above the `lastMessageId` that the room had at the change reaches who lost it. On the node of whoever made the change, nothing of the room reaches them after its response; on others what was posted before may still come a little later.',
    '- They are not joined any more, and their posts are `notJoined`. Being admitted again joins nobody: join again.',
  ].join('\n'),
  heading(3, 'Members of large rooms'),
  'In a room of more members than the service calls large (1,000 unless configured), `roomUserlistChanged` stands for `roomUserJoined` and `roomUserLeft`. It comes up to a second or so after the change, so usually after the response to the join, and at most once a second. It tells net changes: who came and went in between is in neither list. `count` is the number of members at that moment; where very many came at once, their names follow with the next ones. A room that crosses the size may send both kinds.',
  'To keep a list of members, join, read it with `roomUserlistGet` page by page, and apply the notifications, also those that come meanwhile, as sets: a name that is there already, or gone already, is no mistake. A room without `enableUserlistUpdates` sends none of the three.',
];

const DIRECT = [
  heading(2, 'Direct messages'),
  '`directMessage(userName, message)` reaches all sockets of the receiver as `directMessage`, and the other sockets of the sender as `directMessageEcho`. Refusals, in this order: `notAllowed` where the service has the feature off; `noUser` for a user that there is not; `notAllowed` to oneself, from who is on the blacklist of the receiver, and, where the receiver is whitelist-only, from who is not on its whitelist.',
  'They are kept, for who is away too, in one conversation for each two users: its messages have the ids 1, 2, 3 … in one order for both directions. Recovery does not bring them; a socket that was away reads them again with `directHistoryGet`. A page there is ascending: the newest messages, those before `fromId` (exclusive), or, forward, those after it; `fromTime` is inclusive, and alone means forward. Only the newest are kept: 10,000, unless configured otherwise. A repeat with the same `clientMessageId` (see Recovery; here unique per receiver) gives the first result.',
  "Each message that is read again has a `status`: `not_sent`, then `sent` once a socket of the receiver has had it (it has answered a WebSocket ping that the server sends behind it: libraries do that by themselves), then `read` once the receiver has said so with `directMessageRead(userName, upToId)`. Both are marks up to an id that only go forward. When one moves, `directMessageStatus(userName, {status, upToId})` tells all sockets of the author and the receiver's others, `userName` being the other party. Reading history marks as `sent` what it gives of the other side; the mark stops before the first message of an author that nobody has had. A client's own `status` in the map of a message is dropped.",
  'What came while no socket of the user was there is given by `missedMessagesGet()`: by user, the oldest 100 of each and what fits into a reply, so ask again until it gives nothing. A login with `offlineMessages: "push"` is told the same as `missedMessages`, behind its session and before its response; `more` says that there may be more. By the first it counts as `sent` at once, by the second when the socket has it. What it is told may be empty, with `more`: then ask. A message may come more than once, also as `directMessage` besides, where the connection breaks in between or its event is late: its `id` tells. What somebody wrote whom the user blocks meanwhile may be among it.',
  'How much is unread, of users and of rooms, is given by `unreadGet()`, and told to a socket that logs in with `offlineMessages: "unread"` as `unreadCounts`: at the login the newest 50, if anything is unread, later what changes elsewhere. `directMessageRead` and `roomMessageRead(roomName, upToId)` move the marks; to have a message is not to have read it. A room has a mark for who has joined it or has it in the session. Posting moves it, writing to a user moves none. A count told later stands for the one before it, and zeros are told where something was read elsewhere. What a socket reads itself, and messages of rooms that it has joined, it counts itself.',
  'A message mentions users by the option `mentions`, up to 50 names, and, from the owner or an admin, all who are in the room by `mentionAll`. Both come back as fields of the message, and `mentioned` of a count is true until the message is read. `mentions` and `mentionAll` in the map of a message are dropped.',
  'A service may be set to live messages: then they have no id, history and status (`notAllowed`), nothing is kept for who is away, and writing to a user without sockets is `noUserOnline`, after all other refusals. A receiver whose connection broke unnoticed counts as online for a while.',
  'Each user has a `whitelist`, a `blacklist` and a mode of its own, which only it can read and change, and of whose changes nobody is told. Here the name of the list is checked first, then whether the own name is among the names (`notAllowed`), then the names, then the limit.',
  heading(3, 'Transient messages'),
  'With the option `transient`, a message to a room or a user is delivered like any other, but without `id`; the result is nil. It is in no history and is not recovered, and a reader who lags is sent none until it has caught up. By convention its map has a key `event` that says what it is (`typing` …). Of those that a socket sends to the same room or user with the same `event` (128 characters at most, and without a `clientMessageId`), the first goes at once and of those within 100 ms behind it only the latest, when the time is over, or at once before anything else that the socket sends there, leaves, or closes. Each is answered at once.',
];

const INBOX = [
  heading(2, 'The inbox'),
  'What a user is told of direct messages, contacts, lost rooms and its session is also logged, whether a socket is there or not: `inboxPosition` says which notifications. A device begins at the `inbox` of the AuthData of its first login, and moves by `inboxPosition({epoch, seq})`, which comes right behind its notification, in the same frame; keep both together. What a socket did itself, what is not for it, or what it was told already comes to it as `inboxPosition` alone. Numbers go up by one within an epoch, but several may be passed at once. With `inboxTimestamps: true` in the credentials of each login positions have a `timestamp` as well, also that of AuthData: name it with them. The service sees by it that a failover of Redis has lost what this device was told last, and that others have its number.',
  'A login that names the position (`inbox`) is told what the device has missed, oldest first, behind `loginConfirmed` and before its session, its response and anything live. Where that is not possible (another epoch, a position ahead of the log, its number given to another notice, more than is kept or than may be told at once) it is told `inboxReset({epoch, seq})` instead, and goes on from there: read `contactList`, `sessionGet` and the conversations again. With a position messages come from the log only, as `directMessage`, not in `missedMessages` unless the log was reset. What a room has told a socket itself (`roomAccessRemoved`), or what came while requests on two rooms were under way, may be told again where the connection broke just then.',
];

const SESSIONS = [
  heading(2, 'Sessions'),
  'A session is the set of rooms that the devices of one user share, each filed under a group. It belongs to the user, not to a device: disconnects change nothing. A socket takes part (is _synced_) by `enableSync: true` in the credentials of its login, of a resumed one as well; sockets without it neither change the session nor hear of it, but may read it (`sessionGet`). A login by header asks for it by its first request, a `login` that names nobody.',
  [
    '1. At login, after `loginConfirmed` and before the response and all newer notices: for each group one `$.chat.join` per room, then `$.group.restored`; for `custom` also when it is empty. That is the whole session: begin with an empty picture. It joins nothing; call `roomsJoin` for the rooms whose messages are wanted.',
    '2. `roomJoin` or `roomsJoin` by a synced socket files the room under `group`, by default `custom`; `system` is `notAllowed`. The first filing sends `$.chat.join` to the other synced sockets; joining a filed room sends none. Naming another group moves the room: `$.chat.leave` with the old group, then `$.chat.join` with the new one. Naming none leaves it where it is. The others do not get messages of the room until they join it themselves.',
    '3. `roomLeave` by a synced socket, joined or not, takes the room out of the session and all synced sockets of the user out of the room. The other synced sockets get `$.chat.leave`; for each socket taken out there is a `roomLeftEcho`, which that socket gets itself, too, unless it asked. Sockets that are not synced stay joined; the result counts them.',
    '4. A room that is lost, by eviction or deletion, sends `$.chat.leave` to all synced sockets beside `roomAccessRemoved`. Who is away just does not find it at the next login.',
  ].join('\n'),
  'So `$.chat.leave` alone does not say that a socket is out of the room, for it may be a move: `roomLeftEcho` with its own id does (the service may send it, too), or `roomAccessRemoved`. A socket hears nothing of what it files or takes out itself; its response tells. Notices of the session about a room come before or after the response to a join or leave of that room in the order in which they took effect: a client that applies both as they come has what `sessionGet` gives.',
];

/** The sections before the catalogue. `example` shows one exchange. */
export function guide(example: readonly string[]): string[] {
  return [
    'All that a client needs to know: how to connect, what to send, what comes back, and what to do when something fails. Words in `code` are literal.',
    ...TRANSPORT,
    ...VALUES,
    ...ENVELOPE,
    heading(3, 'An exchange'),
    ...example,
    ...LOGIN,
    ...RECOVERY,
    ...ACCESS,
    ...DIRECT,
    ...INBOX,
    ...SESSIONS,
  ];
}
