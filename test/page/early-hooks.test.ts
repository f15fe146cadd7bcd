// The hooks with the library itself and a node: what is mounted before there is a connection shows what there is once it is there.
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Client } from '../../src/client/index.ts';
import { root } from '../ground/source-files.ts';
import { bundle, openPage, startBrowser } from '../support/browser.ts';
import { eventually } from '../support/eventually.ts';
import { useScope } from '../support/scope.ts';
import { startService } from '../support/service.ts';
import type { Early } from './browser/early-probe.tsx';
import { originOf } from './visitor.ts';

declare const early: Early;

const scope = useScope();

test('contacts and a conversation that were looked at too early are there after the login, and stay as they are', async () => {
  const [browser, service, script] = await Promise.all([
    startBrowser(scope),
    startService(scope, { nodes: 1 }),
    bundle(join(root, 'test/page/browser/early-probe.tsx'), 'production'),
  ]);
  const node = service.node(0);
  const { page } = await openPage(scope, browser);
  await page.goto(`${originOf(node)}/healthz`);
  await page.addScriptTag({ content: script });
  const clients = await page.evaluateHandle(async (urls) => {
    const clientOf = (userName: string): Client => early.createClient({ urls, credentials: { userName } });
    const [before, ada, bob] = [clientOf('ada'), clientOf('ada'), clientOf('bob')];
    // There is nobody before the first login.
    await before.connect();
    await before.close();
    await bob.connect();
    await bob.contacts.add('ada');
    await bob.direct('ada').send({ textMessage: 'one' }).done;
    early.mount(ada);
    return { ada, bob };
  }, node.url);
  const look = (): Promise<ReturnType<Early['look']>> => page.evaluate(() => early.look());
  await eventually(async () => expect((await look()).errors).toEqual(['unavailable', 'unavailable']));
  await clients.evaluate(({ ada }) => ada.connect().then(() => undefined));
  await eventually(async () =>
    expect(await look()).toEqual({
      errors: [undefined, undefined],
      contacts: [['bob', 'online', undefined]],
      texts: ['one'],
    }),
  );
  await clients.evaluate(async ({ ada, bob }) => {
    await bob.request('profileSet', { changes: { city: 'Oslo' } });
    await ada.user('bob').load();
    await bob.close();
  });
  await eventually(async () => expect((await look()).contacts).toEqual([['bob', 'offline', 'Oslo']]));
});
