/** Changes of messages of a conversation, in the order in which they are told. Sending them is left to the outbox. */
import type { MessageChange } from '../../protocol/change.ts';
import { Changing } from '../change/changing.ts';
import type { Core } from '../core.ts';
import type { Emitter } from '../emitter.ts';
import type { Message } from '../message/message.ts';
import type { Outbox } from '../message/outbox.ts';
import { changingDirect } from './changing-direct.ts';
import type { DirectEvents } from './direct-events.ts';
import type { DirectLog } from './direct-log.ts';

/** The conversation, as far as it is known here. */
export interface ChangedDirect extends Emitter<DirectEvents> {
  readonly userName: string;
}

export class DirectChanges {
  readonly #core: Core;
  readonly #direct: ChangedDirect;
  readonly #log: () => DirectLog;
  /** Changes may have been missed, and that is to be told. */
  #isDoubtful = false;
  /** What brings changes to the service. */
  readonly actions: Changing;

  constructor(core: Core, outbox: Outbox, direct: ChangedDirect, log: () => DirectLog) {
    this.#core = core;
    this.#direct = direct;
    this.#log = log;
    const place = changingDirect(core, direct, (message) => this.#tell(Number(message.id), message));
    this.actions = new Changing(core, outbox, place);
  }

  take(change: MessageChange): void {
    const log = this.#log();
    const { lastChange = change.change - 1 } = log;
    if (change.change <= lastChange) return;
    log.lastChange = change.change;
    const { fits, message } = log.messages.take(change);
    if (!fits || change.change > lastChange + 1) this.#doubt();
    if (!fits) return;
    if (change.kind === 'reactions' && change.by === this.#core.userName && change.key !== undefined) {
      message?.reacted(change.key, change.removed === true);
    }
    this.#tell(change.id, message, change);
  }

  /** A message that was sent here has come further, or has failed. */
  moved(message: Message): void {
    message.emit('update', undefined);
    this.#direct.emit('update', message);
  }

  /** Some may have been missed. */
  fallBehind(): void {
    this.#isDoubtful = true;
    this.#log().lastChange = undefined;
  }

  /** What is shown can be read again. */
  catchUp(): void {
    if (!this.#isDoubtful) return;
    this.#isDoubtful = false;
    if (this.#log().known.newest > 0) this.#doubt();
  }

  #tell(id: number, message: Message | undefined, change?: MessageChange): void {
    const news = { changed: ['message'] as const, id, message, change };
    this.#core.plugins.receive(this.#direct, 'update', news, (given) => {
      message?.emit('update', change);
      this.#direct.emit('update', given);
    });
  }

  #doubt(): void {
    const { messages, known } = this.#log();
    messages.doubt();
    this.#direct.emit('reset', { lastMessageId: known.newest, reason: 'changes' });
  }
}
