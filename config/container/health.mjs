// The health check of a container: asks this node for a path (`/healthz` when left out) and ends with 0 if it answers well.
// What is healthy is up to the node.
// In the variables of a Service of Kubernetes that is called parley, PARLEY_PORT is `tcp://…` and no setting.
const port = /^\d+$/.exec(process.env.PARLEY_PORT?.trim() ?? '')?.[0] ?? '8080';
const host = (process.env.PARLEY_HOST?.trim() || '0.0.0.0').replace(/^\[(.*)\]$/, '$1');
// An address that stands for all includes loopback.
const reachable = ['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host;
const authority = `${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
const path = process.argv[2] ?? '/healthz';

try {
  const response = await fetch(`http://${authority}${path}`, { signal: AbortSignal.timeout(4000) });
  if (!response.ok) console.error(`${path}: ${response.status} ${await response.text()}`);
  process.exitCode = response.ok ? 0 : 1;
} catch (error) {
  console.error(`${path}: ${error.cause?.message ?? error.message}`);
  process.exitCode = 1;
}
