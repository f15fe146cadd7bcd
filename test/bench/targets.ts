// What is aimed at: for each figure, which other figure of the same metric it is compared with, and how many times that it
// may be at most, or how many times less it must be. The figures themselves come from the scenarios.

export interface Target {
  readonly metric: string;
  /** The column judged. */
  readonly subject: string;
  /** The column it is judged by; none where only a bound of its own holds. */
  readonly baseline?: string;
  /** At most that many times the baseline. */
  readonly timesMax?: number;
  /** At most the so-many-th part of the baseline. */
  readonly lessMin?: number;
  /** A bound of its own, in the metric's unit. */
  readonly valueMax?: number;
}

/** Growth: the same cost, give or take what two measurements of one thing differ by. */
const LEVEL = 1.1;

export const metrics = {
  fanoutPaced: 'fan-out paced: gateway µs per delivery',
  fanoutP50: 'fan-out paced: ms to delivery, p50',
  fanoutP99: 'fan-out paced: ms to delivery, p99',
  fanoutP999: 'fan-out paced: ms to delivery, p99.9',
  fanoutSaturated: 'fan-out, 64 posters: gateway µs per delivery',
  fanoutRate: 'fan-out, 64 posters: deliveries per second',
  fanoutGenerator: 'fan-out, 64 posters: % of a core for the load generator',
  onePoster: 'fan-out, one poster: gateway µs per delivery',
  onePosterRate: 'fan-out, one poster: deliveries per second',
  onePosterGenerator: 'fan-out, one poster: % of a core for the load generator',
  hotRoom: 'hot room: gateway µs per delivery',
  hotRoomP50: 'hot room: ms to delivery, p50',
  hotRoomP99: 'hot room: ms to delivery, p99',
  hotRoomP999: 'hot room: ms to delivery, p99.9',
  hotRoomGenerator: 'hot room: % of a core for the load generator',
  secondNode: 'second node paced: µs per delivery',
  smallRooms: 'small rooms: gateway µs per message',
  smallRoomsRedis: 'small rooms: Redis µs per message',
  smallRoomsRate: 'small rooms: messages per second',
  smallRoomsGenerator: 'small rooms: % of a core for the load generator',
  smallRoomsPace: 'small rooms paced: messages per second',
  smallRoomsP50: 'small rooms paced: ms to acknowledgement, p50',
  smallRoomsP99: 'small rooms paced: ms to acknowledgement, p99',
  smallRoomsP999: 'small rooms paced: ms to acknowledgement, p99.9',
  storm: 'connect, login, join: gateway µs per socket',
  stormRedis: 'connect, login, join: Redis µs per socket',
  memory: 'KB of RSS per idle joined socket',
  idle: 'idle joined socket: gateway µs per second',
  idleRedis: 'idle joined socket: Redis µs per second',
  membersMessage: 'growth in members: gateway µs per message',
  membersMessageRedis: 'growth in members: Redis µs per message',
  membersJoin: 'growth in members: gateway µs per join and leave',
  membersJoinRedis: 'growth in members: Redis µs per join and leave',
  roomsDelivery: 'growth in rooms of a node: gateway µs per delivery',
  nodesDelivery: 'growth in nodes: gateway µs per delivery',
} as const;

const subject = 'parley';
const socketIo = 'socket.io';
const storing = 'socket.io storing';

const targets: readonly Target[] = [
  { metric: metrics.fanoutPaced, subject, baseline: 'bare', timesMax: 1.12 },
  { metric: metrics.fanoutPaced, subject, baseline: socketIo, lessMin: 2.1 },
  { metric: metrics.fanoutSaturated, subject, baseline: 'bare', timesMax: 1.5 },
  { metric: metrics.onePoster, subject, baseline: 'bare', timesMax: 2.5 },
  { metric: metrics.onePoster, subject, baseline: socketIo, lessMin: 12 },
  { metric: metrics.hotRoom, subject, baseline: 'bare', timesMax: 0.75 },
  { metric: metrics.hotRoomP99, subject, valueMax: 20 },
  { metric: metrics.secondNode, subject, baseline: 'relay', timesMax: 1.1 },
  { metric: metrics.secondNode, subject, baseline: socketIo, lessMin: 1.9 },
  { metric: metrics.smallRooms, subject, baseline: 'relay', timesMax: 1 },
  { metric: metrics.smallRooms, subject, baseline: storing, lessMin: 2.5 },
  { metric: metrics.smallRoomsRedis, subject, baseline: 'relay', timesMax: 1.8 },
  { metric: metrics.smallRoomsRedis, subject, baseline: storing, lessMin: 1.4 },
  { metric: metrics.smallRoomsP99, subject, baseline: 'relay', timesMax: 1.5 },
  { metric: metrics.storm, subject, baseline: 'relay', timesMax: 1.6 },
  { metric: metrics.storm, subject, baseline: socketIo, lessMin: 2 },
  { metric: metrics.stormRedis, subject, baseline: 'relay', timesMax: 4 },
  { metric: metrics.memory, subject, baseline: 'relay', timesMax: 1.3, valueMax: 5 },
  { metric: metrics.memory, subject, baseline: socketIo, lessMin: 2.5 },
  { metric: metrics.idle, subject, valueMax: 0.5 },
];

/** The largest variant of a growth metric against its smallest, which are named by the numbers measured. */
function growthTargets(metric: string, columns: readonly string[]): Target[] {
  const [baseline] = columns;
  const largest = columns.at(-1);
  if (!metric.startsWith('growth') || baseline === undefined || largest === undefined) return [];
  return [{ metric, subject: largest, baseline, timesMax: LEVEL }];
}

export const targetsOf = (metric: string, columns: readonly string[]): Target[] => [
  ...targets.filter((target) => target.metric === metric),
  ...growthTargets(metric, columns),
];
