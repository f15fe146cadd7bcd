/** Builds what asks the operator's hooks: those of the module that was loaded, and those of the endpoint. */
import { newReference, type Outside, type Shared } from './shared.ts';
import { HookRunner, type HookRunnerOptions } from '../hooks/runner.ts';
import { RemoteHooks } from '../hooks/remote/remote-hooks.ts';

/** None where there is neither a module nor an endpoint. */
export function buildHooks(shared: Shared, { hooks: loaded }: Pick<Outside, 'hooks'>): HookRunner | undefined {
  const { timeoutMs, pendingMax } = shared.config.hooks;
  const onFailure = tellFailure(shared);
  const remote = buildRemoteHooks(shared, onFailure);
  if (loaded === undefined && remote === undefined) return undefined;
  const none = { functions: new Map(), policies: new Map() };
  return new HookRunner(loaded ?? none, { timeoutMs, pendingMax, onFailure }, remote);
}

type OnFailure = HookRunnerOptions['onFailure'];

const tellFailure =
  ({ errors, measured }: Shared): OnFailure =>
  (hook, what, error) => {
    measured.hookFailures.add(hook);
    const reference = newReference();
    const told = error === undefined ? { hook, reference } : { hook, reference, err: error };
    errors.error(`hook ${hook}${error === undefined ? '' : ' threw'}`, told, `the hook ${hook} ${what}`);
    return reference;
  };

function buildRemoteHooks({ config, measured }: Shared, onFailure: OnFailure): RemoteHooks | undefined {
  const { url, secret, ...how } = config.hooks.remote;
  if (url === undefined || secret === undefined) return undefined;
  const durations = measured.distributions.parley_hook_request_duration_seconds;
  return new RemoteHooks({
    url,
    secret,
    ...how,
    maxResponseBytes: answerBytesOf(config.limits.messageBytes),
    onFailure,
    onAsked: (hook, outcome, ms) => durations.of(hook, outcome).observe(ms),
  });
}

/** JSON writes some characters of one byte in six. What is beside a message, or is none, is small. */
const answerBytesOf = (messageBytes: number): number => 6 * messageBytes + 65_536;
