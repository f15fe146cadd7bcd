/** Builds what the operator uses: the server API, its calls for the operator's hooks, and the port it is on. */
import type { Server } from 'node:http';
import { Erasures } from '../chat/repair/erasures.ts';
import type { Chat } from './build-chat.ts';
import type { GatewaySide } from './build-gateway.ts';
import type { RedisSide, Stores } from './build-storage.ts';
import type { NodeHealth } from './health.ts';
import { defectLog, taken, type Shared } from './shared.ts';
import { listenPlain } from '../http/listen.ts';
import { OperatorPort } from '../http/operator-port.ts';
import type { Exposition } from '../ops/exposition.ts';
import { about } from '../ops/log.ts';
import { ServerApi } from '../service/server-api.ts';
import { AdminStore } from '../store/admin/admin-store.ts';
import { Directory } from '../store/admin/directory.ts';
import { primaryIds } from '../redis/connect.ts';
import { ErasureStore } from '../store/erasure/erasure-store.ts';
import type { AuthoredStore } from '../store/authored/authored-store.ts';
import { ImportStore } from '../store/imported/import-store.ts';

/** Commands that a request makes one after the other, and one for which it may have waited. */
const SETTLE_COMMANDS = 6;
const ERASURE_HOLD_MIN_MS = 5000;

/** What only the service itself asks for, and the work that it leaves behind. */
export interface Administration {
  readonly admin: AdminStore;
  readonly directory: Directory;
  readonly authored: AuthoredStore;
  readonly imports: ImportStore;
  readonly erasures: Erasures;
}

export function buildAdministration(
  { config, keys, log, errors }: Shared,
  { commands, lease, links }: RedisSide,
  stores: Pick<Stores, 'authored'>,
  { services }: Chat,
): Administration {
  const admin = new AdminStore(commands, keys, { ...config.rooms, resumeTokenMs: config.auth.resumeTokenMs });
  const directory = new Directory(commands, keys);
  const { authored } = stores;
  const imports = new ImportStore(commands, keys, config);
  const erasures = new Erasures({
    // A node that cannot note how far it has come for as long as that has no lease any more; some steps take a while.
    erasures: new ErasureStore(commands, keys, { holdMs: Math.max(config.node.leaseMs, ERASURE_HOLD_MIN_MS) }),
    authored,
    members: services.members,
    admin,
    directory,
    userDeletions: services.userDeletions,
    primaryIds: () => primaryIds(links.commands),
    instance: lease,
    // A command settles within the time limit, and a request that was under way is a few of them.
    settleMs: SETTLE_COMMANDS * config.redis.timeoutMs,
    onErased: (user) => log.info({ user }, 'a user is erased with what it wrote'),
    onError: (error) => errors.putOff('erasures', error, 'erasing a user is put off'),
  });
  return { admin, directory, authored, imports, erasures };
}

export function buildServerApi(
  shared: Shared,
  administration: Administration,
  { services, handlers, bareHandlers }: Chat,
  { outboxes }: Pick<Stores, 'outboxes'>,
  { sockets }: GatewaySide,
): ServerApi {
  const { config, measured } = shared;
  const onDefect = defectLog(shared);
  return new ServerApi({
    services,
    outboxes,
    ...administration,
    roomListSizeLimit: config.rooms.listSizeLimit,
    directListSizeLimit: config.direct.listSizeLimit,
    handlers,
    bareHandlers,
    sockets,
    durations: measured.distributions.parley_api_request_duration_seconds,
    onDefect: (error, method) => onDefect(error, method, ''),
  });
}

export function buildOperatorPort(
  shared: Shared,
  metrics: Exposition,
  health: NodeHealth,
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
    health: () => health.read(),
    metrics: {
      contentType: metrics.contentType,
      freshMs: config.metricsFreshMs,
      text: () => metrics.text(),
    },
    onError: (error) => errors.error('metrics', about(error), 'the operator port failed'),
    ...(apiKey === undefined ? {} : { serverApi: { key: apiKey, api, limits, onDefect, onKeyRefused } }),
  });
}
