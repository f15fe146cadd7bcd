// Ctrl-Z at the terminal client, started as by `npm run chat`: the shell has the terminal then, and `fg` brings the client back.
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { root } from '../ground/source-files.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';
import { startTerminal } from '../support/terminal.ts';

const scope = useScope();

test('the whole job stops, and goes on with the line that was typed', async () => {
  const service = await startService(scope, { nodes: 1 });
  const terminal = await startTerminal(scope, ['bash', '--norc', '-i'], { env: { PS1: 'shell> ' } });
  const shows = (text: string | RegExp): Promise<void> =>
    eventually(async () => expect((await terminal.rows()).join('\n')).toMatch(text));
  const [tsx, program] = [join(root, 'node_modules/.bin/tsx'), join(root, 'src/terminal/main.ts')];
  const command = `sh -c '"${tsx}" "${program}" --user ann --room lobby --url ${service.node(0).url}'`;
  await terminal.type(command);
  await terminal.press('Enter');
  await shows(/lobby.* › ?$/);
  await terminal.type('hel');
  await shows(/› hel$/);
  await terminal.press('C-z');
  await shows(/Stopped/);
  await terminal.type('echo "here is $((40 + 2))"');
  await terminal.press('Enter');
  await shows(/^here is 42$/m);
  await terminal.type('fg');
  await terminal.press('Enter');
  await shows(/› hel$/);
  await terminal.type('lo');
  await terminal.press('Enter');
  await shows(/ann: hello/);
});
