/** Builds what chat means: what handlers work with, the handlers, and the operator's hooks around them. */
import type { Aftermath, Delivery } from './build-delivery.ts';
import type { RedisSide, Stores } from './build-storage.ts';
import { buildWebhooks } from './build-webhooks.ts';
import { defectLog, replyBytesOf, type Shared } from './shared.ts';
import type { Instance } from '../bus/instance.ts';
import { Authenticator } from '../chat/auth/authenticator.ts';
import { ResumeKeys } from '../chat/auth/resume-keys.ts';
import { createTokenKeys } from '../chat/auth/token-keys.ts';
import type { Handlers } from '../chat/caller.ts';
import { bindHandlers } from '../chat/handlers.ts';
import { hookedHandlers } from '../chat/hooks/around.ts';
import { DirectChanges, type DirectChangesDeps } from '../chat/change/direct-changes.ts';
import { ChangeTelling, type ChangeTellingDeps } from '../chat/direct/change-telling.ts';
import { StoredSends, type StoredSendsDeps } from '../chat/direct/stored-sends.ts';
import { ContactPairs } from '../chat/contact/pairs.ts';
import { Presence } from '../chat/contact/presence.ts';
import { Profiles } from '../chat/contact/profiles.ts';
import { Endings, type EndingsDeps, type EndRoom } from '../chat/conversation/endings.ts';
import { UserDeletions } from '../chat/user/deletions.ts';
import { deleteRoom } from '../chat/room/room.ts';
import { StateTelling, type StateTellingDeps } from '../chat/state/telling.ts';
import { MemberNews, type MemberNewsDeps } from '../chat/unread/member-news.ts';
import { Transients } from '../chat/message/transients.ts';
import { textsBefore } from '../chat/change/text-before.ts';
import { HeldAppends } from '../chat/change/held-appends.ts';
import { Absences } from '../chat/message/absences.ts';
import { Wills } from '../chat/message/wills.ts';
import { Leaves } from '../chat/membership/leaves.ts';
import { Disconnects } from '../chat/membership/disconnects.ts';
import { Reconciler } from '../chat/repair/reconciler.ts';
import { StagedEvictionPeers } from '../chat/repair/staged-eviction-peers.ts';
import type { ChatSettings, Services } from '../chat/services.ts';
import type { Config } from '../config/config.ts';
import type { SignatureKind } from '../config/signatures.ts';
import type { HookRunner } from '../hooks/runner.ts';
import { Failure } from '../protocol/errors/errors.ts';
import { encodeValue } from '../protocol/wire/msgpack.ts';
import { StoredValue } from '../protocol/wire/stored.ts';
import { SERVICE } from '../store/rights.ts';

export interface Chat {
  readonly presence: Presence;
  readonly memberNews: MemberNews;
  readonly stateTelling: StateTelling;
  readonly leaves: Leaves;
  readonly disconnects: Disconnects;
  readonly endings: Endings;
  readonly reconciler: Reconciler;
  readonly stagedEvictionPeers: StagedEvictionPeers;
  readonly authenticator: Authenticator;
  readonly services: Services;
  /** What clients ask for goes through the operator's hooks, if there are any. */
  readonly handlers: Handlers;
  /** The same without hooks around them. */
  readonly bareHandlers: Handlers;
}

export function buildChat(
  shared: Shared,
  hooks: HookRunner | undefined,
  { lease, commands }: RedisSide,
  stores: Stores,
  aftermath: Aftermath,
  { hub, topics, echoes, arrivals, unreadNews, stagedEviction, peerNodes }: Delivery,
): Chat {
  const { config, counters, errors, accounts } = shared;
  const webhooks = buildWebhooks(shared, { lease, commands }, stores);
  const common = { ...stores, ...aftermath, topics, echoes, audience: hub, hooks, webhooks, instance: lease };
  const telling = buildTelling(shared, { ...common, socketRooms: peerNodes });
  const lastWords = buildLastWords(shared, { ...common, ...telling }, stores);
  const beside = { ...buildContacts(shared, common), ...lastWords, ...telling };
  const { presence } = beside;
  const leaves = new Leaves({ ...common, ...beside });
  const reconciler = new Reconciler({
    ...common,
    leaves,
    presence,
    onError: (what, error) => errors.putOff('reconciler', error, what),
  });
  const acting = { ...common, leaves, reconciler, stagedEviction };
  const stagedEvictionPeers = new StagedEvictionPeers({ ...acting, nodes: peerNodes });
  const disconnects = new Disconnects({ ...common, leaves, ...lastWords });
  const authenticator = buildAuthenticator(shared, lease);
  const endings = buildEndings(shared, common);
  const services: Services = {
    ...common,
    endings,
    settings: chatSettings(config),
    ...beside,
    ...buildDirect({ ...common, ...telling, ...sendsOf(config), budget: commands.budget }),
    transients: new Transients(counters),
    ...changing(shared),
    leaves,
    disconnects,
    stagedEvictionPeers,
    socketRooms: peerNodes,
    arrivals,
    unreadNews,
    authenticator,
    resumeKeys: new ResumeKeys(stores.resumeKeyStore, lease),
    counters,
    debtMs: (userName) => accounts.debtMs(userName, performance.now()),
  };
  endings.start(endRoom(services));
  return {
    presence,
    ...telling,
    leaves,
    disconnects,
    endings,
    reconciler,
    stagedEvictionPeers,
    authenticator,
    services,
    ...buildHandlers(shared, services),
  };
}

const changing = ({ measured }: Shared): Pick<Services, 'heldAppends' | 'changeKinds'> => ({
  heldAppends: new HeldAppends(),
  changeKinds: measured.messageChanges,
});

function buildHandlers(shared: Shared, services: Services): Pick<Chat, 'handlers' | 'bareHandlers'> {
  const { hooks } = services;
  const bareHandlers = bindHandlers(services);
  const around = {
    limits: shared.config.limits,
    textBefore: textsBefore(services),
    onDefect: defectLog(shared),
  };
  return {
    bareHandlers,
    handlers: hooks === undefined ? bareHandlers : hookedHandlers(bareHandlers, { ...around, hooks }),
  };
}

const buildEndings = ({ errors }: Shared, deps: Omit<EndingsDeps, 'onError'>): Endings =>
  new Endings({
    ...deps,
    onError: (error) => errors.putOff('endings', error, 'ending temporary rooms is put off'),
  });

const endRoom =
  (services: Services): EndRoom =>
  async (roomName) => {
    const deleted = await deleteRoom(
      services,
      { rights: SERVICE, author: undefined, exceptSocket: undefined },
      roomName,
    );
    return !(deleted instanceof Failure);
  };

/** What is said for who has gone, and to who is away. */
function buildLastWords(
  { counters, log }: Shared,
  common: Pick<Services, 'hooks' | 'webhooks' | 'messages' | 'unreads' | 'quotas' | 'memberNews' | 'changesDue'>,
  { absents, willStore }: Stores,
): Pick<Services, 'absences' | 'wills'> {
  const absences = new Absences({
    ...common,
    absents,
    counters,
    onDropped: (count) =>
      log.warn({ count }, 'of messages to who is away the hook onAbsent is not told: too many at once'),
  });
  return { absences, wills: new Wills({ ...common, absences, wills: willStore }) };
}

function buildContacts(
  { errors, pulse: { wake } }: Shared,
  common: Pick<Stores, 'contacts' | 'presences'> &
    Pick<Services, 'repairs' | 'topics' | 'hooks' | 'instance' | 'formerMembers'>,
): Pick<Services, 'presence' | 'profiles' | 'contactPairs' | 'userDeletions'> {
  const presence = new Presence({
    ...common,
    wake,
    onError: (error) => errors.putOff('presence', error, 'telling contacts who is online is put off'),
  });
  const profiles = new Profiles(common);
  const contactPairs = new ContactPairs({ ...common, profiles, presence });
  return { presence, profiles, contactPairs, userDeletions: new UserDeletions({ ...common, contactPairs }) };
}

/** What is told to those who are not where something happens. */
function buildTelling(
  { errors, pulse: { wake } }: Shared,
  common: Omit<StateTellingDeps, 'onError' | 'wake'> & Omit<MemberNewsDeps, 'onError' | 'wake'> & ChangeTellingDeps,
): Pick<Chat, 'stateTelling' | 'memberNews'> & Pick<Services, 'changeTelling'> {
  const stateTelling = new StateTelling({
    ...common,
    wake,
    onError: (error) => errors.putOff('state', error, 'telling how a user is is put off'),
  });
  const memberNews = new MemberNews({
    ...common,
    wake,
    onError: (error) => errors.putOff('unread', error, 'telling members what is unread is put off'),
  });
  return { stateTelling, memberNews, changeTelling: new ChangeTelling(common) };
}

const buildDirect = (deps: StoredSendsDeps & DirectChangesDeps): Pick<Services, 'storedSends' | 'directChanges'> => ({
  storedSends: new StoredSends(deps),
  directChanges: new DirectChanges(deps),
});

const sendsOf = ({ postsPerCall, redis: { timeoutMs } }: Config): { postsPerCall: number; timeoutMs: number } => ({
  postsPerCall,
  timeoutMs,
});

function buildAuthenticator(
  { config: { auth, limits }, errors }: Shared,
  instance: Pick<Instance, 'redisNow'>,
): Authenticator {
  const keys = createTokenKeys(auth, (reason) =>
    errors.warn('jwks', { reason }, 'the keys that tokens are checked with cannot be fetched'),
  );
  const onUnfit = (reason: string): void => errors.warn('token', { reason }, 'a good token is refused');
  return new Authenticator({ ...auth, limits, onUnfit, now: () => instance.redisNow() }, keys);
}

function chatSettings(config: Config): ChatSettings {
  return {
    limits: config.limits,
    toldLimits: new StoredValue(encodeValue({ ...config.limits })),
    roomsManagement: config.rooms.management,
    userlistUpdates: config.rooms.userlistUpdates,
    accessListsUpdates: config.rooms.accessListsUpdates,
    directMessages: config.direct.messages,
    historyMaxSize: config.rooms.historyMaxSize,
    membersMax: config.rooms.membersMax,
    globalRoom: config.rooms.globalRoom,
    heartbeatMs: config.node.heartbeatMs,
    resumeTokenMs: config.auth.resumeTokenMs,
    blacklistSecret: secretOf(config, 'blacklist'),
    membersSecret: secretOf(config, 'members'),
    replyBytes: replyBytesOf(config),
  };
}

const secretOf = ({ auth }: Config, kind: SignatureKind): string | undefined =>
  auth.signatures.includes(kind) ? auth.signatureSecret : undefined;
