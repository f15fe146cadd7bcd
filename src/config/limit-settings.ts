// The settings of what one message, socket, user, or address may take of a node. A part of the table in table.ts.
import { addressLimit, integer } from './setting.ts';

/** By the setting's name in this code. */
export const limitSettings = {
  frameBytes: integer(
    'PARLEY_FRAME_BYTES',
    65_536,
    { min: 1024, max: 1 << 24 },
    { unit: 'bytes', doc: 'Largest frame from a client.' },
  ),
  messageBytes: integer(
    'PARLEY_MESSAGE_BYTES',
    16_384,
    { min: 128, max: 1 << 20 },
    { unit: 'bytes', doc: 'Largest message map, as msgpack.' },
  ),
  requestsInFlight: integer(
    'PARLEY_REQUESTS_IN_FLIGHT',
    32,
    { min: 1, max: 10_000 },
    { unit: 'requests', doc: 'Requests of one socket that are worked on at the same time; further ones wait.' },
  ),
  backpressureBytes: integer(
    'PARLEY_BACKPRESSURE_BYTES',
    4_194_304,
    { min: 65_536, max: 1 << 30 },
    {
      unit: 'bytes',
      doc: 'Unread bytes kept for one socket; a reader that is behind by half of it for 3 s, or by three quarters, is closed as slow. A reply holds an eighth of it at most.',
    },
  ),
  roomsPerSocket: integer(
    'PARLEY_ROOMS_PER_SOCKET',
    128,
    { min: 1, max: 100_000 },
    { unit: 'rooms', doc: 'Rooms that one socket may be in.' },
  ),
  roomMembers: integer(
    'PARLEY_ROOM_MEMBERS',
    5000,
    { min: 1, max: 1_000_000 },
    { unit: 'users', doc: 'Users that may belong to one room, whether online or not.' },
  ),
  roomsPerUser: integer(
    'PARLEY_ROOMS_PER_USER',
    1000,
    { min: 1, max: 10_000 },
    { unit: 'rooms', doc: 'Rooms that one user may belong to, whether online or not.' },
  ),
  socketsPerUser: integer(
    'PARLEY_SOCKETS_PER_USER',
    50,
    { min: 1, max: 10_000 },
    { unit: 'sockets', doc: 'Sockets that one user may have.' },
  ),
  sessionRooms: integer(
    'PARLEY_SESSION_ROOMS',
    1000,
    { min: 1, max: 100_000 },
    { unit: 'rooms', doc: "Rooms that may be filed in one user's session." },
  ),
  inboxSize: integer(
    'PARLEY_INBOX_SIZE',
    1000,
    { min: 0, max: 100_000 },
    {
      unit: 'notices',
      doc: "Notices kept of each user for its devices that are away, and not more than a MiB of them; one that comes back and has missed more is told so (`inboxReset`). 0: none are kept. It counts from the user's next login.",
    },
  ),
  contactsMax: integer(
    'PARLEY_CONTACTS_MAX',
    5000,
    { min: 1, max: 100_000 },
    { unit: 'users', doc: 'Contacts that one user may have.' },
  ),
  socketsPerAddress: addressLimit(
    'PARLEY_SOCKETS_PER_ADDRESS',
    { max: 1000, publicOnly: true },
    {
      unit: 'sockets',
      doc: 'Sockets that one address may have open on one node, 0: no limit. With `public`, loopback and private addresses, behind which there is a proxy as a rule, do not count.',
    },
  ),
  guestsPerAddress: addressLimit(
    'PARLEY_GUESTS_PER_ADDRESS',
    { max: 100, publicOnly: true },
    { unit: 'sockets', doc: 'The same for its guests: the sockets that have not logged in.' },
  ),
  guestsMax: integer(
    'PARLEY_GUESTS_MAX',
    1000,
    { min: 1, max: 1_000_000 },
    { unit: 'sockets', doc: 'Guests of all addresses together that one node lets in; others get HTTP 503.' },
  ),
  rateRequestsPerSecond: integer(
    'PARLEY_RATE_REQUESTS_PER_SECOND',
    200,
    { min: 1, max: 1_000_000 },
    { unit: 'requests/s', doc: 'Lasting rate of requests that one socket may send.' },
  ),
  rateBurst: integer(
    'PARLEY_RATE_BURST',
    500,
    { min: 1, max: 1_000_000 },
    { unit: 'requests', doc: 'Requests that one socket may send at once after a pause.' },
  ),
  rateUserPerSecond: integer(
    'PARLEY_RATE_USER_PER_SECOND',
    1000,
    { min: 1, max: 100_000_000 },
    {
      unit: 'units/s',
      defaultText: '1000, or five times PARLEY_RATE_REQUESTS_PER_SECOND if that is more',
      doc: 'What all sockets of a user together may ask of one node, a unit being an ordinary request: large replies, many names and many listeners count as more.',
    },
  ),
  rateUserBurst: integer(
    'PARLEY_RATE_USER_BURST',
    2500,
    { min: 10, max: 100_000_000 },
    {
      unit: 'units',
      defaultText: '2500, or five times PARLEY_RATE_BURST if that is more',
      doc: 'What they may ask for at once after a pause; reconnecting does not renew it.',
    },
  ),
} as const;
