/** The classes that an application has for its messages. Which message is of which class is found by trying them. */
import type { ValueMap } from '../../protocol/params/values.ts';

export interface MessageClass {
  /** Whether a message's fields are of this class; every one that `parse` takes when left out. */
  readonly validate?: (content: ValueMap) => boolean;
  readonly parse: (content: ValueMap) => unknown;
  readonly prototype: { getPayload(): ValueMap };
}

/** Guarantees: tried in reverse order of registration. */
export class MessageClasses {
  readonly #classes: MessageClass[] = [];

  register(classes: MessageClass | readonly MessageClass[]): void {
    for (const each of [classes].flat()) this.#classes.push(each as MessageClass);
  }
}
