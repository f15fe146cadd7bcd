// What must and what must not compile: plugins and message classes. Never run.
import {
  createClient,
  TextMessage,
  TypedMessage,
  typing,
  unread,
  type Client,
  type Middleware,
  type Plugin,
  type Room,
  type ValueMap,
} from '../../src/client/index.ts';

declare const client: Client;
declare const room: Room;

class Poll {
  readonly room: Room;
  constructor(of: Room) {
    this.room = of;
  }
  ask(question: string): void {
    this.room.send({ question });
  }
}

const polite: Middleware = (payload, next) => next(undefined, payload);

export const poll: Plugin = {
  name: 'poll',
  extends: { Room: Poll },
  middleware: { send: { message: polite, '*': polite }, receive: { message: (_, next) => next(new Error('no')) } },
  onRoomCreate: (made: Room) => made.on('message', () => undefined),
};

export function plugins(): void {
  createClient({ urls: 'ws://a/ws', credentials: {}, plugins: [poll, typing, unread] });
  client.plugin(poll);
  room.plugin(poll);
  // @ts-expect-error: a plugin has a name, under which objects have what it adds.
  client.plugin({ extends: { Room: Poll } });
  // @ts-expect-error: a class, not an instance.
  client.plugin({ name: 'poll', extends: { Room: new Poll(room) } });
  // @ts-expect-error: contacts cannot be extended.
  client.plugin({ name: 'poll', extends: { Contacts: Poll } });
  // @ts-expect-error: a middleware is a function.
  client.plugin({ name: 'poll', middleware: { send: { message: true } } });
  // @ts-expect-error: on the way out and in, and nowhere else.
  client.plugin({ name: 'poll', middleware: { emit: { message: polite } } });
  // @ts-expect-error: no object of that kind.
  client.plugin({ name: 'poll', onChatCreate: () => undefined });
  // @ts-expect-error: the plugin, not its name.
  client.plugin('poll');
}

class Place extends TypedMessage {
  static override readonly type = 'place';
  static override readonly fields: readonly string[] = ['latitude'];
  declare latitude: number;
}

class Own {
  static parse(content: ValueMap): Own {
    return Object.assign(new Own(), content);
  }
  getPayload(): ValueMap {
    return {};
  }
}

class WithoutParse {
  getPayload(): ValueMap {
    return {};
  }
}

class WithoutPayload {
  static parse(): WithoutPayload {
    return new WithoutPayload();
  }
}

export function classes(): void {
  client.register(Place).register([Place, Own]);
  room.send(Place.of({ latitude: 47.4, textMessage: 'here' }));
  room.send(new TextMessage('hello'));
  createClient({ urls: 'ws://a/ws', credentials: {}, messageClasses: [Place, Own, TextMessage] });
  // @ts-expect-error: nothing of it can be read from what travelled.
  client.register(WithoutParse);
  // @ts-expect-error: nothing of it can travel.
  client.register(WithoutPayload);
  // @ts-expect-error: one of them is none.
  client.register([Place, WithoutParse]);
  // @ts-expect-error: the class, not one of its messages.
  client.register(new Own());
  // @ts-expect-error: a latitude is a number.
  Place.of({ latitude: '47.4' });
  // @ts-expect-error: no field of that name.
  Place.of({ altitude: 408 });
}
