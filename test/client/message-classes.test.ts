// Message classes: which one a message is given to, and what is sent of one.
import { expect, test } from '@jest/globals';
import {
  classOptionsOf,
  GenericMessage,
  MessageClasses,
  payloadOf,
  type MessageClass,
} from '../../src/client/plugin/message-classes.ts';
import { TextMessage, TypedMessage } from '../../src/client/plugin/typed-message.ts';
import type { ValueMap } from '../../src/protocol/params/values.ts';

class Place extends TypedMessage {
  static override readonly type: string | number | undefined = 'place';
  static override readonly fields: readonly string[] = ['latitude', 'longitude'];
  declare latitude: number;
  declare longitude: number | undefined;
}

class Venue extends Place {
  static override readonly type = 'venue';
  static override readonly fields = ['seats'];
  static readonly sendOptions = { transient: true };
  declare seats: number;
}

const told: unknown[] = [];

function classesOf(...classes: MessageClass[]): MessageClasses {
  told.length = 0;
  const registered = new MessageClasses((error) => told.push(error));
  registered.register(classes);
  return registered;
}

test('the newest class that fits is asked first, and a generic one always fits', () => {
  const classes = classesOf(TextMessage, Place);
  expect(classes.parse({ textMessage: 'hi' })).toEqual(new TextMessage('hi'));
  expect(classes.parse({ textMessage: 'here', type: 'place', latitude: 1 })).toEqual(
    Place.of({ textMessage: 'here', latitude: 1, longitude: undefined }),
  );
  expect(classes.parse({ type: 'unheard of' })).toEqual(new GenericMessage({ type: 'unheard of' }));
  class Shout extends TextMessage {}
  classes.register(Shout);
  expect(classes.parse({ textMessage: 'hi' })).toBeInstanceOf(Shout);
});

test('validate that throws does not fit, parse that throws is told, and neither can change the message', () => {
  class Unsure extends GenericMessage {
    static validate(): boolean {
      throw new Error('unsure');
    }
  }
  class Greedy extends GenericMessage {
    static override parse(content: ValueMap): GenericMessage {
      delete content['textMessage'];
      throw new Error('greedy');
    }
  }
  const content = { textMessage: 'hi' };
  expect(classesOf(TextMessage, Greedy, Unsure).parse(content)).toEqual(new TextMessage('hi'));
  expect(content).toEqual({ textMessage: 'hi' });
  expect(told).toEqual([new Error('greedy')]);
});

test('what has no parse or no getPayload is refused, with all that came with it', () => {
  class NoPayload {
    static parse(): object {
      return {};
    }
  }
  class NoParse {
    getPayload(): object {
      return {};
    }
  }
  const classes = classesOf();
  for (const wrong of [NoPayload, NoParse, undefined, null, 'text', {}]) {
    // Who writes JavaScript may give anything.
    const given = [TextMessage, wrong] as unknown as MessageClass[];
    expect(() => classes.register(given)).toThrow(TypeError);
    expect(() => classes.register(wrong as unknown as MessageClass)).toThrow(TypeError);
  }
  expect(classes.parse({ textMessage: 'hi' })).toBeInstanceOf(GenericMessage);
});

test('what is sent of a message is its payload, without what is undefined, fields inherited', () => {
  const venue = Venue.of({ latitude: 1, longitude: undefined, seats: 30, attributes: { open: true } });
  const payload = { type: 'venue', latitude: 1, seats: 30, attributes: { open: true } };
  expect(payloadOf(venue)).toEqual(payload);
  expect(classesOf(Place, Venue).parse(payload)).toEqual(venue);
  expect(payloadOf(new TextMessage('hi'))).toEqual({ textMessage: 'hi' });
  const plain = { textMessage: 'plain' };
  expect(payloadOf(plain)).toBe(plain);
  const bare: object = Object.assign(Object.create(null), { getPayload: () => plain });
  expect([venue, new TextMessage(), plain, bare].map(classOptionsOf)).toEqual([{ transient: true }, {}, {}, {}]);
});
