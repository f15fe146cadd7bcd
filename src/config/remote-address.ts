// Where an address of the configuration leads, as far as its text says: names are looked up when something is sent there.
import { isIP } from 'node:net';
import { isPublicAddress } from '../outside/public-address.ts';

const isLoopback = (host: string): boolean => /^(?:(?:.*\.)?localhost|127(?:\.\d+){3}|\[::1\])$/.test(host);

/** Whoever is on the way can read and change what goes there. */
export const isPlainRemote = ({ protocol, hostname }: URL): boolean => protocol === 'http:' && !isLoopback(hostname);

/** This machine, or a network that is not the Internet. */
export function isPrivateHost({ hostname }: URL): boolean {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1');
  return isLoopback(hostname) || (isIP(bare) !== 0 && !isPublicAddress(bare));
}
