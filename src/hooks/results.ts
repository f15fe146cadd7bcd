/** Holds results that a hook gives in place of a request's own against what the request declares. */
import { Compile } from 'typebox/compile';
import { requestDeclaration, type RequestName } from '../protocol/catalogue.ts';
import type { Value } from '../protocol/params/values.ts';
import { Nonsense } from './verdict.ts';

/** By request; compiled at the first use. */
const checks = new Map<RequestName, (value: Value) => boolean>();

/** Throws `Nonsense` where the result is none of that request. */
export function mustBeResult(method: RequestName, result: Value): void {
  let check = checks.get(method);
  if (check === undefined) {
    const validator = Compile(requestDeclaration(method).result);
    check = (value) => validator.Check(value);
    checks.set(method, check);
  }
  if (!check(result)) throw new Nonsense(`answered with a result that ${method} cannot have`);
}
