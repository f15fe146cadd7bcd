// People who open the page on two nodes, each in a browser of their own; a test fails by what their pages complain of.
import { afterEach, beforeAll, expect } from '@jest/globals';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { openPage, startBrowser } from '../support/browser.ts';
import type { RedisServer } from '../support/redis.ts';
import type { Scope } from '../support/scope.ts';
import { startService, type Service } from '../support/service.ts';
import { logIn } from './visitor.ts';

export interface Visits {
  readonly browser: Browser;
  readonly service: Service<RedisServer>;
  /** Somebody has logged in on a node. */
  readonly visit: (userName: string, index?: number, options?: BrowserContextOptions) => Promise<Page>;
}

/** Once for a file of tests; what it gives is there in its tests. */
export function useVisits(scope: Scope): Visits {
  let browser: Browser;
  let service: Service<RedisServer>;
  beforeAll(async () => {
    [browser, service] = await Promise.all([
      startBrowser(scope),
      startService(scope, { env: { PARLEY_ALLOWED_ORIGINS: '*', PARLEY_PRESENCE_GRACE_MS: '0' } }),
    ]);
  });
  /** What the pages of a test complained of. */
  const complaints: (readonly string[])[] = [];
  afterEach(() => {
    expect(complaints.splice(0).flat()).toEqual([]);
  });
  return {
    get browser() {
      return browser;
    },
    get service() {
      return service;
    },
    visit: async (userName, index = 0, options = {}) => {
      const opened = await openPage(scope, browser, options);
      complaints.push(opened.complaints);
      await logIn(opened.page, service.node(index), userName);
      return opened.page;
    },
  };
}
