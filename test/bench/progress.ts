// The line that tells where the bench is: one that is overwritten on a terminal, one per step elsewhere.

export interface Progress {
  show(text: string): void;
  /** Takes the line away, for what is printed next. */
  clear(): void;
}

export function createProgress(stream: NodeJS.WriteStream): Progress {
  if (!stream.isTTY) return { show: (text) => void stream.write(`${text}\n`), clear: () => undefined };
  const clear = (): void => void stream.write('\r\u001B[2K');
  return {
    show: (text) => {
      clear();
      stream.write(text.slice(0, stream.columns - 1));
    },
    clear,
  };
}
