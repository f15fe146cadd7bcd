/** What a client knows of a conversation's log. Of a log that has begun anew, where numbers are given again, it is another. */
import type { Core } from '../core.ts';
import { KeptMessages } from '../message/kept-messages.ts';
import { Message, type MessagePlace } from '../message/message.ts';
import { DirectUnread } from './direct-unread.ts';
import { KnownMessages } from './known-messages.ts';
import { Receipts } from './receipts.ts';

export class DirectLog {
  readonly known = new KnownMessages();
  readonly unread = new DirectUnread(this.known);
  readonly receipts = new Receipts();
  readonly messages: KeptMessages;
  /** What the other one wrote is read up to here. */
  readUpTo = 0;
  /** Number of the last change of a message; undefined where none was told, or some may have been missed. */
  lastChange: number | undefined;

  constructor(core: Core, place: MessagePlace) {
    this.messages = new KeptMessages({
      make: (heard, isOwn = heard['author'] === core.userName) => Message.received(heard, isOwn, place),
      // Of all that changes the user's devices are told.
      isFollowed: () => true,
    });
  }
}
