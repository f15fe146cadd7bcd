// Messages from user to user where the service keeps them, on a single Redis, over MessagePack.
import { storedSuites } from './stored-suites.ts';

storedSuites({ format: 'msgpack' });
