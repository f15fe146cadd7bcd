/**
 * The operator's check of messages: what is posted, what a message is changed to, the text that one has with what is appended to it, and
 * what others read beside a message: why it was recalled, with what somebody reacts to it. What was checked is what is done: an append
 * belongs behind the text that the check has seen, or is refused as one that does not.
 */
import type { HookRunner } from '../../hooks/runner.ts';
import { Nonsense, readMessage, type Read } from '../../hooks/verdict.ts';
import { requestDeclaration, type RequestName } from '../../protocol/catalogue.ts';
import { failBecause, Failure } from '../../protocol/errors/errors.ts';
import { REASON_LENGTH } from '../../protocol/params/changes.ts';
import type { Limits } from '../../protocol/params/limits.ts';
import { isMap, type Value, type ValueMap } from '../../protocol/params/values.ts';
import type { Actor } from '../actor.ts';
import { appendingBehind } from './behind.ts';

/** The args of a request by name. */
export type AnyArgs = { readonly [name: string]: Value | undefined };

/** The `textMessage` that a message has now which somebody appends to; undefined where it has none, or cannot be read. */
export type TextBefore = (method: RequestName, by: Actor, args: AnyArgs) => Promise<string | undefined>;

export interface CheckDeps {
  readonly hooks: HookRunner;
  readonly limits: Limits;
  readonly textBefore: TextBefore;
}

/** What a check is asked about, and what becomes of the args by its answer. */
interface Question {
  readonly message: ValueMap;
  readonly change?: ValueMap;
  /** As they go on where the check leaves the message as it is. */
  readonly args: AnyArgs;
  /** What an answer has that is none, if it has any; it completes "answered with". */
  fault?(message: ValueMap): string | undefined;
  answered(message: ValueMap): AnyArgs | Failure;
}

/** There is nothing to be asked about; how the args go on. */
interface Unasked {
  readonly unasked: AnyArgs;
}

/** The args as the check has left them. */
export async function checkMessage(
  deps: CheckDeps,
  method: RequestName,
  by: Actor,
  given: AnyArgs,
): Promise<AnyArgs | Failure> {
  const { check } = requestDeclaration(method);
  if (check === undefined || !deps.hooks.has(check)) return given;
  const question = await questionOf(deps, method, by, given);
  if ('unasked' in question) return question.unasked;
  const argument = (former: ValueMap | undefined): object => {
    const { options = {} } = structuredClone(given);
    const to = check === 'roomMessageCheck' ? { roomName: given['roomName'] } : { toUser: given['userName'] };
    const { message, change } = structuredClone({ message: question.message, change: question.change });
    return {
      userName: by.author ?? '',
      ...to,
      message: former ?? message,
      options,
      ...(change === undefined ? {} : { change }),
    };
  };
  const said = await deps.hooks.ask(check, argument, (answer) => readAnswer(question, answer, deps.limits));
  if (said instanceof Failure) return said;
  return said === undefined ? question.args : question.answered(said);
}

function readAnswer(question: Question, answer: unknown, limits: Limits): Read<ValueMap> {
  const said = readMessage(answer, limits, question.message);
  if (said === undefined || said instanceof Failure) return said;
  const fault = question.fault?.(said);
  if (fault !== undefined) throw new Nonsense(`answered with ${fault}`);
  return said;
}

async function questionOf(
  { textBefore }: CheckDeps,
  method: RequestName,
  by: Actor,
  args: AnyArgs,
): Promise<Question | Unasked> {
  const { message, text, key, id } = args;
  if (typeof text === 'string') return askedOfAppend(args, text, await textBefore(method, by, args));
  if (typeof key === 'string') return askedOfReaction(args, key);
  if (message === undefined) return askedOfRecall(args);
  const change = id === undefined ? {} : { change: { kind: 'update', id } };
  const asked = isMap(message) ? message : {};
  return { message: asked, ...change, args, answered: (said) => ({ ...args, message: said }) };
}

const optionsIn = ({ options }: AnyArgs): ValueMap => (isMap(options) ? options : {});

/** Taking a reaction back says nothing that was not said. */
function askedOfReaction(args: AnyArgs, key: string): Question | Unasked {
  if (optionsIn(args)['remove'] === true) return { unasked: args };
  const { id = null } = args;
  return {
    message: { textMessage: key },
    change: { kind: 'react', id, key },
    args,
    answered: ({ textMessage }) =>
      textMessage === key ? args : failBecause('notAllowed', [], 'the key of a reaction is not another one by a check'),
  };
}

/** Without a reason it says nothing. */
function askedOfRecall(args: AnyArgs): Question | Unasked {
  const { reason, ...options } = optionsIn(args);
  if (typeof reason !== 'string' || reason === '') return { unasked: args };
  const { id = null } = args;
  return {
    message: { textMessage: reason },
    change: { kind: 'recall', id, reason },
    args,
    fault: ({ textMessage }) =>
      typeof textMessage === 'string' && textMessage.length > Math.max(REASON_LENGTH, reason.length)
        ? `a reason of more than ${REASON_LENGTH} characters`
        : undefined,
    answered: ({ textMessage }) => ({
      ...args,
      options: typeof textMessage === 'string' ? { ...options, reason: textMessage } : options,
    }),
  };
}

/** No text is as long. */
const NOWHERE = Number.MAX_SAFE_INTEGER;

/**
 * What is there already was checked when it came. The message may be changed while the check is asked, by another socket of its author
 * say: what is appended comes with the whole text that it was checked behind, which the script compares, and what was not checked goes
 * nowhere, though it may belong there by then.
 */
function askedOfAppend(args: AnyArgs, text: string, before: string | undefined): Question | Unasked {
  const options = optionsIn(args);
  const at = (offset: number, piece: string): AnyArgs => ({ ...args, text: piece, options: { ...options, offset } });
  if (before === undefined) return { unasked: at(NOWHERE, text) };
  const known = Buffer.from(before, 'utf8');
  const given = Buffer.from(text, 'utf8');
  const from = typeof options['offset'] === 'number' ? options['offset'] : known.length;
  const there = known.subarray(from, from + given.length);
  if (from > known.length || !there.equals(given.subarray(0, there.length))) return { unasked: at(NOWHERE, text) };
  const behind = (piece: string): AnyArgs => appendingBehind(at(known.length, piece), before);
  const more = given.subarray(there.length).toString('utf8');
  if (more === '') return { unasked: behind('') };
  const { id = null } = args;
  return {
    message: { textMessage: before + more },
    change: { kind: 'append', id, text: more },
    args: behind(more),
    answered: ({ textMessage }) =>
      typeof textMessage === 'string' && textMessage.startsWith(before)
        ? behind(textMessage.slice(before.length))
        : failBecause('notAllowed', [], 'what is there already is not changed by an append'),
  };
}
