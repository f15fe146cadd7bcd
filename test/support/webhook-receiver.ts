// An operator's receiver of webhooks on loopback: checks who sends, notes what comes in the order in which it was taken, drops
// repeats by their ids, and answers what the test wants.
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { ValueMap } from '../../src/protocol/params/values.ts';
import { isSigned, listen } from './loopback.ts';
import type { Scope } from './disposal.ts';

export interface WebhookEvent {
  readonly type: string;
  readonly name: string;
  readonly roomName?: string;
  readonly seq?: number;
  readonly id?: number;
  readonly epoch?: string;
  readonly data: ValueMap;
}

export interface WebhookRequest {
  readonly id: string;
  readonly headers: IncomingHttpHeaders;
  readonly path: string;
  readonly body: {
    readonly type: string;
    readonly roomName?: string;
    readonly replay?: number;
    readonly events: WebhookEvent[];
  };
}

/** The status, 200 where it is undefined; `LOST` where it is taken and the answer gets lost, `ANSWERED` where it is not answered here. */
export type Judge = (
  request: WebhookRequest,
  response: ServerResponse,
) => number | undefined | typeof ANSWERED | typeof LOST;
export const ANSWERED = Symbol('answered');
export const LOST = Symbol('lost');

export interface WebhookReceiver {
  readonly url: string;
  readonly secret: string;
  /** What a node needs to send to it. */
  readonly env: Readonly<Record<string, string>>;
  /** All that came and was signed, also what was not taken. */
  readonly requests: readonly WebhookRequest[];
  /** Events of requests that were taken, each once, in the order in which they came; of one room where named. */
  events(roomName?: string): readonly WebhookEvent[];
  /** Requests whose signature is not right. */
  readonly forged: number;
  /** Judges differently from now on; without one, everything is taken. */
  judge(judge?: Judge): void;
}

export async function startWebhookReceiver(
  scope: Scope,
  events = 'message,change,member,room',
): Promise<WebhookReceiver> {
  const key = randomBytes(24);
  const secret = `whsec_${key.toString('base64')}`;
  const requests: WebhookRequest[] = [];
  const taken: WebhookEvent[] = [];
  const ids = new Set<string>();
  let forged = 0;
  let current: Judge = () => undefined;
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      if (!isSigned(key, request.headers, body)) {
        forged++;
        return response.writeHead(401).end();
      }
      const said = JSON.parse(body) as WebhookRequest['body'];
      const read = {
        id: String(request.headers['webhook-id']),
        headers: request.headers,
        path: request.url ?? '',
        body: said,
      };
      requests.push(read);
      const status = current(read, response);
      if (status === ANSWERED) return response;
      if ((status === undefined || status === LOST) && !ids.has(read.id)) {
        ids.add(read.id);
        taken.push(...read.body.events);
      }
      return status === LOST ? response.destroy() : response.writeHead(status ?? 200).end();
    });
  });
  const port = await listen(scope, server);
  const url = `http://127.0.0.1:${port}/parley`;
  return {
    url,
    secret,
    env: {
      PARLEY_WEBHOOK_URL: url,
      PARLEY_WEBHOOK_SECRET: secret,
      PARLEY_WEBHOOK_EVENTS: events,
      PARLEY_WEBHOOK_PRIVATE: 'on',
    },
    requests,
    events: (roomName) => taken.filter((event) => roomName === undefined || event.roomName === roomName),
    get forged() {
      return forged;
    },
    judge: (next = () => undefined) => {
      current = next;
    },
  };
}
