/** Builds what clients connect to: the public port, its sockets, and what their requests go through. */
import { defectLog, replyBytesOf, softMarkBytesOf } from './compose.ts';
import type { ChatParts, DeliveryParts, Shared, StoreParts } from './compose.ts';
import { Addresses } from '../gateway/addresses.ts';
import { closeLabel } from '../gateway/close-label.ts';
import { Dispatcher } from '../gateway/dispatcher.ts';
import { Gateway, type GatewayDeps } from '../gateway/gateway.ts';
import type { Hub } from '../gateway/hub.ts';
import type { Uws } from '../gateway/native.ts';
import { refusedLogin } from '../gateway/refused-login.ts';
import { addNotFound, addPublicHealth, type Health } from '../http/health.ts';
import { listenOn } from '../http/listen.ts';
import { AddressList } from '../outside/address.ts';
import type { Lease } from '../store/node/lease.ts';

function composeDispatcher(
  shared: Shared,
  lease: Lease,
  hub: Hub,
  { services, handlers, bareHandlers }: ChatParts,
): Dispatcher {
  const { log, errors, measured } = shared;
  return new Dispatcher({
    handlers,
    bareHandlers,
    services,
    hub,
    durations: measured.distributions.parley_request_duration_seconds,
    mayAct: () => lease.held,
    onDefect: defectLog(shared),
    onLogin: (session) => log.debug({ socket: session.socketId, user: session.userName }, 'logged in'),
    onLoginRefused: (connection, failure) => {
      const told = refusedLogin(connection, failure);
      if (told !== undefined) errors.refused(`login ${told.code}`, told, 'a login is refused');
    },
  });
}

export function composeGateway(
  shared: Shared,
  uws: Uws,
  { lease }: StoreParts,
  { hub }: DeliveryParts,
  chat: ChatParts,
  callbacks: Pick<GatewayDeps, 'departed'> & { health(): Health },
): Gateway {
  const { accounts, config, log, errors, measured } = shared;
  const dispatcher = composeDispatcher(shared, lease, hub, chat);
  const app = uws.App();
  addPublicHealth(app, () => callbacks.health());
  addNotFound(app);
  return new Gateway(app, {
    options: {
      limits: config.limits,
      perSecond: config.rate.perSecond,
      burst: config.rate.burst,
      rules: {
        allowedOrigins: config.allowedOrigins,
        trustedProxies: new AddressList(config.trustedProxies),
        forwardedHeaders: config.forwardedHeaders,
      },
      heartbeatMs: config.node.heartbeatMs,
      loginTimeoutMs: config.node.loginTimeoutMs,
      backpressureBytes: config.backpressureBytes,
      softMarkBytes: softMarkBytesOf(config),
      replyBytes: replyBytesOf(config),
    },
    accounts,
    addresses: new Addresses({ ...config, rate: config.userRate }),
    hub,
    dispatcher,
    listen: async (publicApp) => {
      const listening = await listenOn(uws, publicApp, config.host, config.port);
      return listening ?? taken(config.host, config.port);
    },
    departed: callbacks.departed,
    onClosed: (socket, code, reason) => {
      measured.closes.add(closeLabel(code));
      log.debug({ socket, code, reason }, 'closed');
    },
    onRefused: (reason, details) => {
      measured.upgradesRefused.add(reason);
      errors.refused(`upgrade ${reason}`, { reason, ...details }, 'a WebSocket is refused');
    },
  });
}

export function taken(host: string, port: number): never {
  throw new Error(`cannot listen on ${host}:${port}`);
}
