// A small model of the service for a client under test: rooms with logs, and faults by chance. What it does is what the
// protocol allows the real one to do, in the worst order; it is no measure of what the real one does.
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';
import type { RoomLog } from '../support/history-checker.ts';
import type { Rng } from '../support/rng.ts';
import type { FakeService, Received } from './fake-service.ts';

type Notification = [string, ...Value[]];

interface Occupant {
  readonly request: Received;
  /** While the answer to its join is due, what is to follow it in the same frame. */
  held: Notification[] | undefined;
}

interface ModelRoom {
  epoch: number;
  messages: ValueMap[];
  readonly occupants: Map<number, Occupant>;
  /** Ids by what the author called the message. */
  readonly known: Map<string, number>;
}

// As the fake service calls everybody who logs in: all clients are devices of one user.
const author = 'alice';
const unavailable: ValueMap = { code: 'unavailable', args: [], message: 'later', temporary: true, retryAfterMs: 1 };

export class ModelService {
  /** While true, connections break and requests fail by chance. */
  faulty = true;
  /** While true, logs lose messages by chance, too: they are replaced, or begin later. */
  loses = true;
  /** How often each kind of fault was met. */
  readonly faults = { cut: 0, refused: 0, unanswered: 0, overtaken: 0, unrecovered: 0, reset: 0, trimmed: 0 };
  /** Pages of history that were read. */
  pages = 0;
  readonly #rng: Rng;
  readonly #rooms = new Map<string, ModelRoom>();

  constructor(service: FakeService, rng: Rng) {
    this.#rng = rng;
    service.handle = (request) => {
      if (this.#chance('cut', 0.04)) return request.cut();
      if (this.#chance('refused', 0.05)) return request.refuse('unavailable', 1);
      this.#serve(request);
      // Answered, perhaps, but who knows whether it arrived.
      if (this.#chance('cut', 0.04)) request.cut();
    };
  }

  log(roomName: string): RoomLog {
    const { epoch, messages } = this.#room(roomName);
    const entries = messages.map(({ id, key }) => ({ id: Number(id), key: typeof key === 'string' ? key : '' }));
    return { roomName, epoch: `e${epoch}`, messages: entries };
  }

  #room(roomName: string): ModelRoom {
    const room = this.#rooms.get(roomName) ?? { epoch: 1, messages: [], occupants: new Map(), known: new Map() };
    this.#rooms.set(roomName, room);
    return room;
  }

  #chance(fault: keyof ModelService['faults'], probability: number): boolean {
    const met = this.faulty && this.#rng.chance(probability);
    if (met) this.faults[fault] += 1;
    return met;
  }

  #serve(request: Received): void {
    const [roomName] = request.params;
    if (request.method === 'roomsJoin') this.#join(request);
    else if (request.method === 'roomMessage') this.#post(request);
    else if (request.method === 'roomHistoryGet') this.#page(request);
    else if (request.method === 'roomHistoryInfo' && typeof roomName === 'string') this.#info(request, roomName);
    else if (request.method === 'roomLeave' && typeof roomName === 'string') this.#leave(request, roomName);
    else request.answer(request.method === 'ping' ? 1 : null);
  }

  #join(request: Received): void {
    // The client's codec and catalogue made it an array of positions.
    const positions = request.params[0] as { roomName: string; epoch?: string; lastMessageId?: number }[];
    const held: Notification[] | undefined = this.#chance('overtaken', 0.3) ? undefined : [];
    const entries = positions.map((position): Value => {
      const { roomName, lastMessageId: since = Infinity } = position;
      const room = this.#room(roomName);
      if (!room.occupants.has(request.connection)) room.occupants.set(request.connection, { request, held });
      if (this.#chance('refused', 0.1)) return { roomName, error: unavailable };
      const epoch = `e${room.epoch}`;
      const foreign = position.epoch !== undefined && position.epoch !== epoch;
      const recovered = !foreign && !this.#chance('unrecovered', 0.3);
      const messages = recovered ? room.messages.filter(({ id }) => Number(id) > since) : [];
      return { roomName, njoined: 1, epoch, lastMessageId: room.messages.length, recovered, messages, lastChange: 0 };
    });
    const finish = (): void => {
      request.send(held ?? [], entries);
      for (const { roomName } of positions) {
        const occupant = this.#room(roomName).occupants.get(request.connection);
        if (occupant?.held === held && occupant !== undefined) occupant.held = undefined;
      }
    };
    if (this.#rng.chance(0.5)) setImmediate(finish);
    else finish();
  }

  /** Shorter than it is asked to be, and now and then the oldest are not there any more. */
  #page(request: Received): void {
    // As for a join.
    const [roomName, after] = request.params as [string, number];
    this.pages += 1;
    const messages = this.#room(roomName).messages.slice(after);
    const cut = this.loses && messages.length > 2 && this.#chance('trimmed', 0.05) ? 2 : 0;
    request.answer(messages.slice(cut, cut + this.#rng.integer(1, 4)).toReversed());
  }

  #info(request: Received, roomName: string): void {
    const { epoch, messages } = this.#room(roomName);
    const size = { historyMaxGetMessages: 100, historyMaxSize: 10_000, historySize: messages.length };
    request.answer({ ...size, lastMessageId: messages.length, oldestMessageId: 1, epoch: `e${epoch}`, lastChange: 0 });
  }

  #leave(request: Received, roomName: string): void {
    this.#room(roomName).occupants.delete(request.connection);
    if (this.#chance('unanswered', 0.2)) request.refuse('unavailable', 1);
    else request.answer(0);
  }

  #post(request: Received): void {
    // As for a join: the catalogue's params, and a clientMessageId always.
    const [roomName, message, options] = request.params as [string, ValueMap, { clientMessageId: string }];
    const room = this.#room(roomName);
    if (this.loses && this.#chance('reset', 0.01)) this.#reset(roomName, room);
    const { clientMessageId } = options;
    const id = room.known.get(clientMessageId) ?? room.messages.length + 1;
    if (id > room.messages.length) {
      const processed = { ...message, author, timestamp: 1000 + id, id };
      room.messages.push(processed);
      room.known.set(clientMessageId, id);
      publish(room, ['roomMessage', roomName, processed]);
    }
    if (this.#chance('unanswered', 0.1)) request.refuse('unavailable', 1);
    else request.answer(id);
  }

  #reset(roomName: string, room: ModelRoom): void {
    room.epoch += 1;
    room.messages = [];
    room.known.clear();
    publish(room, ['roomReset', roomName, `e${room.epoch}`, 0]);
  }
}

function publish(room: ModelRoom, notification: Notification): void {
  for (const { request, held } of room.occupants.values()) {
    if (held === undefined) request.send([notification]);
    else held.push(notification);
  }
}
