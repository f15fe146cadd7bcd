// Certificates for servers and clients of a test, signed by an authority of the test's own, made by openssl.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import type { Scope } from './disposal.ts';

export interface Certificates {
  /** What a Redis server or sentinel is started with: it asks for a certificate of clients, too. */
  readonly serverArgs: readonly string[];
  /** Settings of a service that comes in by its own certificate. */
  readonly env: Readonly<Record<string, string>>;
  /** The same for the kit's own clients. */
  readonly options: ConnectionOptions;
  /** Files. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** The server's certificate is for that name, and for no address. */
export function makeCertificates(scope: Scope, name = 'localhost'): Certificates {
  const dir = mkdtempSync(join(tmpdir(), 'parley-test-tls-'));
  scope.add(() => rmSync(dir, { recursive: true, force: true }));
  const at = (file: string): string => join(dir, file);
  const openssl = (...args: string[]): unknown => execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.crt', '-days', '2', '-subj', '/CN=authority');
  for (const [who, subject] of [
    ['server', `DNS:${name}`],
    ['client', 'DNS:client.test'],
  ] as const) {
    openssl('req', ...key, '-keyout', `${who}.key`, '-out', `${who}.csr`, '-subj', `/CN=${who}`);
    writeFileSync(at(`${who}.ext`), `subjectAltName=${subject}\n`);
    const signed = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', `${who}.ext`];
    openssl('x509', '-req', '-in', `${who}.csr`, '-out', `${who}.crt`, ...signed);
  }
  const files = { ca: at('ca.crt'), cert: at('client.crt'), key: at('client.key') };
  const server = { 'cert-file': at('server.crt'), 'key-file': at('server.key'), 'ca-cert-file': files.ca };
  const switches = { 'auth-clients': 'yes', replication: 'yes', cluster: 'yes' };
  const read = (path: string): string => readFileSync(path, 'utf8');
  return {
    ...files,
    serverArgs: Object.entries({ ...server, ...switches }).flatMap(([option, value]) => [`--tls-${option}`, value]),
    env: { PARLEY_REDIS_TLS_CA: files.ca, PARLEY_REDIS_TLS_CERT: files.cert, PARLEY_REDIS_TLS_KEY: files.key },
    options: { ca: read(files.ca), cert: read(files.cert), key: read(files.key), servername: name },
  };
}
