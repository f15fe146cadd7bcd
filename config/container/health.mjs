// The health check of a container: asks this node for a path (`/healthz` when left out) and ends with 0 if it answers well.
// What is healthy is up to the node. It asks the operator port, which is there from the start to the end: the public one opens when
// Redis has answered, and closes in a drain.
const { PARLEY_API_PORT, PARLEY_API_HOST, PARLEY_PORT, PARLEY_HOST } = process.env;
// In the variables of a Service of Kubernetes that is called parley, PARLEY_PORT is `tcp://…` and no setting; so of one called parley-api.
const portOf = (text, otherwise) => /^\d+$/.exec(text?.trim() ?? '')?.[0] ?? otherwise;
const apiPort = portOf(PARLEY_API_PORT, '8081');
// Which one it is where it is a free one, nobody here can know.
const [port, given] =
  Number(apiPort) === 0
    ? [portOf(PARLEY_PORT, '8080'), PARLEY_HOST?.trim() || '0.0.0.0']
    : [apiPort, PARLEY_API_HOST?.trim() || '127.0.0.1'];
const host = given.replace(/^\[(.*)\]$/, '$1');
// An address that stands for all, however it is written, includes loopback.
const reachable = /^[0:.]+$/.test(host) ? '127.0.0.1' : host;
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
