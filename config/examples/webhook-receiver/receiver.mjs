// Receives the webhooks of Parley, with nothing but Node 20 or later: checks the signature and the time, drops repeats, and prints each
// event on a line of its own. Settings: WEBHOOK_SECRET (that of PARLEY_WEBHOOK_SECRET), PORT (8090), HOST (127.0.0.1).
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const TOLERANCE_SECONDS = 300;
const BODY_MAX = 16 * 1024 * 1024;
const IDS_MAX = 10_000;

const secret = process.env.WEBHOOK_SECRET ?? '';
if (secret === '') throw new Error('WEBHOOK_SECRET is missing');
// `whsec_` and base64, or any text for its own bytes.
const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret);

/** As https://www.standardwebhooks.com says: of several signatures one has to be right. */
function isSigned(headers, body, nowSeconds) {
  const { 'webhook-id': id, 'webhook-timestamp': sentAt = '', 'webhook-signature': signatures = '' } = headers;
  if (!id || !/^\d+$/.test(sentAt) || Math.abs(nowSeconds - Number(sentAt)) > TOLERANCE_SECONDS) return false;
  const hmac = createHmac('sha256', key).update(`${id}.${sentAt}.`).update(body);
  const right = Buffer.from(`v1,${hmac.digest('base64')}`);
  return signatures.split(' ').some((signature) => {
    const shown = Buffer.from(signature);
    return shown.length === right.length && timingSafeEqual(shown, right);
  });
}

/** The ids of the last batches. A real receiver keeps them where it keeps what comes of them. */
const seen = new Set();

/** Here goes what is to be done. What throws here has the whole batch sent again. */
function handle(event) {
  console.log(JSON.stringify(event));
}

async function bodyOf(request) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > BODY_MAX) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function receive(headers, body) {
  if (!isSigned(headers, body, Date.now() / 1000)) return 401;
  const id = headers['webhook-id'];
  if (seen.has(id)) return 204;
  try {
    for (const event of JSON.parse(body).events) handle(event);
  } catch (error) {
    console.error(error);
    return 500;
  }
  seen.add(id);
  if (seen.size > IDS_MAX) seen.delete(seen.values().next().value);
  return 204;
}

const server = createServer(async (request, response) => {
  try {
    const body = await bodyOf(request);
    response.writeHead(body === undefined ? 413 : receive(request.headers, body)).end();
  } catch {
    response.destroy();
  }
});
server.listen(Number(process.env.PORT ?? 8090), process.env.HOST ?? '127.0.0.1', () => {
  console.log(JSON.stringify({ listening: server.address().port }));
});
