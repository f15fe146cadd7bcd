// Which addresses are of the Internet at large, in whatever form they are written.
import { expect, test } from '@jest/globals';
import { isPublicAddress } from '../../src/outside/public-address.ts';

test.each(['1.1.1.1', '8.8.8.8', '172.15.0.1', '172.32.0.1', '100.63.0.1', '2606:4700::1111', '64:ff9b::808:808'])(
  '%s is public',
  (address) => {
    expect(isPublicAddress(address)).toBe(true);
  },
);

const special = `127.0.0.1 127.255.255.254 0.0.0.0 0.1.2.3 10.1.2.3 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1
  192.0.0.8 198.18.0.1 203.0.113.1 224.0.0.1 255.255.255.255 :: ::1 ::ffff:10.0.0.1 ::ffff:7f00:1 ::10.0.0.1 fe80::1 fe80::1%eth0
  fec0::1 fd00::1 ff02::1 2001:db8::1 2001::1 2002:7f00:1:: 3fff::1 5f00::1 100::1 64:ff9b:1::1 64:ff9b::7f00:1 64:ff9b:: 64:ff9b::1
  64:ff9b::a9fe:a9fe localhost`;

test.each([...special.split(/\s+/), ''])('%s is not', (address) => {
  expect(isPublicAddress(address)).toBe(false);
});
