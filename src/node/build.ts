/**
 * Puts a node together, from Redis outwards, each part by its constructor from parts that are there already. Where two need each
 * other, the later one is handed to the earlier by its `start`. Nothing is connected here: the life of a node is node.ts.
 */
import { buildChat, type Chat } from './build-chat.ts';
import { buildAftermath, buildDelivery, type Aftermath, type Delivery } from './build-delivery.ts';
import { buildGateway, type GatewaySide } from './build-gateway.ts';
import { buildAdministration, buildOperatorPort, buildServerApi, type Administration } from './build-operator.ts';
import { buildHooks } from './build-hooks.ts';
import { buildRedisSide, buildStores, type RedisSide } from './build-storage.ts';
import { NodeHealth } from './health.ts';
import { buildReadings } from './readings.ts';
import { buildShared, type Outside, type Shared } from './shared.ts';
import { Comparison } from '../chat/repair/comparison.ts';
import type { Config } from '../config/config.ts';
import type { HookRunner } from '../hooks/runner.ts';
import { addNotFound, addPublicHealth } from '../http/health.ts';
import type { OperatorPort } from '../http/operator-port.ts';
import { addPage } from '../http/page.ts';
import { Exposition } from '../ops/exposition.ts';
import { LoopDelay } from '../ops/process.ts';
import { primaryIds } from '../redis/connect.ts';
import { ServiceCalls } from '../service/service-calls.ts';
import { Sweeper } from '../store/node/sweep.ts';

/** What is started, asked, told of what happens, and stopped. */
export interface NodeParts
  extends
    Shared,
    RedisSide,
    Pick<Outside, 'redis'>,
    Pick<Aftermath, 'repairs' | 'userlistChanges' | 'changesDue' | 'anonymousLeaves'>,
    Pick<Delivery, 'hub' | 'bus' | 'topics' | 'calls' | 'unreadNews'>,
    Pick<Chat, 'reconciler' | 'authenticator' | 'presence' | 'memberNews' | 'stateTelling' | 'endings' | 'services'>,
    Pick<Administration, 'erasures'>,
    Pick<GatewaySide, 'gateway'> {
  readonly hooks: HookRunner | undefined;
  /** The server API, for the hooks. */
  readonly service: ServiceCalls;
  readonly sweeper: Sweeper;
  readonly comparison: Comparison;
  readonly health: NodeHealth;
  readonly operatorPort: OperatorPort;
  readonly loopDelay: LoopDelay;
  /** The page is served at `/`. */
  readonly hasPage: boolean;
}

export function buildNode(config: Config, outside: Outside): NodeParts {
  const shared = buildShared(config, outside);
  const redisSide = buildRedisSide(shared, outside);
  const stores = buildStores(shared, redisSide);
  const hooks = buildHooks(shared, outside);
  const aftermath = buildAftermath(shared, redisSide, stores);

  const app = outside.uws.App();
  const delivery = buildDelivery(shared, app, hooks, redisSide, stores, aftermath);
  const chat = buildChat(shared, hooks, redisSide, stores, aftermath, delivery);
  const gatewaySide = buildGateway(shared, outside.uws, app, redisSide, delivery, chat);

  const { log, errors, counters, keys, measured } = shared;
  const { lease, links, commands } = redisSide;
  const { topics } = delivery;
  const sweeper = new Sweeper({
    commands,
    keys,
    lease,
    cleaner: chat.leaves,
    onSwept: (node, swept) => {
      counters.nodesSwept++;
      log.info({ swept: node, topics: swept }, 'swept after a node that is gone');
    },
    onError: (error) => errors.putOff('sweep', error, 'sweeping is put off'),
  });
  const comparison = new Comparison({
    primaryIds: () => primaryIds(links.commands),
    lease,
    topics,
    repairs: aftermath.repairs,
    sweeper,
    onBreak: () => log.warn('Redis was restarted or failed over: memberships are compared'),
    onError: (error) => errors.putOff('comparison', error, 'comparing memberships is put off'),
  });

  const health = new NodeHealth({ ...redisSide, ...delivery, ...gatewaySide, leaseMs: config.node.leaseMs });
  addPublicHealth(app, () => health.read());
  const hasPage = !config.production && addPage(app);
  addNotFound(app);

  const { build, redis } = outside;
  const loopDelay = new LoopDelay();
  const parts = { ...shared, ...redisSide, ...aftermath, ...delivery, ...chat, ...gatewaySide, health, loopDelay };
  const metrics = new Exposition(buildReadings({ ...parts, hooks, build }), measured.distributions);
  const administration = buildAdministration(shared, redisSide, stores, chat);
  const api = buildServerApi(shared, administration, chat, stores, gatewaySide);
  const service = new ServiceCalls(api, config.limits);
  const operatorPort = buildOperatorPort(shared, metrics, health, api);
  const { erasures } = administration;
  return { ...parts, redis, hooks, erasures, service, sweeper, comparison, operatorPort, hasPage };
}
