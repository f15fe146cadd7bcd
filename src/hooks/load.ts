/**
 * Loads the operator's hooks from the module that PARLEY_HOOKS names, once, at the start. Whatever is wrong with it is
 * told in a sentence, as mistakes in the configuration are. Calling the hooks is the runner's work.
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isRequestName } from '../protocol/catalogue.ts';
import type { HookPolicy } from './contract.ts';
import { isPlain } from './copy.ts';

/** A function of the operator's, bound to the object it came in. */
export type Hook = (argument: unknown) => unknown;

export interface LoadedHooks {
  /** By name; those of requests as `before.roomJoin`, `after.*`. */
  readonly functions: ReadonlyMap<string, Hook>;
  readonly policies: ReadonlyMap<string, HookPolicy>;
}

export type Loaded = LoadedHooks | { readonly problem: string };

const LOAD_MS = 10_000;
const TIMEOUT_MAX_MS = 60_000;

/** Those whose answer decides something, and so may be allowed to fail. */
const DECIDING = ['onConnect', 'onJoin', 'roomMessageCheck', 'directMessageCheck', 'profileOf'];
const TOLD = ['onStart', 'onClose', 'onDisconnect', 'onLeave', 'onAbsent'];
const AROUND = ['before', 'after'];
const NAMES = [...TOLD, ...DECIDING, ...AROUND, 'policies'];

/** `path` is a file URL, or a path seen from the working directory. */
export async function loadHooks(path: string): Promise<Loaded> {
  const url = path.startsWith('file:') ? path : pathToFileURL(resolve(path)).href;
  let late: NodeJS.Timeout | undefined;
  try {
    const tooLate = new Promise<never>((_, reject) => {
      late = setTimeout(() => reject(new Error(`it took more than ${LOAD_MS / 1000} s`)), LOAD_MS);
    });
    const module: unknown = await Promise.race([import(url), tooLate]);
    return readHooks(module);
  } catch (error) {
    return problem(`cannot be loaded: ${path} (${error instanceof Error ? error.message : String(error)})`);
  } finally {
    clearTimeout(late);
  }
}

/** The hooks in what a module exports. */
export function readHooks(module: unknown): Loaded {
  const hooks = exported(module);
  if (typeof hooks !== 'object' || hooks === null) return problem('exports no hooks: they are functions in an object');
  const unknown = Object.keys(hooks).find((name) => !NAMES.includes(name));
  if (unknown !== undefined) return problem(`exports \`${unknown}\`, which is no hook; hooks are ${NAMES.join(', ')}`);

  const functions = new Map<string, Hook>();
  for (const name of [...TOLD, ...DECIDING]) {
    const hook: unknown = Reflect.get(hooks, name);
    if (hook === undefined) continue;
    if (!isFunction(hook)) return problem(`exports \`${name}\`, which is no function`);
    functions.set(name, hook.bind(hooks));
  }
  for (const name of AROUND) {
    const group: unknown = Reflect.get(hooks, name);
    if (group === undefined) continue;
    if (!isPlain(group)) return problem(`exports \`${name}\`, which is no object of functions by request`);
    for (const [request, hook] of Object.entries(group)) {
      const wrong = wrongRequest(request, hook);
      if (wrong !== undefined) return problem(`exports \`${name}.${request}\`, ${wrong}`);
      if (isFunction(hook)) functions.set(`${name}.${request}`, hook.bind(group));
    }
  }
  const policies = readPolicies(Reflect.get(hooks, 'policies'), [...functions.keys()]);
  return policies instanceof Map ? { functions, policies } : policies;
}

/** `hooks` of the module, or its default, or the module itself. */
function exported(module: unknown): unknown {
  if (typeof module !== 'object' || module === null) return undefined;
  const named: unknown = Reflect.get(module, 'hooks');
  if (named !== undefined) return named;
  return Reflect.get(module, 'default') ?? module;
}

function wrongRequest(request: string, hook: unknown): string | undefined {
  if (!isFunction(hook)) return 'which is no function';
  if (request === 'login') return 'but logins have `onConnect`';
  return request === '*' || isRequestName(request) ? undefined : 'but there is no such request';
}

function readPolicies(given: unknown, hooks: readonly string[]): Map<string, HookPolicy> | { problem: string } {
  const policies = new Map<string, HookPolicy>();
  if (given === undefined) return policies;
  if (!isPlain(given)) return problem('exports `policies`, which is no object');
  for (const [name, policy] of Object.entries(given)) {
    const wrong = wrongPolicy(name, policy, hooks);
    if (wrong !== undefined) return problem(`exports \`policies.${name}\`, ${wrong}`);
    // All its fields were just looked at.
    policies.set(name, policy as HookPolicy);
  }
  return policies;
}

function wrongPolicy(name: string, policy: unknown, hooks: readonly string[]): string | undefined {
  if (!hooks.includes(name) && !(AROUND.includes(name) && hooks.some((hook) => hook.startsWith(`${name}.`)))) {
    return 'but there is no such hook in it';
  }
  if (!isPlain(policy)) return 'which is no object';
  const { timeoutMs, onFailure, ...others } = policy;
  const [other] = Object.keys(others);
  if (other !== undefined) return `where \`${other}\` is unknown; it may have timeoutMs and onFailure`;
  const isTime = typeof timeoutMs === 'number' && Number.isInteger(timeoutMs);
  if (timeoutMs !== undefined && !(isTime && timeoutMs >= 1 && timeoutMs <= TIMEOUT_MAX_MS)) {
    return `where timeoutMs must be a whole number from 1 to ${TIMEOUT_MAX_MS}`;
  }
  if (onFailure === undefined) return undefined;
  if (TOLD.includes(name)) return 'but this hook decides nothing: it has no onFailure';
  return onFailure === 'refuse' || onFailure === 'allow' ? undefined : 'where onFailure must be refuse or allow';
}

const isFunction = (value: unknown): value is Hook => typeof value === 'function';

const problem = (what: string): { problem: string } => ({ problem: `PARLEY_HOOKS ${what}.` });
