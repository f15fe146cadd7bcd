/** Type tests of the catalogue: the type check of the tests fails if one does not hold. Nothing here runs. */
import type { Args, DeclaredErrors, Input, NotificationParams, Result } from '../../src/protocol/catalogue.ts';
import type { ErrorCode } from '../../src/protocol/errors/table.ts';
import type { ErrorValue, Failure } from '../../src/protocol/errors/errors.ts';
import type { RoomRefused } from '../../src/protocol/membership.ts';
import type { Value, ValueMap } from '../../src/protocol/params/values.ts';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Fits<A, B> = A extends B ? true : false;
type Holds<T extends true> = T;
type Fails<T extends false> = T;

export type Arguments = [
  Holds<Equal<Args<'roomGetOwner'>['roomName'], string>>,
  Holds<Equal<Args<'roomCreate'>['whitelistOnly'], boolean>>,
  Holds<Equal<Args<'roomMessage'>['message'], ValueMap>>,
  Holds<
    Equal<
      Args<'roomJoin'>['options'],
      { group?: string; create?: boolean; whitelistOnly?: boolean; attributes?: ValueMap } | undefined
    >
  >,
  Holds<Equal<Args<'systemMessage'>['data'], Value>>,
];

export type Inputs = [
  Holds<Fits<{ roomName: string }, Input<'roomCreate'>>>,
  Holds<Fits<{ roomName: string; message: { a: number } }, Input<'roomMessage'>>>,
  Fails<Fits<{ roomName: string }, Input<'roomMessage'>>>,
  Fails<Fits<{ roomName: number }, Input<'roomCreate'>>>,
];

export type Outcomes = [
  Holds<Equal<Result<'roomMessage'>, number | null>>,
  Holds<Fits<string[], Result<'roomGetAccessList'>>>,
  Holds<Equal<Result<'disconnect'>, null>>,
  Holds<Fits<Result<'login'>, Value>>,
  Holds<Fits<Result<'roomsJoin'>, Value>>,
  Holds<
    Equal<
      DeclaredErrors<'roomJoin'>,
      'noRoom' | 'notAllowed' | 'invalidName' | 'tooManyRooms' | 'quotaExceeded' | 'tooLarge' | 'roomExpired'
    >
  >,
  Holds<Equal<DeclaredErrors<'ping'>, never>>,
  Holds<Fits<Failure<'noRoom'>, Failure>>,
  Fails<Fits<Failure, Failure<'noRoom'>>>,
  Fails<Fits<'noSuchCode', ErrorCode>>,
  Holds<Fits<ErrorValue, ValueMap>>,
  Holds<Fits<ErrorValue, RoomRefused['error']>>,
];

export type Notices = [
  Holds<Equal<NotificationParams<'roomJoinedEcho'>, [string, string, number]>>,
  Holds<Equal<NotificationParams<'roomAccessRemoved'>, [string]>>,
  Holds<Fits<NotificationParams<'loginConfirmed'>, Value[]>>,
];
