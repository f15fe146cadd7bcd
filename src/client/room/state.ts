/**
 * What is known of one room, whoever has an object of it: its last message, what is unread, who types, who is there. It
 * takes what the service says, and tells it to the room's objects when it is in place.
 */
import type { MessageChange } from '../../protocol/change.ts';
import type { UnreadCount } from '../../protocol/unread.ts';
import { Affairs } from '../conversation/affairs.ts';
import type { ValueMap } from '../../protocol/params/values.ts';
import type { Core } from '../core.ts';
import type { Emitter } from '../emitter.ts';
import type { Conversation, RoomPlace } from '../events.ts';
import type { Gate } from '../gate.ts';
import { changedBy } from '../message/counted.ts';
import { KeptMessages } from '../message/kept-messages.ts';
import { Message, ownFields, remade, type MessageActions, type MessagePlace } from '../message/message.ts';
import type { ReadMarks } from '../message/read-marks.ts';
import { sendTyping } from '../send-typing.ts';
import { OwnTyping, typingIn, Typists } from '../typing.ts';
import type { User } from '../user/user.ts';
import { emitOne, type AffairsEvents, type RoomEvents, type RoomField } from './events.ts';
import { leftElsewhere, type RoomLoss } from './owner.ts';
import { OwnMessages } from './own-messages.ts';
import { RoomCounts } from './counts.ts';
import { Userlist, type UserlistOwner } from './userlist.ts';

/** An object of the room, as far as it is known here. */
export interface RoomFace extends Emitter<RoomEvents>, Conversation {
  readonly name: string;
}

export interface RoomParts {
  readonly core: Core;
  readonly marks: ReadMarks;
  user(userName: string): User;
  page(roomName: string, cursor: string | undefined): ReturnType<UserlistOwner['page']>;
  readonly isJoined: (roomName: string) => boolean;
  /** False while it is wanted and not joined. */
  isSettled(roomName: string): boolean;
  /** By the service's clock, milliseconds. */
  now(): number;
  readonly gate: Gate;
  isOnline(userName: string): boolean | undefined;
  /** What brings changes of its messages to the service. */
  actions(state: RoomState): MessageActions;
  /** Something that lists show of a room is another now. */
  changed(state: RoomState): void;
}

export class RoomState {
  readonly #parts: RoomParts;
  /** The first is the one that there is for its name. */
  readonly #faces: RoomFace[] = [];
  readonly own = new OwnMessages();
  readonly typists: Typists;
  readonly typing: OwnTyping;
  readonly userlist: Userlist;
  readonly affairs: Affairs;
  readonly messages: KeptMessages;
  readonly #actions: MessageActions;
  readonly #counts = new RoomCounts();
  #group: string | undefined;
  #same: RoomState | undefined;
  /** As the service writes it, once its rule for names is known. */
  name: string;

  constructor(name: string, parts: RoomParts) {
    this.name = name;
    this.#parts = parts;
    this.typists = new Typists((change) => this.#emit('typing', change));
    this.typing = new OwnTyping((isTyping) => this.#sendTyping(isTyping));
    this.userlist = new Userlist({
      page: (cursor) => parts.page(this.name, cursor),
      user: (userName) => parts.user(userName),
      joined: (user) => this.#receive('join', { user }),
      left: (user) => this.#receive('leave', { user }),
      filled: () => this.#emit('update', { changed: ['users'] }),
      failed: (error) => parts.core.failed(error),
    });
    this.affairs = this.#affairsOf(parts);
    this.#actions = parts.actions(this);
    this.messages = new KeptMessages({
      make: (heard) => Message.received(heard, heard['author'] === parts.core.userName, this.current.place),
      isFollowed: () => parts.isJoined(this.current.name),
    });
  }

  get unread(): number {
    return this.#counts.unread;
  }

  get mentioned(): boolean {
    return this.#counts.mentioned;
  }

  get lastMessage(): Message | undefined {
    return this.#counts.lastMessage;
  }

  get group(): string | undefined {
    return this.#group;
  }

  /** The state that there is of this room, where two names have turned out to be one. */
  get current(): RoomState {
    return this.#same?.current ?? this;
  }

  /** Of messages of this room. */
  get place(): MessagePlace {
    const [room] = this.#faces;
    return { ...(room && { room }), classes: this.#parts.core.classes, actions: this.#actions };
  }

  show(face: RoomFace): void {
    this.#faces.push(face);
  }

  /** The other one's room is this one. Its objects hear from here what they would have heard. */
  takeOver(other: RoomState): void {
    this.own.takeOver(other.own);
    this.#faces.push(...other.#faces);
    other.typing.lost();
    other.typists.clear();
    other.userlist.left();
    other.affairs.forget();
    other.#same = this;
  }

  file(group: string | undefined, meta: Readonly<ValueMap> = {}): void {
    const isOther = group !== this.#group;
    this.#group = group;
    if (isOther) this.#changed(['group']);
    if (Object.keys(meta).length > 0) this.affairs.offer(meta);
  }

  /** This connection is in it now. */
  entered(): void {
    this.userlist.joined();
    this.affairs.again();
  }

  joined({ epoch, lastMessageId }: RoomPlace): void {
    this.#counts.log.at(epoch, lastMessageId);
    this.#emit('update', { changed: ['isJoined'] });
  }

  recovered({ epoch, lastMessageId }: RoomPlace): void {
    this.#counting(() => this.#counts.log.at(epoch, lastMessageId));
  }

  message(heard: ValueMap): void {
    const { core } = this.#parts;
    const { author } = heard;
    const isOwn = typeof author === 'string' && author === core.userName;
    const isTyping = typingIn(heard);
    if (isTyping !== undefined) {
      // One's own is of another device.
      if (typeof author !== 'string' || isOwn) return;
      this.#through('typing', { userName: author, isTyping }, (change) =>
        this.typists.heard(change.userName, change.isTyping),
      );
      return;
    }
    const known = isOwn ? this.own.claim(heard, ownFields(heard)) : undefined;
    known?.heard(heard);
    if (known !== undefined) this.messages.add(known);
    const message = known ?? this.messages.of(heard);
    const { log } = this.#counts;
    this.#through('message', message, (given) => {
      // Not where the room was left while middleware held it.
      if (this.#counts.log === log) this.#take(remade(message, given));
    });
  }

  /** `fits: false`: something before it was missed, and nothing is told. */
  change(change: MessageChange): boolean {
    const { fits, message } = this.messages.take(change);
    if (!fits) return false;
    if (change.kind === 'reactions' && change.by === this.#parts.core.userName && change.key !== undefined) {
      message?.reacted(change.key, change.removed === true);
    }
    this.isNew(change.id, message, change);
    return true;
  }

  /** A message is another one now. Without a change, by what was asked for. */
  isNew(id: number, message: Message | undefined, change?: MessageChange): void {
    if (message !== undefined && message === this.lastMessage) this.#parts.changed(this);
    this.#through('update', { changed: ['message'] as const, id, message, change }, (given) => {
      message?.emit('update', change);
      this.#emit('update', given);
    });
  }

  /** Changes of messages up to there were missed. */
  doubt({ epoch, lastMessageId }: RoomPlace): void {
    this.messages.doubt();
    this.#receive('reset', { epoch, lastMessageId, reason: 'changes' });
  }

  reset({ epoch, lastMessageId }: RoomPlace): void {
    this.messages.forget();
    this.own.passed(lastMessageId);
    this.#counting(() => this.#counts.endsAt(epoch, lastMessageId));
    this.#receive('reset', { epoch, lastMessageId });
  }

  /** Without a loss, by its own user here. */
  left(loss: RoomLoss | undefined): void {
    this.own.passed();
    this.messages.doubt();
    this.userlist.left();
    this.typing.lost();
    this.typists.clear();
    // Who leaves it, here or on another device, may belong to it all the same.
    const isLost = loss !== undefined && loss !== leftElsewhere;
    this.#counting(() => (isLost ? this.#counts.forget() : this.#counts.left()), ['isJoined']);
    if (isLost) this.affairs.forget();
    if (loss !== undefined) this.#receive('removed', loss);
  }

  userJoined(userName: string): void {
    this.affairs.members.update([userName], { online: true });
    this.userlist.changed([userName], []);
  }

  userLeft(userName: string): void {
    this.typists.heard(userName, false);
    this.userlist.changed([], [userName]);
  }

  /** The connection is gone. */
  lost(): void {
    this.affairs.lost();
    this.userlist.lost();
    this.typing.lost();
    this.typists.clear();
  }

  /** Its user does not belong to it any more; or it is `gone`, or not to be seen. */
  quit(how?: 'gone'): void {
    if (how === 'gone') this.affairs.forget();
    else this.affairs.become(null);
    // Of who is in it the end of that says so.
    if (!this.#parts.isJoined(this.name)) this.#counting(() => this.#counts.forget());
  }

  told(count: UnreadCount): void {
    let changed: Message | undefined;
    this.#counting(() => (changed = this.#counts.told(count, (heard) => this.messages.of(heard))));
    if (changed?.id !== undefined) this.isNew(changed.id, changed);
  }

  /** Another device has read the room. */
  readElsewhere(upToId: number): void {
    this.#counting(() => this.#counts.log.read(upToId));
  }

  /** Its user has read the room, up to the newest message that is known if no id is given. */
  read(upToId: number = this.#counts.log.lastId): void {
    const { log } = this.#counts;
    let isNew = upToId > log.mark;
    this.#counting(() => (isNew = log.read(upToId) || isNew));
    if (!isNew) return;
    this.#parts.marks.put(`room:${this.name}`, {
      isReady: () => this.#parts.isSettled(this.current.name),
      send: (link, settle) => link.call('roomMessageRead', { roomName: this.current.name, upToId }, settle),
    });
  }

  /** A message that was sent from here has another status. */
  updated(message: Message): void {
    const id = message.status === 'sent' ? message.id : undefined;
    if (this.messages.get(id ?? 0) === undefined) this.messages.add(message);
    // Who is not in the room does not hear it.
    if (id !== undefined && !this.#parts.isJoined(this.name)) this.#counting(() => this.#counts.said(message, id));
    message.emit('update', undefined);
    this.#emit('update', message);
  }

  #take(message: Message): void {
    const { id, author, isOwn } = message;
    if (author !== undefined && id !== undefined) this.typists.heard(author, false);
    if (id !== undefined) {
      const isMention = message.mentionAll || message.mentions.includes(this.#parts.core.userName ?? '');
      this.#counting(() => {
        this.#counts.log.heard(id, { isOwn, isMention });
        this.#counts.said(message, id);
      });
    }
    this.#emit('message', message);
  }

  /** Does something to what is counted, and tells what has changed of it. */
  #counting(change: () => unknown, changed: RoomField[] = []): void {
    const counted = changedBy(change, this);
    const all = [...changed, ...counted];
    if (all.length > 0) this.#changed(all);
    const [face] = this.#faces;
    if (counted.length > 0 && face !== undefined) this.#parts.core.emitter.emit('unread', face);
  }

  #sendTyping(isTyping: boolean): void {
    const { core, isJoined } = this.#parts;
    const [face] = this.#faces;
    if (face === undefined) return;
    sendTyping(core, face, isTyping, (link, message) => {
      const input = { roomName: this.name, message, options: { transient: true } };
      if (isJoined(this.name)) link.call('roomMessage', input, () => undefined);
    });
  }

  #affairsOf(parts: RoomParts): Affairs {
    // What is told of it comes in under the name that it has then.
    const name = (): string => this.current.name;
    return new Affairs({
      ...parts,
      get name() {
        return name();
      },
      tell: (event, news) => this.#receive(event, news),
      changed: (changed) => this.#changed(changed),
    });
  }

  #changed(changed: readonly RoomField[]): void {
    this.#parts.changed(this);
    this.#emit('update', { changed });
  }

  #receive<N extends 'join' | 'leave' | 'reset' | 'removed' | keyof AffairsEvents>(
    event: N,
    payload: RoomEvents[N][0],
  ): void {
    this.#through(event, payload, (given) => {
      for (const face of this.#faces) emitOne(face, event, given);
    });
  }

  /** Past the middleware, in the order of the calls. */
  #through<P>(event: string, payload: P, deliver: (payload: P) => void): void {
    const [face] = this.#faces;
    if (face === undefined) deliver(payload);
    else this.#parts.core.plugins.receive(face, event, payload, deliver);
  }

  #emit<N extends 'message' | 'typing' | 'update'>(event: N, payload: RoomEvents[N][0]): void {
    for (const face of this.#faces) emitOne(face, event, payload);
  }
}
