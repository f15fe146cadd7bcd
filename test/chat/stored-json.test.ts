// Messages from user to user where the service keeps them, on a single Redis, over JSON.
import { storedSuites } from './stored-suites.ts';

storedSuites({ format: 'json' });
