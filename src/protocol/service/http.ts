/** How outcomes of the server API are told as HTTP. */
import { errorTable, isErrorCode, type ErrorEntry } from '../errors/table.ts';

export const API_PATH = '/api/v1';

/** The status of an error code; those that hooks make up are refusals like any other, or for now. */
export const statusCode = (code: string, temporary = false): ErrorEntry['status'] =>
  isErrorCode(code) ? errorTable[code].status : temporary ? 503 : 403;
