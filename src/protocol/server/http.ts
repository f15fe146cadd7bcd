/** How outcomes of the server API are told as HTTP: its path, and the status of each error. */
import { isErrorCode, type ErrorCode } from '../errors.ts';

export const API_PATH = '/api/v1';

type Status = 400 | 403 | 404 | 409 | 413 | 429 | 500 | 503 | 504;

const statuses: Readonly<Record<ErrorCode, Status>> = {
  badArgument: 400,
  wrongArgumentsCount: 400,
  invalidName: 400,
  noSocket: 400,
  listLimitExceeded: 400,
  quotaExceeded: 403,
  listTooLong: 400,
  badToken: 403,
  tokenExpired: 403,
  noLogin: 403,
  notAllowed: 403,
  notJoined: 403,
  tooManyRooms: 403,
  tooManySockets: 403,
  sessionConflict: 409,
  invalidSocket: 404,
  noCommand: 404,
  noList: 404,
  noRoom: 404,
  noUser: 404,
  noUserOnline: 404,
  roomExists: 409,
  userExists: 409,
  userOnline: 409,
  messageTooLarge: 413,
  tooManyRequests: 429,
  internalError: 500,
  unavailable: 503,
  timeout: 504,
};

/** The status of an error code; those that hooks make up are refusals like any other, or for now. */
export const statusCode = (code: string, temporary = false): Status =>
  isErrorCode(code) ? statuses[code] : temporary ? 503 : 403;
