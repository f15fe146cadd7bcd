/** Asks the server API, at one operator port after the other, and again where the service cannot answer for now. */
import { setTimeout as pass } from 'node:timers/promises';
import { readText, within } from '../../../src/endpoint/answer.ts';
import { API_PATH } from '../../../src/protocol/service/http.ts';
import type { ApiRequestName } from '../../../src/protocol/service/catalogue.ts';
import { isJsonMap, type JsonMap } from './lines.ts';

/** The service refuses it, and would again. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: string;
  readonly args: readonly unknown[];

  constructor(code: string, args: readonly unknown[], message: string) {
    super(message);
    this.code = code;
    this.args = args;
  }
}

/** Nobody answers, or nobody who can do it, for a while. */
export class Away extends Error {
  override readonly name = 'Away';
}

/** The key is not that of the service: nothing will do. */
export class WrongKey extends Error {
  override readonly name = 'WrongKey';
}

/** What is imported has happened long ago: no hook is to judge it, or to tell others. */
const BY_ITSELF: JsonMap = { bypassHooks: true };

/** On whose behalf: the rights are the service's, and its hooks are not asked. */
export const inNameOf = (userName: string): JsonMap => ({ ...BY_ITSELF, userName, bypassPermissions: true });

type Answer = { readonly result: unknown } | { readonly refusal: Refusal | WrongKey } | { readonly away: string };

const TIMEOUT_MS = 30_000;
const PAUSES_MS = [100, 300, 1000, 2000, 4000, 8000, 15_000, 15_000];

export class Service {
  readonly #urls: readonly string[];
  readonly #token: string;
  #next = 0;

  constructor(urls: readonly string[], token: string) {
    this.#urls = urls;
    this.#token = token;
  }

  /** What it answers, without its hooks; rejects with a `Refusal`, `Away`, or `WrongKey`. All that is asked for here may be asked for twice. */
  async call(method: ApiRequestName, params: readonly unknown[], as = BY_ITSELF): Promise<unknown> {
    const body = JSON.stringify({ params, as });
    let last = '';
    for (const pauseMs of [...PAUSES_MS, undefined]) {
      const answer = await this.#ask(method, body);
      if ('result' in answer) return answer.result;
      if ('refusal' in answer) throw answer.refusal;
      last = answer.away;
      this.#next++;
      if (pauseMs !== undefined) await pass(pauseMs);
    }
    throw new Away(`${method}: ${last}`);
  }

  async #ask(method: string, body: string): Promise<Answer> {
    const url = this.#urls[this.#next % this.#urls.length] ?? '';
    const headers = { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' };
    try {
      const { status, text } = await within(TIMEOUT_MS, async (signal) => {
        const response = await fetch(new URL(`${API_PATH}/${method}`, url), { method: 'POST', body, headers, signal });
        return { status: response.status, text: await readText(response, signal) };
      });
      if (status === 404 && text === '') return { away: `${url} has no server API` };
      const answer: unknown = JSON.parse(text);
      if (!isJsonMap(answer)) return { away: `${url} answers with something else` };
      const { error } = answer;
      if (!isJsonMap(error)) return { result: answer['result'] ?? null };
      const message = String(error['message']);
      if (status === 401) return { refusal: new WrongKey(message) };
      if (error['temporary'] === true) return { away: message };
      const args = Array.isArray(error['args']) ? error['args'] : [];
      return { refusal: new Refusal(String(error['code']), args, message) };
    } catch (error) {
      const { message, cause } = error as Error;
      return { away: `${url} does not answer (${cause instanceof Error ? cause.message : message})` };
    }
  }
}
