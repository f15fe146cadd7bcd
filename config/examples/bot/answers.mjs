// A bot that answers in a room whoever says `@bot …` or `/ask …`, word by word, as a program does that has its answer bit by bit.
// It asks nobody: it knows who is here, what was said, what time it is, dice, numbers, and a tale. See README.md beside it.

/** From one word to the next. */
const PAUSE_MS = 70;
/** Questions that wait; what is asked beyond is not answered, so that nobody keeps a bot busy for ever. */
const WAITING_MAX = 5;
const COUNT_MAX = 30;
const READ_MAX = 100;

/** Answers from now on, one question after the other. Gives a function that ends it. */
export function answerIn(room, { name = 'bot', pauseMs = PAUSE_MS } = {}) {
  const waiting = [];
  let isBusy = false;
  let isOver = false;

  const answerAll = async () => {
    isBusy = true;
    for (let next = waiting.shift(); next !== undefined && !isOver; next = waiting.shift()) {
      // What cannot be answered (its question is gone, or the answer was recalled) is left.
      await answer(next).catch(() => undefined);
    }
    isBusy = false;
  };
  const answer = async ({ message, question }) => {
    const text = await answerTo(question, { room, name, author: message.author });
    await write(room, text, { pauseMs, question: message, isOver: () => isOver });
  };
  const hear = (message) => {
    const question = message.isOwn || message.author === name ? undefined : questionIn(message, name);
    if (question === undefined || waiting.length >= WAITING_MAX) return;
    waiting.push({ message, question });
    if (!isBusy) void answerAll();
  };
  room.on('message', hear);
  // Who is here is read at the first look, and kept from then on.
  void room.users.size;
  return () => {
    isOver = true;
    room.off('message', hear);
  };
}

/** Says what it is good for. */
export const greet = (room, { name = 'bot', pauseMs = PAUSE_MS } = {}) =>
  write(room, `Hello! I am ${name}, a small program. ${offers(name)}`, { pauseMs });

/** As it is read elsewhere: the first word is a message, each of the others is appended to it. */
async function write(room, text, { pauseMs, question, isOver = () => false }) {
  const writer = room.write(question === undefined ? {} : { content: { replyTo: question.id } });
  for (const word of text.match(/\S+\s*/g) ?? []) {
    // Nobody wants an answer to what was taken back.
    if (isOver() || question?.recalled === true) return writer.abort();
    await writer.write(word);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  await writer.end();
}

/** What is asked; undefined where nothing is. */
export function questionIn({ content: { textMessage } }, name) {
  if (typeof textMessage !== 'string') return undefined;
  const call = [`@${name}`, '/ask'].find((word) => textMessage.toLowerCase().startsWith(word.toLowerCase()));
  // `@bottle` is somebody else.
  if (call === undefined || /^[\p{L}\p{N}_-]/u.test(textMessage.slice(call.length))) return undefined;
  return textMessage.slice(call.length).replace(/^[\s,:]+/, '');
}

const offers = (name) =>
  `Ask me “@${name} who is here?”, “@${name} what was said?”, “@${name} what time is it?”, “@${name} roll 2d6”, ` +
  `“@${name} count to 10”, or “@${name} tell us a tale”. I answer word by word, so you can watch me think.`;

/** The first topic that fits; each takes what of the question it has found. */
const topics = [
  [/\bcount\D*(\d+)/i, (about) => counted(Number(about.found[1]))],
  [/\b(?:roll|dice|die)\b(?:\D*(\d+)\s*d\s*(\d+))?/i, (about) => rolled(...about.found.slice(1).map(Number))],
  [/\bwho\b/i, ({ room, name }) => here(room, name)],
  [/\b(?:said|happened|missed|sum)\b/i, ({ room }) => summed(room)],
  [/\b(?:time|day|date)\b/i, () => `It is ${new Date().toUTCString()}, as far as my clock is right.`],
  [/\b(?:tale|story)\b/i, ({ room, name, author }) => tale(room, name, author)],
  [/^\W*(?:$|help|hello|hi\b|what can you)/i, ({ name, author }) => `Hello, ${author}! ${offers(name)}`],
];

export async function answerTo(question, { room, name, author }) {
  for (const [pattern, words] of topics) {
    const found = pattern.exec(question);
    if (found !== null) return words({ found, room, name, author });
  }
  const asked = question.length > 200 ? `${question.slice(0, 200)}…` : question;
  return `“${asked}” is more than I know, ${author}: I am ${name}, a few lines of code without a model behind them. ${offers(name)}`;
}

function counted(wanted) {
  const last = Math.min(COUNT_MAX, Math.max(1, wanted));
  const numbers = Array.from({ length: last }, (_, index) => index + 1).join(', ');
  return wanted > last ? `${numbers} … and that is far enough.` : `${numbers}. Done!`;
}

function rolled(count, sides) {
  const [dice, faces] = [Math.min(10, count || 1), Math.min(1000, sides || 6)];
  const thrown = Array.from({ length: dice }, () => 1 + Math.floor(Math.random() * Math.max(1, faces)));
  const sum = thrown.reduce((one, other) => one + other, 0);
  return dice === 1 ? `The die shows … ${sum}.` : `The dice show … ${thrown.join(', ')}. That is ${sum}.`;
}

const listed = (names) => (names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`);

const others = (room, name) => [...room.users.keys()].filter((each) => each !== name).slice(0, 20);

function here(room, name) {
  const names = others(room, name);
  return names.length === 0 ? 'Nobody but me.' : `Here are ${listed([...names, 'me'])}.`;
}

async function summed(room) {
  const counts = new Map();
  let total = 0;
  for await (const { author, recalled } of room.history({ limit: READ_MAX })) {
    if (recalled) continue;
    total += 1;
    counts.set(author, (counts.get(author) ?? 0) + 1);
  }
  const most = [...counts].sort(([, one], [, other]) => other - one).slice(0, 5);
  const words = most.map(([author, count]) => `${author} ${count === 1 ? 'once' : `${count} times`}`);
  return `The last ${total} messages are from ${counts.size === 1 ? 'one person' : `${counts.size} people`}: ${listed(words)} spoke.`;
}

function tale(room, name, author) {
  const [hero = author, friend = 'a stranger'] = others(room, name);
  return (
    `Once ${hero} wrote a message that nobody had asked for. It went through a gateway, got a number, and waited in a log ` +
    `with all the others, in the order in which they had come. That day ${friend} was away. But the log forgets nothing: ` +
    `when ${friend} came back, the message was there, once and in its place. “Did you wait long?” ${friend} asked. ` +
    '“I have no clock,” the message said, “only a number.” And if it was not recalled, it is there still.'
  );
}
