// Hooks that do what the names of users and rooms, and the words in messages, ask for: `throw-7` throws, `hang-7` never
// answers. Each call is printed as a line of JSON, where the tests find it in the log of its node.
const say = (hook, argument) => console.log(JSON.stringify({ msg: 'hook', hook, argument }));

/** What a hook makes of a word. */
function obey(word) {
  switch (String(word).split('-')[0]) {
    case 'throw':
      throw new Error('a secret of the operator');
    case 'reject':
      return Promise.reject(new TypeError('a secret of the operator'));
    case 'hang':
      return new Promise(() => {});
    case 'late':
      return new Promise((_, reject) => setTimeout(() => reject(new Error('nobody waits any more')), 600));
    case 'nonsense':
      return 42;
    case 'typo':
      return { eror: { code: 'notToday' } };
    case 'refuse':
      return { error: { code: 'notToday', args: [1, 'two'], message: 'Not today.', retryAfterMs: 5 } };
    case 'later':
      return Promise.resolve({ error: { code: 'closedNow', temporary: true } });
    case 'known':
      return { error: { code: 'notAllowed' } };
    default:
      return undefined;
  }
}

const checkMessage = (hook) => (check) => {
  say(hook, check);
  const { word, textMessage = '' } = check.message;
  // Words of a text.
  if (textMessage.includes('refuse')) return obey('refuse');
  if (textMessage.includes('mask')) return { message: { textMessage: textMessage.replaceAll('mask', '****') } };
  if (word === 'shout') return { message: { ...check.message, word: 'SHOUT' } };
  if (word === 'large') return { message: { word: 'x'.repeat(10_000) } };
  if (word === 'text') return { message: 'text' };
  if (word === 'function') return { message: { word: () => {} } };
  if (word === 'bare') return { word: 'bare' };
  // Changes its own copy only.
  check.message.word = 'mutated';
  return obey(word);
};

let seen = 0;

export const hooks = {
  async onStart({ service }) {
    say('onStart', { call: typeof service.call });
  },
  onClose(given) {
    say('onClose', given);
    return obey(process.env.HOOKS_CLOSE);
  },
  onConnect(connecting) {
    say('onConnect', connecting);
    const { userName, credentials } = connecting;
    if (userName === undefined) return credentials.deviceId && { userName: `device-${credentials.deviceId}` };
    if (userName.startsWith('team')) {
      connecting.userName = 'mutated';
      const members = connecting.reason === 'resume' ? userName : `${userName}@team`;
      return { userName: members, authData: { team: { colour: 'red' }, id: 'mine', userName: 'me', protocol: 2 } };
    }
    if (userName.startsWith('decomposed')) return { userName: `${userName}-e\u0301` };
    if (userName.startsWith('badname')) return { userName: 'a:b' };
    if (userName.startsWith('nobody')) return { userName: 'anonymous-x' };
    if (userName.startsWith('large')) return { authData: { data: 'x'.repeat(5000) } };
    return obey(userName);
  },
  onDisconnect(given) {
    say('onDisconnect', given);
    return obey(given.userName.replace('away', ''));
  },
  onJoin(joining) {
    say('onJoin', joining);
    const { roomName } = joining;
    joining.roomName = 'mutated';
    return obey(roomName);
  },
  onAbsent(absent) {
    say('onAbsent', absent);
    return obey(absent.message.whenAbsent);
  },
  onLeave(left) {
    say('onLeave', left);
    if (left.roomName.startsWith('leave')) void obey(left.roomName.slice('leave'.length));
  },
  roomMessageCheck: checkMessage('roomMessageCheck'),
  directMessageCheck: checkMessage('directMessageCheck'),
  profileOf(asked) {
    say('profileOf', asked);
    const { viewer, fields } = asked;
    const { word } = fields;
    if (word === 'open') return;
    if (word === 'masked') return { fields: { nick: `for ${viewer}`, userName: 'somebody', status: 'gone' } };
    if (word === 'huge') return { fields: { text: 'x'.repeat(9000) } };
    if (word === 'wrong') return { fields: 'none' };
    // Changes its own copy only.
    fields.word = 'mutated';
    return obey(word);
  },
  before: {
    '*': (call) => {
      call.data.seen = ++seen;
      if (call.method === 'roomGetOwner') say('before.*', call);
    },
    roomGetOwner: ({ args, data }) => {
      say('before.roomGetOwner', { args, data });
      const { roomName } = args;
      // Changes its own copy only.
      args.roomName = 'mutated';
      if (roomName.startsWith('alias')) return { args: { roomName: roomName.replace('alias', 'room') } };
      if (roomName.startsWith('short')) return { result: 'somebody' };
      if (roomName.startsWith('empty')) return { result: undefined };
      if (roomName.startsWith('number')) return { result: 7 };
      if (roomName.startsWith('badarg')) return { args: { roomName: 7 } };
      if (roomName.startsWith('unknownarg')) return { args: { room: 'x' } };
      return obey(roomName);
    },
    roomUserlistGet: ({ args }) => ({ args: { options: args.options === undefined ? { limit: 1 } : null } }),
    roomMembersAdd: ({ args: { roomName, userNames } }) =>
      roomName.startsWith('first') ? { args: { userNames: userNames.slice(0, 1) } } : obey(roomName),
    ping: () => obey('throw'),
    roomMessageAppend: ({ args }) => {
      say('before.roomMessageAppend', { args });
      if (args.text.includes('later')) return { args: { text: args.text.replace('later', 'sooner') } };
    },
  },
  after: {
    roomGetOwner: (call) => {
      say('after.roomGetOwner', call);
      if (call.args.roomName.startsWith('masked')) return { result: 'nobody' };
      if (call.args.roomName.startsWith('wrongafter')) return { result: [] };
      if (call.args.roomName.startsWith('brokenafter')) return obey('throw');
      if (call.error?.code === 'noRoom' && call.args.roomName.startsWith('ghost')) return { result: null };
    },
    roomJoin: ({ args, result }) => {
      if (args.roomName.startsWith('joinrefused') && result !== undefined) return obey('refuse');
    },
    roomMemberQuit: ({ args }) => {
      if (args.roomName.startsWith('quitrefused')) return obey('later');
    },
    roomLeave: ({ args }) => {
      if (args.roomName.startsWith('leaverefused')) return obey('later');
    },
    '*': (call) => {
      if (call.method === 'roomGetOwner') say('after.*', call);
    },
  },
  policies: {
    'before.ping': { onFailure: 'allow' },
    directMessageCheck: { onFailure: 'allow', timeoutMs: 50 },
  },
};
