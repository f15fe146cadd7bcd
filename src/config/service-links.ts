/**
 * Variables that are no settings, though they look it: Kubernetes tells every pod of each Service in its namespace by variables
 * named after it, and Docker's links did the same. A Service called `parley`, or `parley-api`, has our prefix. They are known by the
 * form of name and value together; a setting that somebody got wrong has neither.
 */
import { isIP } from 'node:net';
import type { Environment } from './reader.ts';

const PREFIX = 'PARLEY';

const isLinkUrl = (value: string): boolean => /^(?:tcp|udp|sctp):\/\/[^/\s]+:\d{1,5}$/i.test(value);
const isPort = (value: string): boolean => /^\d{1,5}$/.test(value);
const isAddress = (value: string): boolean => isIP(value.replace(/^\[(.*)\]$/, '$1')) !== 0;

/** What the kubelet makes (and before it Docker), as the end of the name behind the Service's, and the form of the value. */
const forms: readonly (readonly [end: RegExp, isValue: (value: string) => boolean])[] = [
  [/_SERVICE_HOST$/, isAddress],
  [/_SERVICE_PORT(?:_[A-Z0-9_]+)?$/, isPort],
  [/_PORT$/, isLinkUrl],
  [/_PORT_\d{1,5}_(?:TCP|UDP|SCTP)$/, isLinkUrl],
  [/_PORT_\d{1,5}_(?:TCP|UDP|SCTP)_PROTO$/, (value) => /^(?:tcp|udp|sctp)$/i.test(value)],
  [/_PORT_\d{1,5}_(?:TCP|UDP|SCTP)_PORT$/, isPort],
  [/_PORT_\d{1,5}_(?:TCP|UDP|SCTP)_ADDR$/, isAddress],
];

/** The names of all such variables, in the order of the environment. */
export function serviceLinks(environment: Environment): string[] {
  const given = Object.entries(environment).filter(([name]) => name.startsWith(`${PREFIX}_`));
  const links = given.filter(([name, value = '']) => forms.some(([end, isValue]) => end.test(name) && isValue(value)));
  const linked = links.filter(([name, value = '']) => name.endsWith('_PORT') && isLinkUrl(value));
  // Docker told the name of a link and the whole environment of the container behind it, too: only where there is that link.
  const ofDocker = linked.flatMap(([name]) => {
    const service = name.slice(0, -'_PORT'.length);
    return given.filter(
      ([other, value = '']) =>
        other.startsWith(`${service}_ENV_`) || (other === `${service}_NAME` && /^\/[^/]+\/[^/]+$/.test(value)),
    );
  });
  const names = new Set([...links, ...ofDocker].map(([name]) => name));
  return given.map(([name]) => name).filter((name) => names.has(name));
}

/** The environment without those variables. */
export function withoutLinks(environment: Environment, links: readonly string[]): Environment {
  if (links.length === 0) return environment;
  const names = new Set(links);
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !names.has(name)));
}

/** One sentence for the operator. */
export function tellLinks(links: readonly string[]): string {
  const shown = links.slice(0, SHOWN_MAX).join(', ');
  const more = links.length > SHOWN_MAX ? ` and ${links.length - SHOWN_MAX} more` : '';
  return `${shown}${more}: variables of the form that Kubernetes and Docker give for a Service called parley or parley-… are no settings and are ignored (enableServiceLinks: false leaves them out).`;
}

const SHOWN_MAX = 3;
