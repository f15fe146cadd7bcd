// The suites about messages from user to user where the service keeps them.
import { conversationSuite } from './conversation-suite.ts';
import { detailsSuite } from './details-suite.ts';
import { directChangeSuite } from './direct-change-suite.ts';
import { inboxSuite } from './inbox-suite.ts';
import { missedSuite } from './missed-suite.ts';
import { conversationSearchSuite } from './search-suite.ts';
import { unreadSuite } from './unread-suite.ts';
import { useWorld } from './world.ts';

/** For a file of tests, with nodes that keep messages. */
export function storedSuites(options: Parameters<typeof useWorld>[0]): void {
  const world = useWorld({ ...options, env: { PARLEY_DIRECT_MESSAGES: 'stored' } });
  for (const suite of [
    conversationSuite,
    conversationSearchSuite,
    missedSuite,
    inboxSuite,
    unreadSuite,
    detailsSuite,
    directChangeSuite,
  ])
    suite(world);
}
