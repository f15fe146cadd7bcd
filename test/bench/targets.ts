// What is aimed at: for each figure, which other figure of the same metric it is compared with, and how many times that it
// may be at most. The figures themselves come from the scenarios.

export interface Target {
  readonly metric: string;
  /** The column judged, and the one it is judged by. */
  readonly subject: string;
  readonly baseline: string;
  readonly ratioMax: number;
  /** A bound of its own, in the metric's unit. */
  readonly valueMax?: number;
}

/** Growth: the same cost, give or take what two measurements of one thing differ by. */
const LEVEL = 1.25;

export const metrics = {
  fanoutPaced: 'fan-out paced: gateway µs per delivery',
  fanoutSaturated: 'fan-out saturated: gateway µs per delivery',
  fanoutRate: 'fan-out saturated: deliveries per second',
  fanoutGenerator: 'fan-out saturated: % of a core for the load generator',
  secondNode: 'second node paced: µs per delivery',
  smallRooms: 'small rooms: gateway µs per message',
  smallRoomsRedis: 'small rooms: Redis µs per message',
  smallRoomsRate: 'small rooms: messages per second',
  smallRoomsGenerator: 'small rooms: % of a core for the load generator',
  storm: 'connect, login, join: gateway µs per socket',
  stormRedis: 'connect, login, join: Redis µs per socket',
  memory: 'KB of RSS per idle joined socket',
  membersMessage: 'growth in members: gateway µs per message',
  membersMessageRedis: 'growth in members: Redis µs per message',
  membersJoin: 'growth in members: gateway µs per join and leave',
  membersJoinRedis: 'growth in members: Redis µs per join and leave',
  roomsDelivery: 'growth in rooms of a node: gateway µs per delivery',
  nodesDelivery: 'growth in nodes: gateway µs per delivery',
} as const;

const { fanoutPaced, fanoutSaturated, secondNode, smallRooms, smallRoomsRedis, storm, memory } = metrics;

const floors: readonly Target[] = [
  { metric: fanoutPaced, subject: 'parley', baseline: 'bare', ratioMax: 1.15 },
  { metric: fanoutSaturated, subject: 'parley', baseline: 'bare', ratioMax: 2 },
  { metric: secondNode, subject: 'parley', baseline: 'relay', ratioMax: 1.08 },
  { metric: smallRooms, subject: 'parley', baseline: 'relay', ratioMax: 1 },
  { metric: smallRoomsRedis, subject: 'parley', baseline: 'relay', ratioMax: 1.5 },
  { metric: storm, subject: 'parley', baseline: 'relay', ratioMax: 1.1 },
  { metric: memory, subject: 'parley', baseline: 'relay', ratioMax: 1.2, valueMax: 5 },
];

/** The largest variant of a growth metric against its smallest, which are named by the numbers measured. */
export function growthTarget(metric: string, columns: readonly string[]): Target | undefined {
  const [baseline] = columns;
  const subject = columns.at(-1);
  if (!metric.startsWith('growth') || baseline === undefined || subject === undefined) return undefined;
  return { metric, subject, baseline, ratioMax: LEVEL };
}

export const targetOf = (metric: string, columns: readonly string[]): Target | undefined =>
  floors.find((target) => target.metric === metric) ?? growthTarget(metric, columns);
