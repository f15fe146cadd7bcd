// Hooks that send web push to who is away. A client finds the key for its subscription in what its login answers, and hands the
// subscription over with a system message, which this takes for itself. See README.md beside it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encrypted, newVapidKeys, TEXT_BYTES, vapidHeader } from './encryption.mjs';
import { inFile, readJson } from './subscriptions.mjs';

/** The push services of the browsers. Endpoints come from clients: nothing else is asked. */
const SERVICES = [
  'https://fcm.googleapis.com',
  'https://updates.push.services.mozilla.com',
  'https://*.push.services.mozilla.com',
  'https://*.notify.windows.com',
  'https://web.push.apple.com',
];
const SEND_MS = 5000;
const AT_ONCE = 20;
const TTL_SECONDS = 24 * 60 * 60;
const ENDPOINT_LENGTH = 1000;
/** Characters of a message that a push shows. */
const SHOWN_LENGTH = 500;

/**
 * `vapid`: the keys and a `subject`; `subscriptions`: with the methods of subscriptions.mjs; `services`: which origins may be asked;
 * `shown`: what a push says to one user of what `onAbsent` tells, a value of JSON.
 */
export function webPush({ vapid, subscriptions, services = SERVICES, shown = shownOf }) {
  const isService = originsOf(services);
  return {
    onConnect: () => ({ authData: { webPushKey: vapid.publicKey } }),

    before: {
      async systemMessage({ userName, args: { data } }) {
        const { webPush: asked } = Object(data);
        if (asked === undefined || userName === '') return undefined;
        if (typeof asked?.remove === 'string') await subscriptions.remove(userName, asked.remove);
        else if (isSubscription(asked) && isService(asked.endpoint)) {
          const { endpoint, keys } = asked;
          await subscriptions.add(userName, { endpoint, keys: { p256dh: keys.p256dh, auth: keys.auth } });
        } else return { error: { code: 'badSubscription' } };
        return { result: null };
      },
    },

    async onAbsent(absent) {
      // Who has muted the room is told where it is meant by name.
      const silent = new Set(absent.muted.filter((userName) => !absent.mentions.includes(userName)));
      const names = absent.absent.filter((userName) => !silent.has(userName));
      const next = names.values();
      const work = async () => {
        for (const userName of next) {
          for (const subscription of await subscriptions.of(userName)) {
            const isGone = await push(subscription, shown(absent, userName), vapid);
            if (isGone) await subscriptions.remove(userName, subscription.endpoint);
          }
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
    },
    // Above what the service gives a hook: a room may have many who are away.
    policies: { onAbsent: { timeoutMs: 30_000 } },
  };
}

/** Sends one push. Tells whether the subscription is over; what fails otherwise is not sent again. */
async function push(subscription, said, vapid) {
  const { endpoint } = subscription;
  try {
    const { status } = await fetch(endpoint, {
      method: 'POST',
      headers: {
        authorization: vapidHeader(endpoint, vapid),
        'content-encoding': 'aes128gcm',
        'content-type': 'application/octet-stream',
        ttl: String(TTL_SECONDS),
      },
      body: encrypted(fitting(said), subscription),
      redirect: 'error',
      signal: AbortSignal.timeout(SEND_MS),
    });
    if (status >= 400 && status !== 404 && status !== 410) console.warn(`a push was refused: ${status}`);
    return status === 404 || status === 410;
  } catch (error) {
    console.warn(`a push was not sent: ${error.message}`);
    return false;
  }
}

/** What the service worker gets; of too much only where it happened. */
function fitting(said) {
  const text = JSON.stringify(said);
  if (Buffer.byteLength(text) <= TEXT_BYTES) return text;
  return JSON.stringify({ roomName: said.roomName, author: said.author, id: said.id });
}

/** A title and a text: those that the sender gives in `pushData`, or of the message itself. */
function shownOf({ roomName, message, mentions, pushData }, userName) {
  const { author, id } = message;
  const text = pushData?.body ?? message.textMessage ?? message.text ?? '';
  return {
    title: String(pushData?.title ?? roomName ?? author ?? ''),
    body: String(text).slice(0, SHOWN_LENGTH),
    roomName,
    author,
    id,
    mentioned: mentions.includes(userName),
  };
}

function isSubscription(value) {
  const { endpoint, keys } = Object(value);
  const isText = (text, bytes) => typeof text === 'string' && Buffer.from(text, 'base64url').length === bytes;
  if (typeof endpoint !== 'string' || endpoint.length > ENDPOINT_LENGTH || !URL.canParse(endpoint)) return false;
  return isText(keys?.p256dh, 65) && isText(keys?.auth, 16);
}

/** Whether the origin of an endpoint is one of some, which may begin with `*.` behind the scheme. */
function originsOf(services) {
  return (endpoint) => {
    const { origin, protocol, host } = new URL(endpoint);
    return services.some((service) => {
      const [scheme, pattern = ''] = service.split('://');
      if (!pattern.startsWith('*.')) return service === origin;
      return `${scheme}:` === protocol && host.endsWith(pattern.slice(1));
    });
  };
}

/** The keys are made at the first start. */
function keptVapid(path) {
  const known = readJson(path);
  if (known !== undefined) return known;
  const made = newVapidKeys();
  writeFileSync(path, JSON.stringify(made), { mode: 0o600, flag: 'wx' });
  return made;
}

const { WEB_PUSH_FOLDER: folder = 'web-push', WEB_PUSH_SUBJECT: subject, WEB_PUSH_SERVICES: more = '' } = process.env;
if (subject === undefined)
  throw new Error('WEB_PUSH_SUBJECT is missing: mailto: or https:, where a push service reaches you');
mkdirSync(folder, { recursive: true });

export const hooks = webPush({
  vapid: { ...keptVapid(join(folder, 'vapid.json')), subject },
  subscriptions: inFile(join(folder, 'subscriptions.json')),
  services: [...SERVICES, ...more.split(' ').filter((service) => service !== '')],
});
