/**
 * What is posted for a socket that goes without `disconnect()`. It is judged when it is given, as a post of the user, and again when it
 * is posted, then as one of who may join the room, for by then it may have been taken out of it. It is posted by the node of the
 * socket before its rooms are left; by whoever sweeps after that node; or by the reconciler, where Redis was away. Each posts it as a
 * repeat of the same message, and forgets it behind that: whoever died in between has posted it, and it is there once.
 * An operator who closes the sockets of a user takes their wills (user/disconnect-user.lua, user/revoke-logins.lua). A node that ends
 * sends its sockets elsewhere: of who comes back nothing is posted.
 */
import type { Priority } from '../../log/event.ts';
import type { RoomMessageFrame } from '../../protocol/message.ts';
import { isMap, type Value } from '../../protocol/params/values.ts';
import { MESSAGE_ID } from '../../protocol/wire/message-frame.ts';
import { decodeTrusted, encodeValue } from '../../protocol/wire/msgpack.ts';
import { newNonce } from '../../redis/tokens.ts';
import { isHeld, type MessageStore } from '../../store/message/message-store.ts';
import type { Post } from '../../store/message/post.ts';
import type { WillStore } from '../../store/message/will-store.ts';
import { rightsOf } from '../../store/rights.ts';
import type { Caller } from '../caller.ts';
import { followUp, type FollowUpDeps } from './follow-up.ts';

export interface WillsDeps extends FollowUpDeps {
  readonly messages: Pick<MessageStore, 'post'>;
  readonly wills: WillStore;
}

/** As it is kept: understood by whatever node finds it. */
export interface Will extends Pick<Post, 'transient' | 'priority' | 'mentions' | 'replyTo'> {
  readonly roomName: string;
  readonly prefix: RoomMessageFrame['prefix'];
  readonly pushData: Uint8Array | undefined;
}

type Owner = Pick<Caller, 'userName' | 'socketId'>;

const NOTHING = new Uint8Array(0);

export class Wills {
  readonly #deps: WillsDeps;

  constructor(deps: WillsDeps) {
    this.#deps = deps;
  }

  /** Instead of the one before. False where the socket is not there any more. */
  async keep({ userName, socketId }: Owner, will: Will): Promise<boolean> {
    return (await this.#deps.wills.keep(userName, socketId, packed(will))) === 'ok';
  }

  /** Its user has ended the login. */
  forget({ userName, socketId }: Owner): Promise<void> {
    return this.#deps.wills.forget(userName, socketId);
  }

  /** Its node ends. Where that cannot be noted, the will is posted like that of a node that has died. */
  sentAway({ userName, socketId }: Owner): Promise<void> {
    return this.#deps.wills.sendAway(userName, socketId).catch(() => undefined);
  }

  /** A socket is gone: posts its will, if it has one. Safe to repeat, and for several nodes to do at once. */
  async settle({ userName, socketId }: Owner): Promise<void> {
    const kept = await this.#deps.wills.read(userName, socketId);
    if (kept === undefined) return;
    const will = kept.isBack ? undefined : unpacked(kept.will);
    if (will !== undefined) await this.#post(userName, socketId, will);
    await this.#deps.wills.forget(userName, socketId);
  }

  async #post(author: string, socketId: string, { roomName, prefix, pushData, ...options }: Will): Promise<void> {
    const { transient } = options;
    const posted = await this.#deps.messages.post(roomName, rightsOf(author), {
      ...options,
      author,
      prefix,
      middle: transient ? NOTHING : MESSAGE_ID,
      nonce: newNonce(),
      clientMessageId: `will ${socketId}`,
      hasLeft: true,
    });
    // What the room refuses now is no message.
    if (typeof posted === 'string' || isHeld(posted)) return;
    followUp(this.#deps, { roomName, author, pushData, mentions: options.mentions, replyTo: options.replyTo }, posted);
  }
}

function packed({ prefix, priority, mentions, replyTo, pushData, ...will }: Will): Uint8Array {
  const { names = [], all = false } = mentions ?? {};
  return encodeValue({
    ...will,
    prefix,
    priority: priority ?? null,
    mentions: mentions === undefined ? null : [...names],
    mentionAll: all,
    replyTo: replyTo ?? null,
    pushData: pushData ?? null,
  });
}

/** Undefined where a node of another version has kept what this one does not know. */
function unpacked(bytes: Uint8Array): Will | undefined {
  const will = decodeTrusted(bytes);
  if (!isMap(will)) return undefined;
  const { roomName, prefix, transient, mentions, mentionAll, replyTo, pushData } = will;
  if (typeof roomName !== 'string' || !(prefix instanceof Uint8Array)) return undefined;
  const names = Array.isArray(mentions) ? mentions.filter((name) => typeof name === 'string') : undefined;
  return {
    roomName,
    prefix,
    transient: transient === true,
    priority: priorityIn(will['priority']),
    mentions: names === undefined ? undefined : { names, all: mentionAll === true },
    replyTo: typeof replyTo === 'number' ? replyTo : undefined,
    pushData: pushData instanceof Uint8Array ? pushData : undefined,
  };
}

const priorityIn = (value: Value | undefined): Priority | undefined =>
  value === 'low' || value === 'high' ? value : undefined;
