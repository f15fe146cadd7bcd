/**
 * What messages are to an application: classes of its own, which read them from what travelled and give what is to travel.
 * How messages come and go is left to rooms and conversations.
 */
import type { ValueMap } from '../../protocol/params/values.ts';

/** What `send` takes besides plain maps, and what a class makes of a message. */
export interface Payload {
  /** The fields that travel. */
  getPayload(): object;
}

/** The options of a send that a class has, for all of its messages. */
export interface ClassOptions {
  readonly transient?: boolean;
}

export interface MessageClass {
  /** Whether a message is of this class; left out, or `true`: `parse` decides by throwing. */
  validate?(content: ValueMap): boolean;
  /** Its argument is a copy; throws where it cannot. */
  parse(content: ValueMap): object;
  readonly prototype: Payload;
  readonly sendOptions?: ClassOptions;
}

/** Fits every message. */
export class GenericMessage {
  readonly content: ValueMap;

  constructor(content: ValueMap) {
    this.content = content;
  }

  static parse(content: ValueMap): GenericMessage {
    return new GenericMessage(content);
  }

  getPayload(): ValueMap {
    return this.content;
  }
}

export class MessageClasses {
  readonly #tell: (error: unknown) => void;
  readonly #classes: MessageClass[] = [];

  /** `tell`: what a class throws where it had said that a message is its own. */
  constructor(tell: (error: unknown) => void) {
    this.#tell = tell;
  }

  /** One class or several; the last is asked first. Throws a TypeError for what has no `parse` or `getPayload`, and registers none then. */
  register(classes: MessageClass | readonly MessageClass[]): void {
    const added: readonly MessageClass[] = isList(classes) ? classes : [classes];
    for (const each of added) checkClass(each);
    this.#classes.push(...added);
  }

  /** What the newest class that fits makes of a message; a `GenericMessage` where none does. */
  parse(content: ValueMap): object {
    for (let i = this.#classes.length - 1; i >= 0; i--) {
      const each = this.#classes[i];
      if (each === undefined || !isOf(each, content)) continue;
      try {
        return each.parse({ ...content });
      } catch (error) {
        this.#tell(error);
      }
    }
    return GenericMessage.parse({ ...content });
  }
}

/** What `send` was given: a map, or a message of a class. Throws what `getPayload` throws. */
export function payloadOf(message: object): object {
  return hasPayload(message) ? message.getPayload() : message;
}

/** What its class says of how it is sent. */
export function classOptionsOf(message: object): ClassOptions {
  if (!hasPayload(message)) return {};
  // Of an object without a prototype there is none.
  const { constructor } = message as { readonly constructor?: Partial<MessageClass> };
  return constructor?.sendOptions ?? {};
}

function hasPayload(message: object): message is Payload {
  return 'getPayload' in message && typeof message.getPayload === 'function';
}

function isOf(each: MessageClass, content: ValueMap): boolean {
  try {
    return each.validate?.({ ...content }) ?? true;
  } catch {
    return false;
  }
}

function isList(classes: MessageClass | readonly MessageClass[]): classes is readonly MessageClass[] {
  return Array.isArray(classes);
}

/** Who writes JavaScript may give anything. */
function checkClass(each: Partial<MessageClass> | null | undefined): void {
  if (typeof each?.parse !== 'function') throw new TypeError('A message class needs a static parse().');
  if (typeof each.prototype?.getPayload !== 'function') {
    throw new TypeError('A message class needs getPayload() of its messages.');
  }
}
