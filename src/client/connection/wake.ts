/** What a page hears of the network and of its own sleep. Where there is no page nothing is heard. */

export interface PageOwner {
  offline(): void;
  online(): void;
  /** Seen again, or taken out of the browser's cache. */
  woken(): void;
}

interface Target {
  addEventListener?: (name: string, listener: () => void) => void;
  removeEventListener?: (name: string, listener: () => void) => void;
}

/** Returns how to stop. */
export function watchPage(owner: PageOwner): () => void {
  // Only what a page's globals have is used, and they may not be there.
  const page = globalThis as Target & { readonly document?: Target & { readonly visibilityState?: string } };
  const { document } = page;
  const seen = (): void => {
    if (document?.visibilityState !== 'hidden') owner.woken();
  };
  const listeners = [
    [page, 'offline', () => owner.offline()],
    [page, 'online', () => owner.online()],
    [page, 'pageshow', seen],
    [document, 'visibilitychange', seen],
  ] as const;
  for (const [target, name, listener] of listeners) target?.addEventListener?.(name, listener);
  return () => {
    for (const [target, name, listener] of listeners) target?.removeEventListener?.(name, listener);
  };
}
