// Loads uWebSockets.js, a native library, after checking that the binary is the one this project was tested with.
// Which package provides it, and how to switch to the official build, is explained in config/README.md.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Log } from '../ops/log.ts';

/** The library as loaded: `App`, `us_socket_local_port` and so on. */
export type Uws = typeof import('uWebSockets.js');

/** What a port is taken for, and frames are published by. */
export type UwsApp = ReturnType<Uws['App']>;

/** The package whose binaries are pinned below. Any other is the operator's choice and is not checked. */
const pinnedPackage = { name: 'uwebsockets', version: '3.0.6' } as const;

/** sha256 of `uws_PLATFORM_ARCH_ABI.node`, taken from the package with the integrity recorded in package-lock.json. */
const pinnedSha256: Readonly<Record<string, string>> = {
  'uws_linux_x64_115.node': 'f4fa5d7b697529b45ac8aa3d57385d9af51bc1d2b26aa9f5b68ca4361542e665',
  'uws_linux_x64_127.node': '78e38a9a163b1cf33ce539619e5908111dea95a12e7943d95fbcdd524879caa8',
  'uws_linux_x64_137.node': '3b549c14e01d9d1faf234cdf4b6f0fb08158605e3692cd0eb1b905e327bd3449',
  'uws_linux_x64_141.node': 'd22bae7642b872152cd0eeb682c6c2ffd186e91af8cf18cdf98be984a6549d49',
  'uws_linux_arm64_115.node': '034e0fcccdc08f90df3b130f421516311831b1352fe38eab91abc2984c2fdf3a',
  'uws_linux_arm64_127.node': 'a7d9bc3ec166421a49416d5ea4f49118ae68ea1dbf8a765c4f45a79b0b6adb13',
  'uws_linux_arm64_137.node': 'b6eb007d627e00bcce03ad38f197124e9027c03f6fe784b37f97b8a6ea709cb4',
  'uws_linux_arm64_141.node': '1317f2e69ea1924ee8dd94ed02a3e6beb08e55d8b06f18caeda3d67a02857aee',
  'uws_darwin_arm64_115.node': 'f6132ac4d0954ce32ed716d5b367270904c5885bc6e01dcc8ae5809a8967d504',
  'uws_darwin_arm64_127.node': '84ab0c487fbbb895afbfa24c7ac02db5922b2eb468b3a4663aaca52af29b420c',
  'uws_darwin_arm64_137.node': 'dd7623e7e600dcc1384c4a639ac05849f0c27125be8c431b702e0513e86613f0',
  'uws_darwin_arm64_141.node': 'a1c354c77958054d144a1cb1ab2b5f445e4c1454c98762eb52eef7a6cd95c0c5',
  'uws_darwin_x64_115.node': '7552dc27e278be4a5f9ca4f571676e9046929ef8753b1bb63b84f78e1a752a11',
  'uws_darwin_x64_127.node': '1bcd63a9cd5cda811d899b80f9b1f7c9f29d128feafebe6976069ab1045a0335',
  'uws_darwin_x64_137.node': '7df6e0b2be43048200370a64ee91d6563879f5d3b0207f846dc81377ffc4e189',
  'uws_darwin_x64_141.node': 'f490b002468feebeeedba127e20594ec75138bb7c17e9f681a652fe5d408db7d',
  'uws_win32_x64_115.node': '160eeb564c9e5887893f6b561fbcf39fecc6fbd6cacc86f461af67b3688d84fa',
  'uws_win32_x64_127.node': 'bf190a123983621f89f8ac667c354fd95f45b9b153095bdfe1167c50d1922746',
  'uws_win32_x64_137.node': 'ad2eff4924594a5dba3b451334f432bd526c33885960f8b68e85261b0ac4ff07',
  'uws_win32_x64_141.node': '057219df64d16ec607f9e36108565b6968a9812961ded928de251baa5240d150',
};

const officialBuild =
  'The official build is a one-line switch: npm install uNetworking/uWebSockets.js#v20.69.0 ' +
  '(Node 22, 24 or 26; on Linux glibc 2.38 or newer, such as Debian 13 or Ubuntu 24.04).';

export interface Platform {
  readonly platform: string;
  readonly arch: string;
  /** `process.versions.modules`. */
  readonly abi: string;
}

export type NativeCheck =
  | { readonly kind: 'pinned' | 'unpinned'; readonly note: string }
  | { readonly kind: 'problem'; readonly problem: string };

/** Checks the installed package in `directory` without running any of it. */
export function checkNative(directory: string, platform: Platform): NativeCheck {
  const { name, version } = readIdentity(directory);
  if (name !== pinnedPackage.name || version !== pinnedPackage.version) {
    return { kind: 'unpinned', note: `${name} ${version}: not the pinned build, its binary is not checked` };
  }
  const file = `uws_${platform.platform}_${platform.arch}_${platform.abi}.node`;
  const expected = pinnedSha256[file];
  const path = join(directory, file);
  if (expected === undefined || !existsSync(path)) {
    const where = `${platform.platform} ${platform.arch} with Node ABI ${platform.abi}`;
    return { kind: 'problem', problem: `uWebSockets.js has no tested binary for ${where} (${file}). ${officialBuild}` };
  }
  const found = createHash('sha256').update(readFileSync(path)).digest('hex');
  if (found === expected) return { kind: 'pinned', note: `${name} ${version}: ${file} is the tested binary` };
  return {
    kind: 'problem',
    problem: `uWebSockets.js: ${file} is not the tested binary (sha256 ${found}, expected ${expected}). Install again with npm ci.`,
  };
}

/** Says in plain words why a binary that passed the check did not load. */
export function explainLoadFailure(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const glibc = /GLIBC_([\d.]+)'? not found/.exec(text)?.[1];
  if (glibc !== undefined) {
    return (
      `uWebSockets.js: its binary for Node ${process.versions.node} needs glibc ${glibc}, which this system does not have. ` +
      `Use Node 20 here, or a system with glibc ${glibc}, such as Debian 13 or Ubuntu 24.04. ${officialBuild}`
    );
  }
  return `uWebSockets.js cannot be loaded: ${text.trim()}. ${officialBuild}`;
}

/** Checks and loads the library. A problem is one for the operator, in one sentence or two. */
export async function loadNative(
  log?: Log,
): Promise<{ readonly uws: Uws; readonly build: string } | { readonly problem: string }> {
  const directory = packageDirectory();
  if (directory === undefined) return { problem: 'uWebSockets.js is not installed; run npm ci.' };
  const { platform, arch, versions } = process;
  const check = checkNative(directory, { platform, arch, abi: versions.modules });
  if (check.kind === 'problem') return { problem: check.problem };
  if (check.kind === 'unpinned') log?.info({ note: check.note }, 'uWebSockets.js');
  try {
    // The pinned package is CommonJS without named exports, the official one has both: the default is in either.
    const { default: uws } = await import('uWebSockets.js');
    const { name, version } = readIdentity(directory);
    return { uws, build: `${name} ${version}` };
  } catch (error) {
    return { problem: explainLoadFailure(error) };
  }
}

function packageDirectory(): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve('uWebSockets.js'));
  } catch {
    return undefined;
  }
}

function readIdentity(directory: string): { name: string; version: string } {
  const content: unknown = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  const name = typeof content === 'object' && content !== null && 'name' in content ? String(content.name) : '';
  const version =
    typeof content === 'object' && content !== null && 'version' in content ? String(content.version) : '';
  return { name, version };
}
