// Messages from user to user where the service keeps them, on a single Redis, over MessagePack.
import { conversationSuite } from './conversation-suite.ts';
import { useWorld } from './world.ts';

conversationSuite(useWorld({ format: 'msgpack', env: { PARLEY_DIRECT_MESSAGES: 'stored' } }));
