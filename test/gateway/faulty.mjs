// A module of hooks that has none: it puts defects into the node that loads it. Each strikes where a word is in what the node is
// about to say or do, so that a test chooses by the names that it gives.
const load = (path) => import(new URL(`../../src/${path}`, import.meta.url).href);
const [{ Connection }, { Hub }, { ServerApi }] = await Promise.all(
  ['gateway/connection.ts', 'gateway/hub/hub.ts', 'service/server-api.ts'].map(load),
);

/** Of a result with stored parts, what it stands for. */
const text = (value) =>
  value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : (JSON.stringify(value?.value ?? value) ?? '');

function strike(word, where) {
  if (where.includes(word)) throw new Error(`a defect: ${word}`);
}

/** Puts a defect in front of a method; `of` gives what the word is looked for in. */
function sabotage({ prototype }, name, word, of) {
  const sound = prototype[name];
  prototype[name] = function (...args) {
    strike(word, of.apply(this, args));
    return sound.apply(this, args);
  };
}

sabotage(Connection, 'respond', 'cannot-answer', (_id, error, result) => (error === null ? text(result) : ''));
sabotage(Connection, 'sendFrame', 'cannot-tell', text);
sabotage(Connection, 'notifyStored', 'cannot-confirm', (_name, leading) => text(leading));

// Of a login, and of a join.
sabotage(Hub, 'attachUser', 'cannot-begin', (socket) => socket.userName);
sabotage(Hub, 'attachRoom', 'cannot-join', function (_roomName, socketId) {
  return this.find(socketId)?.userName ?? '';
});

const { call } = ServerApi.prototype;
ServerApi.prototype.call = async function (method, params, as) {
  const outcome = await call.call(this, method, params, as);
  if (!text(params).includes('cannot-write')) return outcome;
  return Object.defineProperty({}, 'outcome', {
    enumerable: true,
    get: () => strike('cannot-write', text(params)),
  });
};

export const hooks = {};
