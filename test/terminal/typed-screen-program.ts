// A program for the tests of the typed screen: what is typed is shown as one's own message, and whatever comes from a socket
// as somebody else's, with a byte for an answer. It ends with Ctrl-C.
import { connect } from 'node:net';
import { TypedScreen } from '../../src/terminal/typed-screen.ts';
import { linesOf } from '../../src/terminal/lines.ts';

const [path = ''] = process.argv.slice(2);
const message = { place: 'lobby', isElsewhere: false, timestamp: undefined };
const screen = new TypedScreen(
  { input: process.stdin, output: process.stdout, colours: process.env['NO_COLOR'] === undefined },
  {
    line: (text) => screen.message({ ...message, author: 'ann', isOwn: true, text }),
    key: () => undefined,
    leave: () => {
      screen.close();
      process.exit(0);
    },
  },
);
screen.prompt('lobby', '');
const others = connect(path).setEncoding('utf8');
for await (const { text } of linesOf(others, 10_000)) {
  // Written by the test.
  const said = JSON.parse(text) as string | null | { readonly text: string; readonly timestamp: number };
  if (said === null) screen.prompt('lobby', '(bob is typing)');
  else
    screen.message({ ...message, author: 'bob', isOwn: false, ...(typeof said === 'string' ? { text: said } : said) });
  others.write('.');
}
