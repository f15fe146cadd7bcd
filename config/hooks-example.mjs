// @ts-check
// An example of hooks: PARLEY_HOOKS=config/hooks-example.mjs npm start. Copy it and keep what you need; the contract, every
// hook with what it is given and may answer, is in src/hooks/contract.ts.

const forbidden = /\bspam\b/gi;
const reserved = /^(?:root|admin|system)$/i;

/** @type {import('parley/hooks').Hooks} */
export const hooks = {
  // Before the first connection is accepted.
  async onStart({ service }) {
    // What the service does for itself needs no user, and no permission.
    await service.call('roomCreate', { roomName: 'lobby' }).catch((error) => {
      if (error.code !== 'roomExists') console.warn('the lobby could not be made:', error.message);
    });
  },

  // Who may log in, and what their clients are told about them.
  onConnect({ userName }) {
    if (userName === undefined) return;
    if (reserved.test(userName))
      return { error: { code: 'nameReserved', args: [userName], message: 'Choose another name.' } };
    return { authData: { greeting: `Welcome, ${userName}!` } };
  },

  // Rooms of one user: `private-ada` is for ada only, whatever the lists of the room say.
  onJoin({ userName, roomName }) {
    if (roomName.startsWith('private-') && roomName !== `private-${userName}`) return { error: { code: 'notAllowed' } };
  },

  // Words that nobody needs to see, and messages that are no messages.
  roomMessageCheck({ message }) {
    if (typeof message.textMessage !== 'string') return;
    if (message.textMessage.trim() === '') return { error: { code: 'emptyMessage', message: 'Write something.' } };
    return { message: { ...message, textMessage: message.textMessage.replace(forbidden, '****') } };
  },

  before: {
    // `#Lobby` and `lobby` are one room.
    roomCreate: ({ args }) => ({ args: { roomName: args.roomName.replace(/^#/, '').toLowerCase() } }),
    roomJoin: ({ args }) => ({ args: { roomName: args.roomName.replace(/^#/, '').toLowerCase() } }),
  },

  after: {
    // Not everybody needs to know who owns a room.
    roomGetOwner: ({ userName, ...outcome }) =>
      'result' in outcome && outcome.result !== userName ? { result: null } : undefined,
  },

  policies: {
    // A filter that fails must not silence everybody.
    roomMessageCheck: { timeoutMs: 200, onFailure: 'allow' },
  },
};
