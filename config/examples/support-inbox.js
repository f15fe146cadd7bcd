// A support inbox. What a customer and the support say to each other is a room that both belong to, the same one each time; every
// agent logs in as the user `support` on a device of its own, so all of them see the same rooms, and what one has read is read
// for all. Whose a room is, and whether it is done, are attributes of it: by them the agents' list is filtered.
import { createClient } from '/client/index.js';
import { urls } from '/service.js';

const supportName = 'support';
/** Messages on the screen; older ones leave it. */
const shownMax = 200;
/** Rooms in an agent's list, which is in all of them: so it hears of what becomes of each. */
const listedMax = 50;
/** The list is not read more often than that. */
const lookMs = 500;

const element = (id) => document.getElementById(id);
const tell = (text) => (element('state').textContent = text);

element('login').addEventListener('submit', (event) => {
  event.preventDefault();
  const name = element('name').value.trim();
  const isAgent = event.submitter?.value === 'agent';
  start(name, isAgent).catch((error) => tell(`Could not log in: ${error.message}`));
});

async function start(name, isAgent) {
  // In production a token from your own server says who somebody is: credentials: async () => ({ token: await … }).
  const credentials = isAgent ? { userName: supportName, deviceId: `agent-${name}` } : { userName: name };
  const client = createClient({ urls, credentials });
  client.on('connect', () => tell('Connected.'));
  client.on('schedule', (_, delayMs) => tell(`Connection lost; again in ${Math.ceil(delayMs / 1_000)} s.`));
  client.on('reconnect', () => tell('Connected again.'));
  client.on('close', ({ reason }) => tell(`Logged out: ${reason}`));
  await client.connect();
  element('login').hidden = true;
  element('desk').hidden = false;
  if (isAgent) await new Inbox(client, name).open();
  else await openHelp(client);
}

/** A customer: one room, with the support. */
async function openHelp(client) {
  const talk = new Talk(client, {});
  try {
    // Contacts see each other come and go.
    await client.contacts.add(supportName);
  } catch {
    return tell('Nobody of the support has ever been here. Try again later.');
  }
  // The same one for the same two people, whenever it is asked for.
  const room = await client.conversations.create({
    members: [supportName],
    unique: true,
    attributes: { customer: client.userName, state: 'open' },
  });
  // Whoever made it is its owner. That the support may change its attributes is for the owner to say; in production your own
  // server would make the room, and own it.
  await room.members.setRole(supportName, 'admin');
  const showWho = () =>
    talk.tellWho(
      client.user(supportName).status === 'online' ? 'Somebody is here.' : 'Nobody is here; leave a message.',
    );
  client.contacts.on('status', showWho);
  showWho();
  await talk.open(room);
  // What was done is open again when there is more to say.
  talk.beforeSending = () => {
    if (room.get('state') === 'done') void change(room, { state: 'open', assignee: null });
  };
}

/** Sets attributes as long as nobody else has meanwhile; tells where that is so. */
async function change(room, changes, ifVersion) {
  for (const [path, value] of Object.entries(changes)) room.set(path, value);
  try {
    await room.save(ifVersion === undefined ? {} : { ifVersion });
  } catch (error) {
    tell(error.code === 'versionConflict' ? 'Somebody else was faster.' : `Not done: ${error.message}`);
    // What was set here is dropped.
    await room.fetch().catch(() => undefined);
  }
}

/** An agent: the rooms of all customers, as the filter has them, what is unread in each, and who is on it. */
class Inbox {
  #client;
  #agent;
  #talk;
  /** By room: its place in the list. */
  #buttons = new Map();
  #timer;

  constructor(client, agent) {
    this.#client = client;
    this.#agent = agent;
    this.#talk = new Talk(client, { agent });
  }

  async open() {
    for (const id of ['inbox', 'take', 'finish']) element(id).hidden = false;
    element('filter').addEventListener('change', () => void this.#load());
    element('take').addEventListener('click', () => void this.#take());
    element('finish').addEventListener('click', () => void this.#finish());
    const { conversations, contacts } = this.#client;
    conversations.on('change', () => this.#show());
    contacts.on('status', () => this.#show());
    // A room that is not listed has come to life: perhaps it is one for the list by now.
    this.#client.on('unread', (room) => this.#buttons.has(room) || this.#loadSoon());
    await contacts.load();
    await this.#load();
  }

  /** The service looks for them. */
  async #load() {
    const { conversations } = this.#client;
    const filters = {
      open: { state: 'open' },
      mine: { state: 'open', assignee: this.#agent },
      done: { state: 'done' },
    };
    try {
      await conversations.load({ limit: listedMax, attributes: filters[element('filter').value] });
    } catch (error) {
      tell(`The list cannot be read: ${error.message}`);
    }
    this.#show();
  }

  #loadSoon() {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#load();
    }, lookMs);
  }

  #show() {
    const shown = this.#client.conversations.list.slice(0, listedMax);
    for (const { room } of shown) if (!room.isJoined) void room.join().catch(() => undefined);
    const rooms = new Set(shown.map(({ room }) => room));
    for (const room of this.#buttons.keys()) if (!rooms.has(room)) this.#buttons.delete(room);
    element('customers').replaceChildren(...shown.map((entry) => this.#itemOf(entry)));
    this.#showOpen();
  }

  #itemOf({ room, attributes, unread }) {
    if (!this.#buttons.has(room)) {
      const button = document.createElement('button');
      button.addEventListener('click', () => void this.#talk.open(room).then(() => this.#show()));
      this.#buttons.set(room, button);
    }
    const button = this.#buttons.get(room);
    const customer = String(attributes.customer ?? room.name);
    const parts = [
      this.#client.user(customer).status === 'online' ? '● ' : '○ ',
      customer,
      unread > 0 ? ` (${unread})` : '',
      typeof attributes.assignee === 'string' ? ` · ${attributes.assignee}` : '',
    ];
    button.textContent = parts.join('');
    button.setAttribute('aria-current', String(this.#talk.room === room));
    const item = document.createElement('li');
    item.append(button);
    return item;
  }

  /** What can be done about the room that is open. */
  #showOpen() {
    const { room } = this.#talk;
    element('take').disabled = room === undefined || room.get('assignee') === this.#agent;
    element('finish').disabled = room === undefined;
    element('finish').textContent = room?.get('state') === 'done' ? 'Open again' : 'Done';
  }

  async #take() {
    const { room } = this.#talk;
    if (room === undefined) return;
    // Of two agents who take it at once, one gets it.
    const { version, attributes } = await room.info();
    if (typeof attributes.assignee === 'string') tell(`It was ${attributes.assignee}’s so far.`);
    await change(room, { assignee: this.#agent }, version);
    this.#show();
  }

  async #finish() {
    const { room } = this.#talk;
    if (room === undefined) return;
    await change(room, { state: room.get('state') === 'done' ? 'open' : 'done' });
    this.#loadSoon();
  }
}

/** The room on the screen. Whatever is written in it becomes text, never HTML. */
class Talk {
  room;
  beforeSending = () => undefined;
  #client;
  #fields;
  /** By message object: the same one is given by `send`, and again when its status changes. */
  #items = new Map();
  #listeners = [];
  /** What comes, or is sent, while the history is read: it stands behind it. Undefined once that is done. */
  #held;

  /** `fields` go with each message of one's own. */
  constructor(client, fields) {
    this.#client = client;
    this.#fields = fields;
    element('send').addEventListener('submit', (event) => {
      event.preventDefault();
      const text = element('text').value.trim();
      if (text === '' || this.room === undefined) return;
      element('text').value = '';
      this.beforeSending();
      this.#send(text);
    });
    element('text').addEventListener('input', () => this.room?.typing());
  }

  async open(room) {
    if (this.room === room) return;
    for (const [event, listener] of this.#listeners.splice(0)) this.room?.off(event, listener);
    this.room = room;
    this.#items.clear();
    this.#held = [];
    element('messages').replaceChildren();
    this.#listen('message', (message) => {
      this.#add(message);
      if (!message.isOwn && document.hasFocus()) room.read();
    });
    this.#listen('update', (message) => this.#items.has(message) && this.#show(message));
    this.#listen('typing', () => {
      const [first] = room.typists;
      this.tellWho(first === undefined ? '' : `${first} is typing …`);
    });
    const earlier = [];
    try {
      await room.join();
      for await (const message of room.history({ limit: 50 })) earlier.unshift(message);
    } catch (error) {
      tell(`What was said before cannot be shown: ${error.message}`);
    }
    // Another one was opened meanwhile.
    if (this.room !== room) return;
    const known = new Set(earlier.map(({ id }) => id));
    const held = this.#held.filter(({ id }) => id === undefined || !known.has(id));
    this.#held = undefined;
    for (const message of [...earlier, ...held]) this.#add(message);
    room.read();
    element('text').focus();
  }

  tellWho(text) {
    element('who').textContent = text;
  }

  #listen(event, listener) {
    this.room.on(event, listener);
    this.#listeners.push([event, listener]);
  }

  #send(text) {
    const message = this.room.send({ ...this.#fields, textMessage: text });
    this.#add(message);
    // Told with the message; without this the browser would call it unhandled.
    message.done.then(
      () => this.#items.has(message) && this.#show(message),
      () => this.#items.has(message) && this.#show(message),
    );
  }

  #add(message) {
    if (this.#held === undefined) this.#show(message);
    else if (this.#held.push(message) > shownMax) this.#held.shift();
  }

  #show(message) {
    const { author, content, status, error } = message;
    const list = element('messages');
    const item = this.#items.get(message) ?? list.appendChild(document.createElement('li'));
    this.#items.set(message, item);
    const who = typeof content.agent === 'string' ? content.agent : (author ?? this.#client.userName);
    const signs = { sending: ' …', sent: ' ✓', failed: ` not sent: ${error?.message}` };
    item.textContent = `${who}: ${String(content.textMessage ?? '')}${message.isOwn ? (signs[status] ?? '') : ''}`;
    for (const [oldest, old] of this.#items) {
      if (this.#items.size <= shownMax) break;
      old.remove();
      this.#items.delete(oldest);
    }
    list.scrollTop = list.scrollHeight;
  }
}
