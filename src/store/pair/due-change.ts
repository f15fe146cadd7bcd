/** A change of a message of a pair that the two are to be told of, as lib/direct/due.lua notes it. */
import { bytes, list, number, text, yes, type Reply } from '../../redis/reply.ts';

export interface DueChange {
  /** 1, 2, 3 … among the changes of the pair. */
  readonly number: number;
  readonly timestamp: number;
  /** Of the message. */
  readonly id: number;
  /** Whatever the lists of who is told say: it is a recall, or by the service. */
  readonly always: boolean;
  readonly by: string;
  /** What is left of a message that was recalled, a map in MessagePack; empty of any other. */
  readonly left: Uint8Array;
  /** The change as it is told, a map in MessagePack. */
  readonly told: Uint8Array;
  /** Whether the message is one of the user's that is named first, and of the other one's: not of a later one of the name. */
  readonly isOwn: boolean;
  readonly isPeers: boolean;
}

export function dueChange(reply: Reply | undefined): DueChange {
  const [at, time, id, always, by, left, told, isOwn, isPeers] = list(reply);
  return {
    number: number(at),
    timestamp: number(time),
    id: number(id),
    always: yes(always),
    by: text(by),
    left: bytes(left),
    told: bytes(told),
    isOwn: yes(isOwn),
    isPeers: yes(isPeers),
  };
}
