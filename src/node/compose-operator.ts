/** Builds what the operator uses: the server API, the calls between nodes that it needs, and the port it is on. */
import type { Server } from 'node:http';
import { NodeCalls } from '../bus/node-calls.ts';
import { ServerApi } from '../service/server-api.ts';
import { ServiceCalls } from '../service/service-calls.ts';
import { defectLog, type ChatParts, type DeliveryParts, type Shared, type StoreParts } from './compose.ts';
import { taken } from './compose-gateway.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { NodeSockets } from '../gateway/socket-calls.ts';
import type { Health } from '../http/health.ts';
import { listenPlain } from '../http/listen.ts';
import { OperatorPort } from '../http/operator-port.ts';
import type { Exposition } from '../ops/exposition.ts';
import { about } from '../ops/log.ts';
import { AdminStore } from '../store/admin/admin-store.ts';
import { Directory } from '../store/admin/directory.ts';

export interface ApiDeps {
  readonly api: ServerApi;
  readonly calls: NodeCalls;
  /** What nodes ask each other by these. */
  readonly sockets: NodeSockets;
  /** The same for the operator's hooks. */
  readonly service: ServiceCalls;
}

/** How long the node that has a socket may take. */
const CALL_MS = 5000;

export function composeServerApi(
  shared: Shared,
  { commands, lease }: StoreParts,
  { bus, hub }: DeliveryParts,
  { services, restrictions, handlers, bareHandlers }: ChatParts,
  gateway: Gateway,
): ApiDeps {
  const { config, errors, keys, measured } = shared;
  const nodeId = (): string => lease.nodeId;
  const calls: NodeCalls = new NodeCalls({
    keys,
    nodeId,
    listen: (channel, hear) => bus.listen(channel, hear),
    unlisten: (channel) => bus.unlisten(channel),
    publish: async (channel, bytes) => Number(await commands.plain('spublish', channel, Buffer.from(bytes))),
    answer: (question) => sockets.answer(question),
    timeoutMs: CALL_MS,
    onError: (what, error) => errors.putOff('calls', error, what),
  });
  const sockets = new NodeSockets({
    hub,
    dispatcher: gateway.dispatcher,
    nodeId,
    settleRoom: (roomName) => restrictions.settleUnfollowed(roomName),
    ask: (to, question, timeoutMs) => calls.ask(to, question, timeoutMs),
  });
  const onDefect = defectLog(shared);
  const api = new ServerApi({
    services,
    admin: new AdminStore(commands, keys),
    directory: new Directory(commands, keys),
    roomListSizeLimit: config.rooms.listSizeLimit,
    directListSizeLimit: config.direct.listSizeLimit,
    handlers,
    bareHandlers,
    sockets,
    durations: measured.distributions.parley_api_request_duration_seconds,
    mayAct: () => lease.held,
    onDefect: (error, method) => onDefect(error, method, ''),
  });
  return { api, calls, sockets, service: new ServiceCalls(api, config.limits) };
}

export function composeOperatorPort(
  shared: Shared,
  metrics: Exposition,
  health: () => Health,
  api: ServerApi,
): OperatorPort {
  const { config, log, errors, counters } = shared;
  const { apiHost, apiPort, production, apiKey, limits } = config;
  const listen = async (server: Server): Promise<number> => {
    // Several nodes on one machine differ in their public port only, unless told more. In production a port that nobody
    // would ask is worse than none.
    const wanted = apiPort === config.port ? 0 : apiPort;
    const port = await listenPlain(server, apiHost, wanted);
    if (port !== undefined || production) return port ?? taken(apiHost, wanted);
    log.warn({ apiHost, apiPort }, 'PARLEY_API_PORT is taken: the operator port is a free one');
    return (await listenPlain(server, apiHost, 0)) ?? taken(apiHost, 0);
  };
  const defects = defectLog(shared);
  const onDefect = (error: unknown, method: string): string => defects(error, method, '');
  const onKeyRefused = (address: string, reason: string): void => {
    counters.apiKeysRefused++;
    errors.refused('api key', { address, reason }, 'a request of the server API has not the key');
  };
  return new OperatorPort({
    listen,
    health,
    metrics: {
      contentType: metrics.contentType,
      freshMs: config.metricsFreshMs,
      text: () => metrics.text(),
    },
    onError: (error) => errors.error('metrics', about(error), 'the operator port failed'),
    ...(apiKey === undefined ? {} : { serverApi: { key: apiKey, api, limits, onDefect, onKeyRefused } }),
  });
}
