/** One login on this page: the client that is made for it, and what is remembered of it for the next load of this tab. */
import { createClient, type Client } from '../client/index.ts';
import { forgetDrafts } from './drafts.ts';
import { FrameLog } from './frames/frame-log.ts';

export interface Wanted {
  readonly userName: string;
  /** Where the service asks for one. It is kept nowhere. */
  readonly token: string;
  /** One or several, apart by spaces; of this page's own node where empty. */
  readonly nodes: string;
}

export interface Visit {
  readonly client: Client;
  readonly frames: FrameLog;
}

const KEY = 'parley';

/** Resolves once it is logged in; rejects with why it is not. */
export async function begin({ userName, token, nodes }: Wanted): Promise<Visit> {
  const frames = new FrameLog();
  const client = createClient({
    urls: urlsOf(nodes),
    credentials: token === '' ? { userName } : { token },
    enableSync: true,
    offlineMessages: 'unread',
    reconnect: { maxDelayMs: 30_000 },
    onFrame: (direction, data) => frames.add(direction, data),
  });
  await client.connect();
  if (token === '') remember({ userName, nodes });
  return { client, frames };
}

/** `127.0.0.1:8090`, `http://127.0.0.1:8090/` and `ws://127.0.0.1:8090/ws` name the same node; none names the one beside this page. */
export function urlsOf(nodes: string): string[] {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  const named = nodes.split(/[\s,]+/).filter((node) => node !== '');
  // Seen from the page, for a proxy may have put both below a path.
  if (named.length === 0) return [`${scheme}://${location.host}${location.pathname.replace(/[^/]*$/, '')}ws`];
  return named.map((node) => {
    if (/^wss?:/i.test(node)) return node;
    const [, secure, host = ''] = /^(?:http(s?):\/\/)?([^/]*)/i.exec(node) ?? [];
    return `${secure === undefined ? scheme : secure === '' ? 'ws' : 'wss'}://${host}/ws`;
  });
}

/** Who was logged in when this tab was loaded last, if it was by name. */
export function lastVisit(): Wanted | undefined {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? 'null');
    if (typeof kept !== 'object' || kept === null || !('userName' in kept) || !('nodes' in kept)) return undefined;
    return { userName: String(kept.userName), nodes: String(kept.nodes), token: '' };
  } catch {
    return undefined;
  }
}

export function forget(): void {
  forgetDrafts();
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    return;
  }
}

/** A browser that keeps nothing is logged in all the same. */
function remember(visit: { readonly userName: string; readonly nodes: string }): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(visit));
  } catch {
    return;
  }
}
