/**
 * The terminal client: conversations, the one that lines go to, and what each command does. How things look is the
 * screen's, what a line means `commands.ts`, the connection the library's.
 */
import type { Client, Message, ValueMap } from '../client/index.ts';
import { tellOfChanges } from './belonging/changes.ts';
import { Deeds } from './belonging/deeds.ts';
import { placeLines, placeOf, titleOf, type Where } from './belonging/places.ts';
import { Comings, namesOf } from './comings.ts';
import { help, isAlteration, isDeed, readLine, type Command } from './commands.ts';
import type { Screen } from './screen.ts';
import { Alterations } from './talk/alterations.ts';
import { tellOfUpdate } from './talk/changed.ts';
import { Conversation } from './talk/conversation.ts';
import { authorOf, saidOf, textOf, type Said } from './talk/said.ts';
import { Sending } from './talk/sending.ts';
import { UnreadNotices } from './talk/unread-notices.ts';
import { whoWords } from './talk/who.ts';
import { wordsFor } from './words.ts';

export interface ChatOptions {
  readonly client: Client;
  readonly screen: Screen;
  /** Of a conversation that is entered, so many of its latest messages are shown. */
  readonly historyCount: number;
  /** `/quit` was said. */
  readonly leave: () => void;
}

export class Chat {
  readonly #client: Client;
  readonly #screen: Screen;
  readonly #historyCount: number;
  readonly #leave: () => void;
  readonly #rooms = new Map<string, Conversation>();
  readonly #directs = new Map<string, Conversation>();
  readonly #comings = new Comings((roomName, sentence) =>
    this.#screen.notice(`${titleOf(this.#client, roomName) ?? roomName}: ${sentence}.`),
  );
  readonly #sending: Sending;
  readonly #alterations: Alterations;
  readonly #unread = new UnreadNotices(
    (sentence) => this.#screen.notice(sentence),
    (roomName) => titleOf(this.#client, roomName),
  );
  readonly #deeds: Deeds;
  #current: Conversation | undefined;
  #failed = false;

  constructor({ client, screen, historyCount, leave }: ChatOptions) {
    this.#client = client;
    this.#screen = screen;
    this.#historyCount = historyCount;
    this.#leave = leave;
    const nameOf = (roomName: string): string => titleOf(client, roomName) ?? roomName;
    const tell = (sentence: string): void => screen.notice(sentence);
    const complain = (sentence: string): void => this.complain(sentence);
    this.#deeds = new Deeds({
      client,
      tell,
      complain,
      current: () => (this.#current?.isRoom === true ? client.room(this.#current.name) : undefined),
      nameOf,
      goTo: (roomName) => this.join(roomName),
    });
    this.#sending = new Sending({ client, tell, complain });
    this.#alterations = new Alterations({ tell, complain, say: (...said) => this.#sending.say(...said) });
    this.#listen();
    tellOfChanges({ client, tell, nameOf });
    this.#showPrompt();
  }

  /** Whether anything that was asked for could not be done. */
  get failed(): boolean {
    return this.#failed;
  }

  get unsent(): readonly Message[] {
    return this.#sending.unsent;
  }

  /** Learns what the rooms that one belongs to are called. */
  async learnRooms(): Promise<void> {
    try {
      await this.#client.conversations.load();
    } catch (error) {
      this.#screen.notice(`Where you belong could not be read. ${wordsFor(error)}`);
    }
  }

  /** What somebody has typed. */
  line(text: string): void {
    const command = readLine(text);
    if (command !== undefined) this.#carryOut(command);
  }

  /** The line that is being typed, as it is now. */
  key(text: string): void {
    if (text.trim() !== '' && !text.startsWith('/')) this.#current?.target.typing();
  }

  /** Resolves when it is joined, or its refusal is told. Lines go there from now on. */
  async join(roomName: string): Promise<boolean> {
    const conversation = this.#roomOf(roomName);
    const before = this.#current;
    this.#goTo(conversation);
    if (conversation.isOpen) return true;
    conversation.isOpen = true;
    if (this.#historyCount > 0) conversation.hold();
    try {
      await this.#client.room(roomName).join({ create: true });
    } catch (error) {
      this.complain(wordsFor(error, roomName));
      conversation.isOpen = false;
      if (this.#current === conversation) this.#goTo(before);
      return false;
    }
    if (this.#historyCount === 0) return true;
    await this.#open(conversation);
    await this.#tellWho(conversation);
    return true;
  }

  /** Resolves when it is sent, or it is told why not; at once where it cannot be said to anybody. */
  async say(text: string, to: Conversation | undefined = this.#current): Promise<void> {
    return to === undefined ? this.#noRoom() : this.#sending.say(text, to);
  }

  /** Tells of something that could not be done. */
  complain(sentence: string): void {
    this.#failed = true;
    this.#screen.notice(sentence, 'bad');
  }

  /** Nothing more is sent or told, but for what is lost now. Gives how many messages that is. */
  stop(): number {
    this.#comings.stop();
    for (const each of [...this.#rooms.values(), ...this.#directs.values()]) each.stop();
    return this.#sending.stop();
  }

  #carryOut(command: Command): void {
    if (isDeed(command)) return void this.#deeds.carryOut(command);
    if (isAlteration(command)) {
      return this.#current === undefined ? this.#noRoom() : void this.#alterations.carryOut(command, this.#current);
    }
    switch (command.kind) {
      case 'say':
        return void this.say(command.text);
      case 'join':
        return void this.join(command.roomName);
      case 'leave':
        return void this.#leaveRoom(command.roomName);
      case 'msg':
        return this.#message(command.userName, command.text);
      case 'who':
        return this.#current === undefined ? this.#noRoom() : void this.#tellWho(this.#current);
      case 'read':
        return this.#read();
      case 'rooms':
        return void this.#tellRooms();
      case 'retry':
        return this.#retry();
      case 'help':
        return this.#screen.notice(help);
      case 'quit':
        return this.#leave();
      case 'mistake':
        return this.complain(command.sentence);
    }
  }

  async #leaveRoom(name: string | undefined): Promise<void> {
    const conversation = name === undefined ? this.#current : this.#named(name);
    if (conversation === undefined) return this.complain(`You are not in ${name ?? 'any room'}.`);
    this.#close(conversation);
    if (!conversation.isRoom) return;
    try {
      await this.#client.room(conversation.name).leave();
      this.#screen.notice(`You have left ${conversation.name}.`);
    } catch (error) {
      this.complain(wordsFor(error, conversation.name));
    }
  }

  /** One that is open, by the name that the screen gives it. */
  #named(name: string): Conversation | undefined {
    return [...this.#rooms.values(), ...this.#directs.values()].find((each) => each.isOpen && each.label === name);
  }

  #message(userName: string, text: string | undefined): void {
    const conversation = this.#directOf(userName);
    if (text !== undefined) return void this.say(text, conversation);
    conversation.isOpen = true;
    this.#goTo(conversation);
    void this.#open(conversation);
  }

  #read(): void {
    if (this.#current === undefined) return this.#noRoom();
    const { target, label } = this.#current;
    this.#unread.read(label);
    target.read();
    this.#screen.notice(`${label}: all read.`);
  }

  #retry(): void {
    try {
      this.#client.retry();
    } catch {
      this.#screen.notice(
        this.#client.state === 'connected' ? 'You are connected.' : 'It is being tried at this moment.',
      );
    }
  }

  async #tellWho(where: Conversation): Promise<void> {
    try {
      this.#screen.notice(await whoWords(this.#client, where));
    } catch (error) {
      this.complain(wordsFor(error, where.name));
    }
  }

  async #tellRooms(): Promise<void> {
    await this.learnRooms();
    const open = [...this.#rooms.values(), ...this.#directs.values()].filter((each) => each.isOpen);
    const lines = placeLines(this.#client, open, this.#current);
    if (lines.length === 0) return this.#noRoom();
    this.#screen.notice(lines.join('\n'));
  }

  async #open(conversation: Conversation): Promise<void> {
    try {
      const leftOut = await conversation.open(this.#historyCount);
      if (leftOut > 0)
        this.#screen.notice(`${conversation.label}: ${leftOut} messages are not shown; too much was said at once.`);
    } catch (error) {
      this.complain(`What was said before cannot be shown. ${wordsFor(error, conversation.name)}`);
    }
  }

  #roomOf(roomName: string): Conversation {
    const client = this.#client;
    const room = client.room(roomName);
    const known = this.#rooms.get(room.name);
    if (known !== undefined) return known;
    const made = new Conversation(room, (said, note) => this.#show(made, said, note));
    this.#rooms.set(room.name, made);
    room.on('message', (message) => made.isOpen && made.take(message));
    room.on('typing', () => this.#showPrompt());
    room.on('update', (update) => this.#tellOfUpdate(made, update));
    room.on('reset', ({ reason }) => {
      if (reason === 'changes')
        return this.#screen.notice(`${made.label}: some messages may say something else by now.`);
      made.reset();
      if (made.isOpen)
        this.complain(`${made.label}: some of what was said is lost; what follows is all that there is.`);
    });
    room.on('removed', ({ reason }) => {
      if (!made.isOpen) return;
      this.#close(made);
      this.complain(`You are no longer in ${placeOf(client, made)}: ${reason ?? 'it was taken away.'}`);
    });
    return made;
  }

  /** Only of whom one writes to: objects for all who write to one would be as many as they like. */
  #directOf(userName: string): Conversation {
    const direct = this.#client.direct(userName);
    const known = this.#directs.get(direct.userName);
    if (known !== undefined) return known;
    const made = new Conversation(direct, (said, note) => this.#show(made, said, note));
    this.#directs.set(direct.userName, made);
    direct.on('message', (message) => made.take(message)).on('echo', (message) => made.take(message));
    direct.on('update', (update) => this.#tellOfUpdate(made, update));
    direct.on('typing', () => this.#showPrompt());
    return made;
  }

  #listen(): void {
    const client = this.#client;
    const hear = (userName: string, message: ValueMap): void => {
      // Whom one writes to, or has written to, is heard by the object.
      if (this.#directs.has(userName)) return;
      this.#show({ isRoom: false, name: userName, label: `@${userName}` }, saidOf(message));
    };
    client.on('directMessage', (message) => {
      const { author, textMessage } = message;
      if (typeof author !== 'string') return;
      if (textMessage !== undefined) this.#unread.shown(`@${author}`);
      hear(author, message);
    });
    client.on('directMessageEcho', (userName, message) => hear(userName, message));
    this.#comings.follow(
      client,
      (roomName, userName) => this.#rooms.get(roomName)?.isOpen === true && userName !== client.userName,
    );
    client.on('unreadCounts', (counts) => this.#unread.take(counts, (label) => this.#named(label) !== undefined));
    // What they are called is told by the list.
    client.conversations.on('change', () => this.#showPrompt());
    client.on('roomAttributesChanged', () => this.#showPrompt());
  }

  #tellOfUpdate(where: Conversation, update: Parameters<typeof tellOfUpdate>[0]): void {
    const tell = (sentence: string): void => this.#screen.notice(`${placeOf(this.#client, where)}: ${sentence}`);
    if (where.isOpen) tellOfUpdate(update, { own: this.#client.userName, where, tell });
  }

  #show(where: Where, said: Said, note?: string): void {
    const text = textOf(said);
    if (text === undefined) return;
    const own = this.#client.userName;
    const { author, timestamp, isOwn = author === own } = said;
    this.#screen.message({
      place: placeOf(this.#client, where),
      isElsewhere: where.label !== this.#current?.label,
      author: (isOwn ? own : undefined) ?? authorOf(said),
      isOwn,
      note,
      text,
      timestamp,
    });
  }

  #goTo(conversation: Conversation | undefined): void {
    this.#current = conversation;
    this.#showPrompt();
  }

  #close(conversation: Conversation): void {
    conversation.isOpen = false;
    if (this.#current !== conversation) return;
    this.#goTo([...this.#rooms.values(), ...this.#directs.values()].find((each) => each.isOpen));
  }

  #showPrompt(): void {
    const typists = [...(this.#current?.target.typists ?? [])];
    const many =
      typists.length > 2 ? `${typists.length} people are` : `${namesOf(typists)} ${typists.length > 1 ? 'are' : 'is'}`;
    this.#screen.prompt(
      this.#current === undefined ? '' : placeOf(this.#client, this.#current),
      typists.length === 0 ? '' : `(${many} typing)`,
    );
  }

  #noRoom(): void {
    this.complain('You are in no room yet: /join ROOM, or /msg USER TEXT.');
  }
}
