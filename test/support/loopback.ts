// Servers of a test on loopback, on a free port, until its scope ends; and whether what comes to one is signed.
import { createHmac } from 'node:crypto';
import type { IncomingHttpHeaders, Server as HttpServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import type { Scope } from './disposal.ts';

/** Gives its port. At the end its connections are closed, too, where it is one of HTTP. */
export async function listen(scope: Scope, server: Server | HttpServer): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  scope.add(() => {
    server.close();
    if ('closeAllConnections' in server) server.closeAllConnections();
  });
  // It listens on TCP, so it has an address of that kind.
  return (server.address() as AddressInfo).port;
}

/** By the scheme of Standard Webhooks, within five minutes. */
export function isSigned(key: Buffer, headers: IncomingHttpHeaders, body: string): boolean {
  const { 'webhook-id': id = '', 'webhook-timestamp': time, 'webhook-signature': signature } = headers;
  const hmac = createHmac('sha256', key).update(`${String(id)}.${String(time)}.${body}`);
  return signature === `v1,${hmac.digest('base64')}` && Math.abs(Date.now() / 1000 - Number(time)) <= 300;
}
