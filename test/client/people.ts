// A fake service that speaks up by itself, and a client of it: for tests of what is told and in which order.
import type { Direct } from '../../src/client/direct/direct.ts';
import { Message } from '../../src/client/message/message.ts';
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';
import { createTestClient, type TestClient, type TestClientOptions } from '../support/client.ts';
import type { Scope } from '../support/disposal.ts';
import { authData, startFake, type FakeService, type Received } from './fake-service.ts';

export type Told = [name: string, ...params: Value[]];

export interface Speaking {
  readonly service: FakeService;
  readonly client: TestClient;
  /** Sends notifications over the newest connection, in one frame. */
  readonly tell: (...notifications: Told[]) => void;
  /** What is told before each login is answered. */
  readonly before: Told[];
}

export async function startSpeaking(scope: Scope, options: Omit<TestClientOptions, 'urls'> = {}): Promise<Speaking> {
  const service = await startFake(scope);
  let login: Received | undefined;
  const before: Told[] = [];
  service.login = (request) => {
    login = request;
    request.send(before);
    request.answer(authData({ resumeToken: 'token' }));
  };
  const reconnect = { minDelayMs: 1, maxDelayMs: 5 };
  const client = createTestClient(scope, { urls: service.url, userName: 'alice', reconnect, ...options });
  return { service, client, before, tell: (...notifications) => login?.send(notifications) };
}

/** The same, with the client connected. */
export async function connectSpeaking(scope: Scope, options: Omit<TestClientOptions, 'urls'> = {}): Promise<Speaking> {
  const speaking = await startSpeaking(scope, options);
  await speaking.client.connect();
  return speaking;
}

export const from = (author: string, id: number, text: string, fields: ValueMap = {}): ValueMap => ({
  textMessage: text,
  author,
  timestamp: 1_000 + id,
  id,
  ...fields,
});

/** Every event of a conversation from now on, in words. */
export function heard(direct: Direct): string[] {
  const told: string[] = [];
  direct.onAny((event, what) => told.push(`${event} ${wordsOf(what)}`));
  return told;
}

function wordsOf(what: unknown): string {
  if (!(what instanceof Message)) return JSON.stringify(what);
  const { textMessage } = what.content;
  return `${typeof textMessage === 'string' ? textMessage : ''} ${what.id ?? '-'} ${what.status}`;
}
