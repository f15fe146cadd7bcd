/** What a client knows of a conversation's log. Of a log that has begun anew, where numbers are given again, it is another. */
import { KeptMessages, type KeptMessagesOwner } from '../message/kept-messages.ts';
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

  constructor(owner: KeptMessagesOwner) {
    this.messages = new KeptMessages(owner);
  }
}
