/** Builds what brings events to sockets: the hub, the topics that this node follows, and what nodes ask each other. */
import { ChangesDue } from '../chat/change/due.ts';
import { anonymousMsOf, type RedisSide, type Stores } from './build-storage.ts';
import { replyBytesOf, windowBytesOf, type Shared } from './shared.ts';
import type { TopicsDeps } from '../bus/feed-deps.ts';
import { NodeCalls } from '../bus/node-calls.ts';
import { RedisBus } from '../bus/redis-bus.ts';
import { Topics } from '../bus/topics.ts';
import { Arrivals } from '../chat/direct/arrivals.ts';
import { Receipts } from '../chat/direct/receipts.ts';
import { tellLeft } from '../chat/hooks/points.ts';
import { AnonymousLeaves } from '../chat/member/anonymous-leaves.ts';
import { FormerMembers } from '../chat/member/former.ts';
import { MemberTelling } from '../chat/member/telling.ts';
import { UserlistChanges } from '../chat/membership/userlist-changes.ts';
import { Quotas } from '../chat/quota/quotas.ts';
import { Repairs } from '../chat/repair/repairs.ts';
import { StagedEviction } from '../chat/repair/staged-eviction.ts';
import { Removals } from '../chat/room/removals.ts';
import { UnreadNews } from '../chat/unread/news.ts';
import { Echoes } from '../chat/user/echoes.ts';
import { FanOut } from '../gateway/hub/fan-out.ts';
import { Hub } from '../gateway/hub/hub.ts';
import type { UwsApp } from '../gateway/native.ts';
import { PeerNodes } from '../gateway/peer-nodes.ts';
import type { HookRunner } from '../hooks/runner.ts';
import { TopicLog } from '../store/topic/topic-log.ts';

/** What is begun after a deed and may have to be done later: it needs the stores only. */
export interface Aftermath {
  readonly repairs: Repairs;
  readonly quotas: Quotas;
  readonly receipts: Receipts;
  readonly removals: Removals;
  readonly memberTelling: MemberTelling;
  readonly formerMembers: FormerMembers;
  readonly anonymousLeaves: AnonymousLeaves;
  readonly userlistChanges: UserlistChanges;
  readonly changesDue: ChangesDue;
}

export interface Delivery {
  readonly fanOut: FanOut;
  readonly hub: Hub;
  readonly bus: RedisBus;
  readonly stagedEviction: StagedEviction;
  readonly topics: Topics;
  readonly echoes: Echoes;
  readonly arrivals: Arrivals;
  readonly unreadNews: UnreadNews;
  readonly calls: NodeCalls;
  readonly peerNodes: PeerNodes;
}

/** How long the node that has a socket may take. */
const CALL_MS = 5000;

export function buildAftermath(
  { config, errors, pulse: { wake } }: Shared,
  { lease }: RedisSide,
  stores: Stores,
): Aftermath {
  const repairs = new Repairs({
    instance: lease,
    onError: (what, error) => errors.putOff('reconciler', error, what),
  });
  const quotas = new Quotas({ quotas: stores.quotas, rooms: stores.rooms, repairs });
  const anonymousLeaves = new AnonymousLeaves({
    ...stores,
    instance: lease,
    anonymousMs: anonymousMsOf(config),
    onError: (error) => errors.putOff('anonymousMembers', error, 'anonymous members who are gone stay a while'),
  });
  const formerMembers = new FormerMembers(stores);
  const memberTelling = new MemberTelling({ ...stores, anonymousLeaves, formerMembers });
  return {
    repairs,
    quotas,
    receipts: new Receipts({ ...stores, repairs }),
    memberTelling,
    formerMembers,
    anonymousLeaves,
    removals: new Removals({ ...stores, quotas, memberTelling }),
    userlistChanges: new UserlistChanges({
      memberships: stores.memberships,
      wake,
      onError: (error) => errors.putOff('userlists', error, 'telling who came and went is put off'),
    }),
    changesDue: new ChangesDue({
      ...stores,
      wake,
      onError: (error) => errors.putOff('changes', error, 'telling what has changed of messages is put off'),
    }),
  };
}

export function buildDelivery(
  { config, errors, counters, keys, measured, pulse: { wake } }: Shared,
  app: UwsApp,
  hooks: HookRunner | undefined,
  { lease, links, commands }: RedisSide,
  stores: Stores,
  { repairs, receipts, removals, userlistChanges }: Aftermath,
): Delivery {
  const { access, users } = stores;
  const fanOut = new FanOut(app, config.backpressureBytes);
  const hub = new Hub({
    fanOut,
    instance: lease,
    counters,
    onLost: (session, roomName) => tellLeft(hooks, session, roomName, { njoined: 0, cause: 'lost' }),
    messageAges: measured.distributions.parley_publish_to_socket_seconds.of(''),
  });
  const stagedEviction = new StagedEviction({
    access,
    audience: hub,
    removals,
    userlistChanges,
    instance: lease,
    repairs,
  });
  const { timeoutMs } = config.redis;
  const onBusError = (what: string, error: unknown): void => errors.putOff(what, error, what);
  // It names its probes by that instance for as long as this process lives.
  const { nodeId } = lease;
  const bus = new RedisBus({ shards: links.shards, commands, keys, nodeId, timeoutMs, counters, onError: onBusError });
  const feeds: TopicsDeps = {
    listener: hub,
    reader: new TopicLog(commands, keys, lease, config.rooms.historyMaxAgeMs),
    counters,
    mayDeliver: () => lease.held,
    evictOwn: (topic, at) => stagedEviction.evictOwn(topic, at),
    gapFill: config.gapFill,
    wake,
    onError: (topic, error) => errors.putOff('feed', error, 'a topic is not up to date', { topic }),
  };
  const topics = new Topics(feeds, bus, lease, { ...config.node, busyWindowBytes: windowBytesOf(config) });
  const echoes = new Echoes({ users, topics, repairs });
  const { heartbeatMs } = config.node;
  const arrivals = new Arrivals({ receipts, repairs, heartbeatMs, socketsOf: (userName) => hub.socketsOf(userName) });
  const onCallError = (what: string, error: unknown): void => errors.putOff('calls', error, what);
  const calls = new NodeCalls({ keys, instance: lease, bus, commands, timeoutMs: CALL_MS, onError: onCallError });
  const peerNodes = new PeerNodes({ hub, instance: lease, calls });
  const unreadNews = new UnreadNews({
    ...stores,
    socketRooms: peerNodes,
    repairs,
    instance: lease,
    settings: { directMessages: config.direct.messages, replyBytes: replyBytesOf(config) },
    wake,
    onError: (error) => errors.putOff('unread', error, 'telling what is unread is put off'),
  });
  hub.start({ topics, echoes, arrivals, unreadNews });
  return { fanOut, hub, bus, stagedEviction, topics, echoes, arrivals, unreadNews, calls, peerNodes };
}
