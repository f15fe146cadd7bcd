/**
 * The text behind which an append was checked: it is made there or not at all. It goes with the args of the request and is none of them:
 * hooks that see the args see what is appended, and that is what the append costs.
 */
const BEHIND = Symbol('behind');

/** Args of an append. */
interface Appending {
  readonly text: string;
  readonly options?: { readonly offset?: number | undefined } | undefined;
}

export const appendingBehind = <A extends object>(args: A, before: string): A => ({ ...args, [BEHIND]: before });

/** The same args, some of which were replaced. */
export function stillBehind<A extends object>(former: object, args: A): A {
  const before = textBehind(former);
  return before === undefined ? args : appendingBehind(args, before);
}

/** What the script is to append, and behind how many bytes. What is there already it compares, and does not append again. */
export function placed(args: Appending): { readonly text: string; readonly offset: number | undefined } {
  const before = textBehind(args);
  return before === undefined
    ? { text: args.text, offset: args.options?.offset }
    : { text: before + args.text, offset: 0 };
}

function textBehind(args: object): string | undefined {
  const before: unknown = Reflect.get(args, BEHIND);
  return typeof before === 'string' ? before : undefined;
}
