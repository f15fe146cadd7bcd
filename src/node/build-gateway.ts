/** Builds what clients connect to: the public port, its sockets, and what their requests go through. */
import type { Chat } from './build-chat.ts';
import type { Delivery } from './build-delivery.ts';
import type { RedisSide } from './build-storage.ts';
import { behindMarkBytesOf, defectLog, replyBytesOf, softMarkBytesOf, taken, type Shared } from './shared.ts';
import { Addresses } from '../gateway/limits/addresses.ts';
import { closeLabel } from '../gateway/close-label.ts';
import { Answers } from '../gateway/answers.ts';
import { Dispatcher } from '../gateway/dispatcher.ts';
import { Gateway, type GatewayOptions } from '../gateway/gateway.ts';
import type { Uws, UwsApp } from '../gateway/native.ts';
import { Logins, type LoginsDeps } from '../gateway/login/logins.ts';
import { refusedLogin } from '../gateway/login/refused-login.ts';
import { NodeSockets } from '../gateway/socket-calls.ts';
import { listenOn } from '../http/listen.ts';
import { AddressList } from '../outside/address.ts';
import type { Config } from '../config/config.ts';

export interface GatewaySide {
  readonly gateway: Gateway;
  /** Requests for sockets that somebody else asks for. */
  readonly sockets: NodeSockets;
}

export function buildGateway(
  shared: Shared,
  uws: Uws,
  app: UwsApp,
  { lease }: RedisSide,
  { hub, fanOut, calls, peerNodes, arrivals }: Delivery,
  chat: Chat,
): GatewaySide {
  const { accounts, config, log, errors, measured } = shared;
  const { services, handlers, bareHandlers } = chat;
  const { instance, settings } = services;
  const durations = measured.distributions.parley_request_duration_seconds;
  const answers = new Answers({ instance, durations, onDefect: defectLog(shared) });
  const logins = buildLogins(shared, { services, hub, answers });
  const dispatcher = new Dispatcher({ handlers, bareHandlers, settings, answers, logins });
  const sockets = new NodeSockets({ hub, dispatcher, peers: peerNodes, stagedEvictionPeers: chat.stagedEvictionPeers });
  calls.start((question) => sockets.answer(question));
  const gateway = new Gateway(app, {
    options: gatewayOptions(config),
    accounts,
    addresses: new Addresses({ ...config, rate: config.userRate }),
    hub,
    fanOut,
    dispatcher,
    logins,
    answers,
    arrivals,
    transients: chat.services.transients,
    listen: async (publicApp) => {
      const listening = await listenOn(uws, publicApp, config.host, config.port);
      return listening ?? taken(config.host, config.port);
    },
    disconnected: (session, roomNames) => {
      // After its lease was lost it is left to the sweepers.
      if (lease.owns(session.nodeId)) chat.disconnects.add(session, roomNames, session.nodeId);
    },
    sentAway: (session) => chat.services.wills.sentAway(session),
    onClosed: (socket, code, reason) => {
      measured.closes.add(closeLabel(code));
      log.debug({ socket, code, reason }, 'closed');
    },
    onRefused: (reason, details) => {
      measured.upgradesRefused.add(reason);
      errors.refused(`upgrade ${reason}`, { reason, ...details }, 'a WebSocket is refused');
    },
  });
  return { gateway, sockets };
}

const buildLogins = ({ log, errors }: Shared, deps: Pick<LoginsDeps, 'services' | 'hub' | 'answers'>): Logins =>
  new Logins({
    ...deps,
    onLogin: (session) => log.debug({ socket: session.socketId, user: session.userName }, 'logged in'),
    onLoginRefused: (connection, failure) => {
      const told = refusedLogin(connection, failure);
      if (told !== undefined) errors.refused(`login ${told.code}`, told, 'a login is refused');
    },
  });

const gatewayOptions = (config: Config): GatewayOptions => ({
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
  behindMarkBytes: behindMarkBytesOf(config),
  replyBytes: replyBytesOf(config),
});
