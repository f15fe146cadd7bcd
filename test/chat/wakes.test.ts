// Whoever notes something to be done in a moment says so: what nobody said is only found a second later.
import { expect, test } from '@jest/globals';
import { ChangesDue } from '../../src/chat/change/due.ts';
import { Presence } from '../../src/chat/contact/presence.ts';
import { UserlistChanges } from '../../src/chat/membership/userlist-changes.ts';
import { StateTelling } from '../../src/chat/state/telling.ts';
import { MemberNews } from '../../src/chat/unread/member-news.ts';
import { UnreadNews, type Reader } from '../../src/chat/unread/news.ts';
import { Relay } from '../../src/chat/webhook/relay.ts';
import { Webhooks } from '../../src/chat/webhook/webhooks.ts';
import type { Looked } from '../../src/ops/pulse.ts';

let wakes = 0;
/** What none of it needs only to note something. */
const deps = {
  topics: { follow: () => Promise.resolve(), unfollow: () => undefined },
  instance: { nodeId: 'n1', held: true, owns: () => true },
  types: ['onMessage', 'absent'],
  counters: { webhookDropped: 0 },
  wake: () => void wakes++,
  onError: () => undefined,
} as never;
const reader: Reader = { userName: 'ann', open: true, countsUnread: true, send: () => undefined };
const by = { spend: () => undefined };

const noting: Readonly<Record<string, () => [Looked, unknown]>> = {
  'who came and went': () => {
    const one = new UserlistChanges(deps);
    return [one, one.note('lobby')];
  },
  'changes of messages': () => {
    const one = new ChangesDue(deps);
    return [one, one.after('lobby', { dueMs: 100 })];
  },
  'who is online': () => {
    const one = new Presence(deps);
    return [one, one.note('ann', 0)];
  },
  'how somebody is': () => {
    const one = new StateTelling(deps);
    return [one, one.behind('ann', by, () => Promise.resolve())];
  },
  'what members have not read': () => {
    const one = new MemberNews(deps);
    return [one, one.note('lobby', by)];
  },
  'what is unread': () => {
    const one = new UnreadNews(deps);
    return [one, one.mentioned(reader, 'lobby')];
  },
  'a login that is told later': () => {
    const one = new UnreadNews(deps);
    return [one, one.later(reader)];
  },
  'what goes to the webhook': () => {
    const relay = new Relay(deps);
    const one = new Webhooks({ ...(deps as object), relay } as never);
    return [one, relay.note('lobby')];
  },
};

test.each(Object.keys(noting))('%s', async (name) => {
  wakes = 0;
  const [looked, noted] = noting[name]?.() ?? [];
  await noted;
  expect(looked?.hasWork).toBe(true);
  expect(wakes).toBeGreaterThan(0);
});
