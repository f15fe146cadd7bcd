/** Connects the Redis client to whatever server the sentinels call the primary. Every step has an end; the client's own limit is on the last. */
import { createConnection } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { AbstractConnector, type RedisOptions } from 'ioredis';
import type { Sentinels } from './sentinels.ts';

type Stream = Awaited<ReturnType<AbstractConnector['connect']>>;

/** The client makes its connector itself, of the class that it is given. */
export function sentinelConnector(sentinels: Sentinels, tls: ConnectionOptions | undefined): RedisOptions['Connector'] {
  return class extends AbstractConnector {
    constructor() {
      super(DESTROY_MS);
    }

    /** Rejects only when it was told to disconnect meanwhile: the client does not try again after that. */
    async connect(): Promise<Stream> {
      this.connecting = true;
      const address = await sentinels.primary(() => this.connecting);
      if (address === undefined) throw new Error('Connection is closed.');
      this.stream = tls === undefined ? createConnection({ ...address }) : connectTls({ ...address, ...tls });
      this.stream.once('error', (error: Error) => {
        this.firstError = error;
      });
      // Who begins to leave a primary does not reach those connections that are only being made.
      this.stream.once(tls === undefined ? 'connect' : 'secureConnect', () => {
        if (!sentinels.isCurrent(address)) this.stream.destroy();
      });
      return this.stream;
    }
  };
}

/** Left after that, if the other side does not close: it may be frozen. */
const DESTROY_MS = 50;
