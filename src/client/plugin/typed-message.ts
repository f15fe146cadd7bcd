/**
 * Messages that say what they are: `TypedMessage` is the class to extend, with a `type` and fields of its own;
 * `TextMessage` is plain text, the message that all clients of the service understand.
 */
import { isMap, type ValueMap } from '../../protocol/params/values.ts';

/** What a class of typed messages says of itself. */
interface Declared {
  /** Stands in each message as `type`; undefined: the message has none. */
  readonly type?: string | number | undefined;
  /** The message's own fields, besides those of the classes that this one extends. */
  readonly fields?: readonly string[];
}

/**
 * ```ts
 * class Place extends TypedMessage {
 *   static override readonly type = 'place';
 *   static override readonly fields: readonly string[] = ['latitude', 'longitude'];
 *   declare latitude: number;
 *   declare longitude: number;
 * }
 * client.register(Place);
 * room.send(Place.of({ latitude: 47.4, longitude: 8.5, textMessage: 'here' }));
 * ```
 * A constructor, where a class has one, has to work without arguments.
 */
export class TypedMessage {
  static readonly type: string | number | undefined = undefined;
  static readonly fields: readonly string[] = [];

  /** Shown by who does not know the class. */
  textMessage: string | undefined = undefined;
  /** Whatever else the application wants to say. */
  attributes: ValueMap | undefined = undefined;

  static of<M extends TypedMessage>(this: new () => M, fields: Partial<M> & object): M {
    return Object.assign(new this(), fields);
  }

  static validate(content: ValueMap): boolean {
    return this.type !== undefined && content['type'] === this.type;
  }

  static parse(content: ValueMap): TypedMessage {
    const message = new this();
    if (typeof content['textMessage'] === 'string') message.textMessage = content['textMessage'];
    if (isMap(content['attributes'])) message.attributes = content['attributes'];
    for (const field of fieldsOf(this)) Object.assign(message, { [field]: content[field] });
    return message;
  }

  /** Without the fields that are undefined. What cannot travel is refused by the send. */
  getPayload(): object {
    const { type } = this.constructor as Declared;
    const all = new Map<string, unknown>(
      Object.entries({ type, textMessage: this.textMessage, attributes: this.attributes }),
    );
    for (const field of fieldsOf(this.constructor)) all.set(field, Reflect.get(this, field));
    return Object.fromEntries([...all].filter(([, value]) => value !== undefined));
  }
}

/** `{textMessage}`, with no type. */
export class TextMessage extends TypedMessage {
  constructor(textMessage = '', attributes?: ValueMap) {
    super();
    this.textMessage = textMessage;
    this.attributes = attributes;
  }

  static override validate(content: ValueMap): boolean {
    return typeof content['textMessage'] === 'string' && content['type'] === undefined;
  }
}

/** Those of the classes that it extends come first. */
function fieldsOf(messageClass: object): readonly string[] {
  const { fields = [] } = messageClass as Declared;
  const own = Object.hasOwn(messageClass, 'fields') ? fields : [];
  // The prototype of a class is the class that it extends, and that of a class that extends none a function without fields.
  const parent: unknown = Object.getPrototypeOf(messageClass);
  return typeof parent === 'function' ? [...new Set([...fieldsOf(parent), ...own])] : own;
}
