/** One room as its application sees it: joining, leaving, sending. Being in it across connections is the memberships'. */
import type { ValueMap } from '../../protocol/params/values.ts';
import type { Core } from '../core.ts';
import { Emitter } from '../emitter.ts';
import { Message } from '../message/message.ts';

import { toRequestError, RequestError } from '../request-error.ts';
import type { Position } from './membership.ts';
import type { Memberships } from './memberships.ts';
import type { Posting, PostOptions } from './posting.ts';

export interface RoomEvents {
  error: [error: unknown];
}

export class Room extends Emitter<RoomEvents> {
  readonly name: string;
  unread = 0;
  readonly #memberships: Memberships;
  readonly #posting: Posting;

  constructor(core: Core, name: string, memberships: Memberships, posting: Posting) {
    super((error) => core.failed(error));
    this.name = name;
    this.#memberships = memberships;
    this.#posting = posting;
    core.plugins.extend(this, 'Room');
  }

  /** How far it has been seen; undefined where it is not joined. */
  get position(): Position | undefined {
    return this.#memberships.position(this.name);
  }

  get isJoined(): boolean {
    return this.position !== undefined;
  }

  /**
   * Joins the room and stays in it across reconnects, until it is left, refused or taken away. Resolves when it is joined,
   * however long that takes; rejects when it is refused for good, left before it was joined, or the client is closed.
   */
  async join(): Promise<this> {
    await this.#memberships.join(this.name);
    return this;
  }

  /** Resolves when the room is left; at once if it is not joined. */
  leave(): Promise<void> {
    return this.#memberships.leave(this.name);
  }

  /**
   * Sends a message, repeating it after losses and temporary errors. It fails when it is refused for good, when
   * `giveUpAfterMs` or the time within which the service knows repeats have passed, or when the client is closed. The
   * content is copied; what cannot travel is refused at once.
   */
  send(content: ValueMap, options?: PostOptions): Message {
    const message = new Message(content, true);
    this.#posting.post(this.name, content, options).then(
      (id) => message.sent(id),
      (error: unknown) => message.failed(error instanceof RequestError ? error : toRequestError(undefined)),
    );
    return message;
  }
}
