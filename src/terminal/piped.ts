/** Lines of an input that is no terminal, sent as they come, each as a message, a few at a time. */
import { linesOf } from './lines.ts';

/** On their way at once, so that a long input waits in its file and not here. */
const windowSize = 100;
/** No message may be longer, whatever the service allows. */
const characterCountMax = 1_000_000;

export interface PipedLines {
  readonly input: AsyncIterable<string>;
  /** Resolves when it is sent, or it is told why it could not be. */
  readonly say: (text: string) => Promise<void>;
  readonly tooLong: (lineNumber: number) => void;
}

/** Resolves when the input has ended and all of it has been said. Empty lines say nothing. */
export async function sayLines({ input, say, tooLong }: PipedLines): Promise<void> {
  const saying = new Set<Promise<void>>();
  let lineNumber = 0;
  for await (const { text, cut } of linesOf(input, characterCountMax)) {
    lineNumber += 1;
    if (cut) tooLong(lineNumber);
    if (cut || text.trim() === '') continue;
    const one = say(text).finally(() => saying.delete(one));
    saying.add(one);
    while (saying.size >= windowSize) await Promise.race(saying);
  }
  await Promise.all(saying);
}
