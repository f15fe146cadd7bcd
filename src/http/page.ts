/**
 * The page at `/`: a small chat that is served outside production. Its files are read once, at the start, and given from memory,
 * with headers that let it load nothing from elsewhere. What is on it is left to page/.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { HttpRequest, HttpResponse, TemplatedApp } from 'uWebSockets.js';
import { hostInUrl } from '../outside/address.ts';

/** Where a build puts it, seen from the source and from what is built of it alike. */
export const builtPage = fileURLToPath(new URL('../../dist/page', import.meta.url));

interface PageFile {
  readonly contentType: string;
  readonly etag: string;
  readonly cacheControl: string;
  readonly plain: Buffer;
  readonly zipped: Buffer;
}

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Sockets may go to other nodes too, for the page can be told of several. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self' ws: wss:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

const safety: Readonly<Record<string, string>> = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

/** Where somebody on this machine opens it. */
export function pageUrl(host: string, port: number): string {
  const shown = ['0.0.0.0', '::', '[::]'].includes(host) ? 'localhost' : host;
  return `http://${hostInUrl(shown)}:${port}/`;
}

/** Adds the page's paths to the public port; false where nobody has built it. */
export function addPage(app: TemplatedApp, folder: string = builtPage): boolean {
  const files = readPage(folder);
  for (const [path, file] of files) {
    app.any(path, (res, req) => {
      // Sockets have a path of their own; here they are not found.
      if (req.getHeader('upgrade') !== '') return void req.setYield(true);
      const method = req.getMethod();
      if (method === 'get' || method === 'head') return give(res, req, file, method === 'get');
      res.cork(() => {
        res.writeStatus('405 Method Not Allowed').writeHeader('allow', 'GET, HEAD').end();
      });
    });
  }
  return files.size > 0;
}

function readPage(folder: string): ReadonlyMap<string, PageFile> {
  const files = new Map<string, PageFile>();
  for (const name of namesIn(folder)) {
    const contentType = contentTypes[extname(name)];
    if (contentType === undefined) continue;
    const plain = readFileSync(join(folder, name));
    const etag = `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`;
    const isEntry = name === 'index.html';
    // The others have their content in their names.
    const cacheControl = isEntry ? 'no-cache' : 'public, max-age=31536000, immutable';
    files.set(isEntry ? '/' : `/page/${name}`, { contentType, etag, cacheControl, plain, zipped: gzipSync(plain) });
  }
  return files;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function give(res: HttpResponse, req: HttpRequest, file: PageFile, withBody: boolean): void {
  const known = req.getHeader('if-none-match').includes(file.etag);
  const zip = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/.test(req.getHeader('accept-encoding'));
  const body = zip ? file.zipped : file.plain;
  res.cork(() => {
    res.writeStatus(known ? '304 Not Modified' : '200 OK');
    for (const [name, value] of Object.entries(safety)) res.writeHeader(name, value);
    res.writeHeader('etag', file.etag).writeHeader('cache-control', file.cacheControl);
    res.writeHeader('vary', 'accept-encoding');
    if (known) return res.endWithoutBody();
    res.writeHeader('content-type', file.contentType);
    if (zip) res.writeHeader('content-encoding', 'gzip');
    if (withBody) return res.end(body);
    // Told a length, the library goes on waiting for as many bytes: the header is written by hand.
    return res.writeHeader('content-length', String(body.length)).endWithoutBody();
  });
}
