/** What a client knows of a conversation's log. Of a log that has begun anew, where numbers are given again, it is another. */
import { DirectUnread } from './direct-unread.ts';
import { KnownMessages } from './known-messages.ts';
import { Receipts } from './receipts.ts';

export class DirectLog {
  readonly known = new KnownMessages();
  readonly unread = new DirectUnread(this.known);
  readonly receipts = new Receipts();
  /** What the other one wrote is read up to here. */
  readUpTo = 0;
}
