/** The server API as the operator's hooks see it: values go in and out as copies, and a refusal is thrown. */
import type { ActingAs, ServiceApi } from '../hooks/contract.ts';
import { copyValue } from '../hooks/copy.ts';
import { Failure, toErrorValue } from '../protocol/errors/errors.ts';
import { replyDepth, replyValuesMax, type Limits } from '../protocol/params/limits.ts';
import type { Value, ValueMap } from '../protocol/params/values.ts';
import type { ServerApi } from './server-api.ts';

/** A request that was refused, as an error: `code` and `args` are the protocol's. */
export class ServiceRefusal extends Error {
  override readonly name = 'ServiceRefusal';
  readonly code: string;
  readonly args: readonly Value[];

  constructor(failure: Failure) {
    super(toErrorValue(failure).message);
    this.code = failure.code;
    this.args = failure.args;
  }
}

export class ServiceCalls implements ServiceApi {
  readonly #api: Pick<ServerApi, 'call'>;
  readonly #depth: number;

  constructor(api: Pick<ServerApi, 'call'>, limits: Pick<Limits, 'depth'>) {
    this.#api = api;
    this.#depth = limits.depth;
  }

  async call(method: string, params?: readonly Value[] | ValueMap, as?: ActingAs): Promise<Value> {
    const limits = { depth: this.#depth + 1, values: replyValuesMax };
    const outcome = await this.#api.call(
      String(method),
      params === undefined ? undefined : copyValue(params, limits),
      as === undefined ? undefined : copyValue(as, limits),
    );
    if (outcome instanceof Failure) throw new ServiceRefusal(outcome);
    return copyValue(outcome, { depth: replyDepth, values: replyValuesMax });
  }
}
