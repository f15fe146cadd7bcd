/**
 * Which addresses are of the Internet at large. The others lead to this machine, its network, the cloud it runs in, or nowhere: who
 * can have the service connect there has a hand in what nobody outside should reach (RFC 6890 and the registries that it made).
 */
import { AddressList, canonicalAddress } from './address.ts';

const IPV4 = `0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24
  192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4`;
/** Within 2000::/3: protocol assignments (Teredo among them), examples, 6to4. */
const IPV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];
const special = new AddressList([...IPV4.split(/\s+/), ...IPV6]);
const unicast = new AddressList(['2000::/3']);
const translated = new AddressList(['64:ff9b::/96']);

/** Whether packets to this address go to a host of the Internet, and nowhere near this one. What is no address is not public. */
export function isPublicAddress(text: string): boolean {
  const address = canonicalAddress(text);
  if (address === undefined) return false;
  if (translated.has(address)) return isPublicAddress(translatedAddress(address));
  const isIPv6 = address.includes(':');
  return !special.has(address) && (!isIPv6 || unicast.has(address));
}

/** The IPv4 address to which NAT64 leads (RFC 6052): where a network has IPv6 only, all hosts of IPv4 are behind such ones. */
function translatedAddress(address: string): string {
  const [, rest = ''] = address.split('64:ff9b::');
  const [low = '0', high = '0'] = rest.split(':').reverse();
  const [upper, lower] = [Number.parseInt(high || '0', 16), Number.parseInt(low || '0', 16)];
  return [upper >> 8, upper & 255, lower >> 8, lower & 255].join('.');
}
