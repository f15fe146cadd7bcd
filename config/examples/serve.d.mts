/** Types of `serve.mjs`, for the tests. */
import type { Server } from 'node:http';

export function serveExamples(options: {
  readonly port?: number;
  readonly urls: () => readonly string[];
}): Promise<Server>;
