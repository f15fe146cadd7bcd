/** What makes this node ready, judged whenever somebody asks, and what its operator is told of that. */
import type { RedisSide } from './build-storage.ts';
import type { RedisBus } from '../bus/redis-bus.ts';
import type { Topics } from '../bus/topics.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { Hub } from '../gateway/hub/hub.ts';
import type { Health } from '../http/health.ts';

export interface NodeHealthDeps extends RedisSide {
  readonly leaseMs: number;
  readonly bus: Pick<RedisBus, 'healthy'>;
  readonly topics: Pick<Topics, 'size'>;
  readonly hub: Pick<Hub, 'size'>;
  readonly gateway: Pick<Gateway, 'draining'>;
}

export class NodeHealth {
  readonly #deps: NodeHealthDeps;

  constructor(deps: NodeHealthDeps) {
    this.#deps = deps;
  }

  /** All of them have to pass for the node to be ready. */
  checks(): Record<string, boolean> {
    const { links, commands, lease, leaseMs, bus, gateway } = this.#deps;
    return {
      redis: links.commands.status === 'ready' && commands.healthy && lease.confirmed && lease.ageMs < leaseMs / 2,
      bus: bus.healthy,
      lease: lease.held,
      accepting: !gateway.draining,
    };
  }

  read(): Health {
    const { lease, hub, topics } = this.#deps;
    const checks = this.checks();
    return {
      live: true,
      ready: Object.values(checks).every(Boolean),
      details: {
        node: lease.nodeId,
        checks: { ...checks, ...this.#warnings() },
        sockets: hub.size,
        topics: topics.size,
      },
    };
  }

  /** Told, and no reason to be out of rotation: all nodes would be at once, and most of what clients ask goes on. */
  #warnings(): Record<string, boolean> {
    const { level } = this.#deps.memory;
    return { redisMemory: level !== 'short' && level !== 'full' };
  }
}
