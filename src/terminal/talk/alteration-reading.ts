/** The parts of a typed command that is about a message: which one, and what is to become of it. */

/** Without an id it is the latest one. */
export type Alteration =
  | { readonly kind: 'edit' | 'reply'; readonly id: number | undefined; readonly text: string }
  | { readonly kind: 'recall'; readonly id: number | undefined; readonly reason: string | undefined }
  | { readonly kind: 'react'; readonly id: number | undefined; readonly key: string; readonly isRemoved: boolean }
  | { readonly kind: 'last'; readonly count: number | undefined };

/** A number is `#41`; without one it is the latest message. */
function numbered(rest: string): { readonly id: number | undefined; readonly text: string } {
  const [, digits, text = ''] = /^(?:#(\d{1,15})(?:\s+|$))?([\s\S]*)$/.exec(rest) ?? [];
  return { id: digits === undefined ? undefined : Number(digits), text };
}

export function readText(kind: 'edit' | 'reply'): (rest: string) => Alteration | undefined {
  return (rest) => {
    const { id, text } = numbered(rest);
    return text === '' ? undefined : { kind, id, text };
  };
}

export function readRecall(rest: string): Alteration {
  const { id, text } = numbered(rest);
  return { kind: 'recall', id, reason: text === '' ? undefined : text };
}

export function readReact(rest: string): Alteration | undefined {
  const { id, text } = numbered(rest);
  const isRemoved = text.startsWith('-') && text.length > 1;
  const key = isRemoved ? text.slice(1) : text;
  return key === '' ? undefined : { kind: 'react', id, key, isRemoved };
}

export function readLast(rest: string): Alteration | undefined {
  if (rest === '') return { kind: 'last', count: undefined };
  return /^[1-9]\d{0,2}$/.test(rest) ? { kind: 'last', count: Number(rest) } : undefined;
}
