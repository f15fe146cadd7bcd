/**
 * The channel between the devices of a user: what one of them sends the others hear, if they are there. It is kept
 * nowhere; what is to last is a message in a room.
 */
import type { Value } from '../../protocol/params/values.ts';
import type { Core } from '../core.ts';
import { deferred } from '../connection/deferred.ts';
import { Emitter } from '../emitter.ts';

export interface SyncEvents {
  /** Another device of the user has sent this. */
  message: [data: Value];
  error: [error: unknown];
}

export class Sync extends Emitter<SyncEvents> {
  readonly #core: Core;
  /** As plugins know it. */
  readonly #session: object;

  constructor(core: Core, session: object) {
    super((error) => core.failed(error));
    this.#core = core;
    this.#session = session;
    core.onNotification('systemMessage', (data) => {
      core.plugins.receive(session, 'sync', data, (passed) => void this.emit('message', passed));
    });
  }

  /** Resolves when the service has it; `unavailable` where there is no connection. */
  send(data: Value): Promise<void> {
    const { promise, resolve, reject } = deferred<void>();
    this.#core.plugins.send(this.#session, 'sync', data, (outcome) => {
      if (!outcome.ok) return reject(outcome.error);
      this.#core.request('systemMessage', { data: outcome.value }).then(() => resolve(), reject);
    });
    return promise;
  }
}
