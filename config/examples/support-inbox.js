// A support inbox. Customers write to one user, `support`; every agent logs in as that user on a device of its own, so all of
// them see the same conversations, and what one has read is read for all. Who is on which customer is said in a room of the
// agents, `support-desk`, whose history tells it to who comes later.
import { createClient } from '/client/index.js';
import { urls } from '/service.js';

const supportName = 'support';
const deskName = 'support-desk';
/** Messages on the screen; older ones leave it. */
const shownMax = 200;

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
  if (isAgent) await openInbox(client, name);
  else await openHelp(client);
}

/** A customer: one conversation, with the support. */
async function openHelp(client) {
  // Contacts see each other come and go, and a customer stays in the agents' list.
  await client.contacts
    .add(supportName)
    .catch(() => tell('Nobody of the support has ever been here. Try again later.'));
  const talk = new Talk(client, {});
  const showWho = () =>
    talk.tellWho(
      client.user(supportName).status === 'online' ? 'Somebody is here.' : 'Nobody is here; leave a message.',
    );
  client.contacts.on('status', showWho);
  showWho();
  await talk.open(client.direct(supportName));
}

/** An agent: all customers, what is unread of each, and who is on it. */
async function openInbox(client, agent) {
  const talk = new Talk(client, { agent });
  const takenBy = new Map();
  const customers = new Map();

  const show = (customer) => {
    const direct = client.direct(customer);
    if (!customers.has(customer)) {
      const button = document.createElement('button');
      button.addEventListener('click', () => void open(customer));
      customers.set(customer, button);
      const item = document.createElement('li');
      item.append(button);
      element('customers').append(item);
    }
    const [unread, who] = [direct.unread, takenBy.get(customer)];
    const parts = [
      client.user(customer).status === 'online' ? '● ' : '○ ',
      customer,
      unread > 0 ? ` (${unread})` : '',
      who === undefined ? '' : ` · ${who}`,
    ];
    const button = customers.get(customer);
    button.textContent = parts.join('');
    button.setAttribute('aria-current', String(talk.direct === direct));
  };
  const showAll = () => [...customers.keys()].forEach(show);
  const open = async (customer) => {
    const opened = talk.open(client.direct(customer));
    showAll();
    await opened;
  };

  element('customers').hidden = false;
  element('take').hidden = false;
  element('take').addEventListener('click', () => {
    const customer = talk.direct?.userName;
    if (customer !== undefined) desk.send({ event: 'taken', customer, agent });
  });

  // Who is on it: the latest word of the desk counts.
  const desk = client.room(deskName);
  const take = ({ content: { event, customer, agent: who } }, isOld) => {
    if (event !== 'taken' || typeof customer !== 'string' || (isOld && takenBy.has(customer))) return;
    takenBy.set(customer, String(who));
    if (customers.has(customer)) show(customer);
  };
  desk.on('message', (message) => take(message, false));
  await desk.join({ create: true });
  for await (const message of desk.history({ limit: 500 })) take(message, true);

  client.contacts.on('added', (user) => show(user.userName));
  client.contacts.on('status', (user) => customers.has(user.userName) && show(user.userName));
  client.on('unread', (conversation) => 'userName' in conversation && show(conversation.userName));
  await client.contacts.load();
  for (const customer of client.contacts.keys()) show(customer);
}

/** The conversation on the screen. Whatever is written in it becomes text, never HTML. */
class Talk {
  direct;
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
      if (text === '' || this.direct === undefined) return;
      element('text').value = '';
      this.#send(text);
    });
    element('text').addEventListener('input', () => this.direct?.typing());
  }

  async open(direct) {
    if (this.direct === direct) return;
    for (const [event, listener] of this.#listeners.splice(0)) this.direct?.off(event, listener);
    this.direct = direct;
    this.#items.clear();
    this.#held = [];
    element('messages').replaceChildren();
    const add = (message) => {
      this.#add(message);
      if (!message.isOwn && document.hasFocus()) direct.read();
    };
    this.#listen('message', add);
    this.#listen('echo', add);
    this.#listen('update', (message) => this.#items.has(message) && this.#show(message));
    this.#listen('typing', () => this.tellWho(direct.typists.size > 0 ? `${direct.userName} is typing …` : ''));
    const earlier = [];
    try {
      for await (const message of direct.history({ limit: 50 })) earlier.unshift(message);
    } catch (error) {
      tell(`What was said before cannot be shown: ${error.message}`);
    }
    // Another conversation was opened meanwhile.
    if (this.direct !== direct) return;
    const known = new Set(earlier.map(({ id }) => id));
    const held = this.#held.filter(({ id }) => id === undefined || !known.has(id));
    this.#held = undefined;
    for (const message of [...earlier, ...held]) this.#add(message);
    direct.read();
    element('text').focus();
  }

  tellWho(text) {
    element('who').textContent = text;
  }

  #listen(event, listener) {
    this.direct.on(event, listener);
    this.#listeners.push([event, listener]);
  }

  #send(text) {
    const message = this.direct.send({ ...this.#fields, textMessage: text });
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
    const ticks = {
      sending: ' …',
      sent: ' ✓',
      delivered: ' ✓✓',
      read: ' ✓✓ read',
      failed: ` not sent: ${error?.message}`,
    };
    item.textContent = `${who}: ${String(content.textMessage ?? '')}${message.isOwn ? (ticks[status] ?? '') : ''}`;
    for (const [oldest, old] of this.#items) {
      if (this.#items.size <= shownMax) break;
      old.remove();
      this.#items.delete(oldest);
    }
    list.scrollTop = list.scrollHeight;
  }
}
