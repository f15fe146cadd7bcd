/** The lines of an input that is no terminal: read no faster than they are taken, however long they are. */

export interface Line {
  readonly text: string;
  /** It was longer than a line may be; the rest is left out. */
  readonly cut: boolean;
}

/** `input` gives text. What is behind the last line's end is a line as well, unless there is nothing. */
export async function* linesOf(input: AsyncIterable<string>, charactersMax: number): AsyncGenerator<Line> {
  let text = '';
  let cut = false;
  const add = (part: string): void => {
    cut ||= text.length + part.length > charactersMax;
    text = (text + part).slice(0, charactersMax);
  };
  for await (const chunk of input) {
    const [first = '', ...rest] = chunk.split('\n');
    add(first);
    for (const part of rest) {
      yield { text: text.replace(/\r$/, ''), cut };
      text = '';
      cut = false;
      add(part);
    }
  }
  if (text !== '') yield { text, cut };
}
