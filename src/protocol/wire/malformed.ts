/** The reasons for which a message is malformed, in words short enough for a close frame. Finding them is the codec's. */

export const malformedReasons = {
  notDecodable: 'not decodable',
  noMessages: 'no messages in the frame',
  notArray: 'not an array',
  badType: 'type not expected',
  badLength: 'wrong length',
  badId: 'id not an unsigned 32-bit integer',
  badMethod: 'method not a string',
  badParams: 'params not an array',
  extension: 'ext type',
  badKey: 'map key not a string',
  protoKey: 'map key __proto__',
  duplicateKey: 'map key twice',
  tooDeep: 'too deep',
  tooManyValues: 'too many values',
} as const;

/** The same of a whole frame, of which nothing is read. */
export const frameFaults = {
  text: 'a text frame on msgpack',
  binary: 'a binary frame on json',
} as const;

export type MalformedReason = (typeof malformedReasons)[keyof typeof malformedReasons];
