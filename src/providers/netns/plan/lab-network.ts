import { fileURLToPath } from 'node:url';
import { formatSubnet } from '../../../core/ipv4.ts';
import { ipv6Text, isIPv6Text } from '../../../core/ipv6.ts';
import { gatewaysOf, routerAt } from '../../../lab/addresses.ts';
import { tcpdumpOptions } from '../../../packets/link-capture.ts';
import type { Lab, Network } from '../../../lab/types.ts';
import { hostsFile } from '../../peer-files.ts';
import { natRules, UPLINK, uplinkSubnet } from './nat.ts';
import * as op from './operations.ts';
import type { Operation } from './operations.ts';
import { lowerLayers } from './overlay.ts';
import type { HostFacts } from './plan-input.ts';
import { stage } from './stage-paths.ts';
import { MountFlag, syscallNumbers } from './syscalls.ts';

const addressGuard = fileURLToPath(new URL('address-guard.pl', import.meta.url));

/** A network and the bridge that it is. */
export interface BridgedNetwork {
  readonly network: Network;
  readonly bridge: string;
}

/**
 * The helpers of the way out. slirp4netns stays in the host's network and enters the lab's only to make its interface;
 * the guard watches the host's addresses.
 */
export function wayOut(lab: Lab, host: HostFacts, networks: readonly BridgedNetwork[]): Operation[] {
  const subnet = formatSubnet(uplinkSubnet(lab.networks.values()));
  const slirp = [
    host.slirp4netns ?? '',
    '--configure',
    '--mtu=1500',
    '--disable-host-loopback',
    `--cidr=${subnet}`,
    '--enable-sandbox',
    '--enable-seccomp',
    ...(networks.some(({ network }) => network.nat6) ? ['--enable-ipv6'] : []),
    '--ready-fd={ready}',
  ];
  const setns = syscallNumbers[process.arch]?.['setns'] ?? 0;
  return [
    op.helper('', [...slirp, '--netns-type=path', '/proc/1/ns/net', UPLINK]),
    op.helper(natRules(networks), [host.perl, addressGuard, '{ready}', setns, host.nft ?? '']),
  ];
}

/** The lab's own network, still without machines. */
export function startOfNetwork(networks: readonly BridgedNetwork[], routes: boolean): Operation[] {
  const routes6 = routes && networks.some(({ network }) => network.nat6);
  return [
    op.newNetworkNamespace(),
    op.up('lo'),
    op.sysctl('net.ipv6.conf.default.accept_dad', 0),
    // Only gateways speak IPv6 there: no bridge needs an address of its own on each network.
    ...op.when(!routes6, op.sysctl('net.ipv6.conf.default.disable_ipv6', 1)),
    ...op.when(routes, op.sysctl('net.ipv4.ip_forward', 1)),
    // slirp4netns announces itself as the router of its link (RFC 4861): to who forwards, only with 2 is that one.
    ...op.when(
      routes6,
      op.sysctl('net.ipv6.conf.all.forwarding', 1),
      op.sysctl('net.ipv6.conf.default.accept_ra', 2),
      op.sysctl('net.ipv6.conf.default.router_solicitation_delay', 0),
    ),
  ];
}

/**
 * tcpdump(8) sees only the programs and libraries of the host, the names of the machines for its filters, and the one
 * account that it insists on changing to.
 */
export function captures({ machines, networks }: Lab, host: HostFacts): Operation[] {
  const { tcpdump, rootLinks, sharedFolders } = host;
  if (tcpdump === undefined) return [];
  const root = `${stage.lab}/captures`;
  const programs = sharedFolders.filter((name) => !['etc', 'opt'].includes(name));
  const flags = MountFlag.readOnly | MountFlag.noDev | MountFlag.noSuid;
  return [
    op.mkdir(root),
    op.mkdir(`${root}/etc`),
    ...[...rootLinks].map(([name, target]) => op.symlink(target, `${root}/${name}`)),
    ...programs.flatMap((name) => {
      const data = `lowerdir=${lowerLayers(name, host, `${stage.layers}/${name}`)},userxattr`;
      return [op.mkdir(`${root}/${name}`), op.mount('overlay', `${root}/${name}`, flags, data)];
    }),
    op.write(`${root}/etc/hosts`, hostsFile(undefined, machines.values(), networks)),
    op.write(`${root}/etc/passwd`, 'root:x:0:0:root:/:/usr/sbin/nologin\n'),
    ...['services', 'protocols'].map((name) =>
      op.optional(op.copy(`${stage.layers}/etc/${name}`, `${root}/etc/${name}`, 0o644)),
    ),
    op.serveCaptures(root, [tcpdump.path, ...tcpdumpOptions, '-Z', 'root']),
  ];
}

/** Bridges with the gateways' addresses, and an interface of each machine at its bridge. */
export function connectMachines(
  lab: Lab,
  networks: readonly BridgedNetwork[],
  routers: ReadonlySet<string>,
): Operation[] {
  return [
    ...networks.flatMap((network, index) => bridgeOperations(network, index, routers)),
    ...cables(lab, networks),
    op.linksMade(),
    ...announcements(lab, networks),
  ];
}

function announcements(lab: Lab, networks: readonly BridgedNetwork[]): Operation[] {
  const made = networks.flatMap(({ bridge, network }) => {
    const { name, advertise, gateway6, subnet6, mtu = DEFAULT_MTU } = network;
    if (!advertise || gateway6 === undefined || subnet6 === undefined) return [];
    const router = routerAt(lab, name, gateway6);
    const link = router?.interfaces.find((port) => port.network === name && port.address6 === gateway6)?.name ?? bridge;
    return [op.advertise({ link, machine: router?.name, prefix: ipv6Text(subnet6.network), mtu })];
  });
  return made.length === 0 ? [] : [...made, op.serveAdvertisements()];
}

/** Where a machine is the gateway, the bridge has no address. */
function bridgeOperations(
  { bridge, network }: BridgedNetwork,
  index: number,
  routers: ReadonlySet<string>,
): Operation[] {
  const own = gatewaysOf(network).filter((address) => !routers.has(`${network.name} ${address}`));
  return [
    op.bridge(bridge, macAddress(0xff, index)),
    // No machine tells the lab's own network where its router is.
    op.interfaceSysctl(6, bridge, 'accept_ra', 0),
    op.interfaceSysctl(6, bridge, 'disable_ipv6', own.some(isIPv6Text) ? 0 : 1),
    ...own.map((address) => {
      const subnet = isIPv6Text(address) ? network.subnet6 : network.subnet;
      return op.address(bridge, address, subnet!.prefixLength);
    }),
  ];
}

/** Of Ethernet. */
const DEFAULT_MTU = 1500;

function cables(lab: Lab, networks: readonly BridgedNetwork[]): Operation[] {
  const bridgeOf = new Map(networks.map(({ network, bridge }) => [network.name, bridge]));
  return [...lab.machines.values()].flatMap((machine, machineIndex) =>
    machine.interfaces.map(({ name, network, mac, mtu }, index) => {
      const carried = lab.networks.get(network)?.mtu ?? DEFAULT_MTU;
      return op.veth({
        bridge: bridgeOf.get(network) ?? '',
        outerName: `v${machineIndex}-${index}`,
        machine: machine.name,
        innerName: name,
        mac: mac?.replaceAll(':', '') ?? macAddress(index, machineIndex),
        mtu: carried,
        innerMtu: mtu ?? carried,
      });
    }),
  );
}

/** Locally administered (the second bit of the first octet, IEEE 802), the same at each `up`. */
function macAddress(kind: number, index: number): string {
  return Buffer.from([0x02, 0x4c, 0x41, kind, index >> 8, index & 0xff]).toString('hex');
}
