// The chat of a live stream: one room with very many people who write much. A screen shows what a person can read and leaves
// out the rest, which it says; nobody is told who types or who comes; hearts are not stored, and reach whoever keeps up.
import { createClient } from '/client/index.js';
import { urls } from '/service.js';

const roomName = 'live-stream';
/** Lines on the screen; the oldest leave it. */
const shownMax = 200;
/** New lines with each picture: more could not be seen, and would keep the page from scrolling. */
const linesPerFrame = 20;

const element = (id) => document.getElementById(id);
const tell = (text) => (element('state').textContent = text);

element('login').addEventListener('submit', (event) => {
  event.preventDefault();
  start(element('name').value.trim()).catch((error) => tell(`Could not log in: ${error.message}`));
});

async function start(userName) {
  // In production a token from your own server says who somebody is: credentials: async () => ({ token: await … }).
  const client = createClient({ urls, credentials: { userName }, offlineMessages: 'none' });
  client.on('connect', () => tell('Connected.'));
  client.on('schedule', (_, delayMs) => tell(`Connection lost; again in ${Math.ceil(delayMs / 1_000)} s.`));
  client.on('reconnect', () => tell('Connected again.'));
  client.on('close', ({ reason }) => tell(`Logged out: ${reason}`));
  await client.connect();

  const view = new View();
  const room = client.room(roomName);
  room.on('message', ({ author, content }) => {
    if (content.event === 'heart') view.addHearts(1);
    else view.add(`${author}: ${String(content.textMessage ?? '')}`);
  });
  // After a long absence the service may no longer have everything: say so, and go on with what comes.
  room.on('reset', () => view.add('— some messages were missed —'));
  room.on('removed', ({ reason }) => tell(`You are no longer in the chat: ${reason ?? ''}`));
  await room.join({ create: true });
  element('login').hidden = true;
  element('stream').hidden = false;

  element('send').addEventListener('submit', (event) => {
    event.preventDefault();
    const text = element('text').value.trim();
    if (text !== '') send(room, text);
  });
  element('heart').addEventListener('click', () => {
    // Transient: in no history, and dropped first for who is behind. A lost heart is no loss.
    room.send({ event: 'heart' }, { transient: true }).done.catch(() => undefined);
  });
}

/** One's own message appears when it comes back from the room, in its place among the others. */
async function send(room, text) {
  const [input, button] = [element('text'), element('send').querySelector('button')];
  button.disabled = true;
  try {
    input.value = '';
    await room.send({ textMessage: text }).done;
    tell('');
  } catch (error) {
    // Nothing is lost: the words come back into the field, unless others stand there by now.
    input.value ||= text;
    tell(error.temporary ? 'Too fast. Try again in a moment.' : `Not sent: ${error.message}`);
  } finally {
    button.disabled = false;
  }
}

/** The lines on the screen: bounded, added in batches, and left alone while somebody reads further up. */
class View {
  #waiting = [];
  #skipped = 0;
  #hearts = 0;
  #frame;

  add(line) {
    this.#waiting.push(line);
    // More than fits on the screen would leave it before it was seen.
    if (this.#waiting.length > shownMax) {
      this.#waiting.shift();
      this.#skipped += 1;
    }
    this.#frame ??= requestAnimationFrame(() => this.#draw());
  }

  addHearts(count) {
    this.#hearts += count;
    this.#frame ??= requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#frame = undefined;
    const list = element('messages');
    const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    const lines = this.#waiting.splice(0, linesPerFrame).map((line) => {
      const item = document.createElement('li');
      // Text, whatever it looks like.
      item.textContent = line;
      return item;
    });
    list.append(...lines);
    while (list.childElementCount > shownMax) list.firstElementChild.remove();
    if (atEnd) list.scrollTop = list.scrollHeight;
    element('hearts').textContent = `♥ ${this.#hearts}`;
    element('skipped').textContent = this.#skipped > 0 ? `${this.#skipped} messages not shown: too many at once.` : '';
    if (this.#waiting.length > 0) this.#frame = requestAnimationFrame(() => this.#draw());
  }
}
