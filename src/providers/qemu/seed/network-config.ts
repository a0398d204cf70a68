import { isIPv6Text } from '../../../core/ipv6.ts';
import { isOnNetwork } from '../../../lab/addresses.ts';
import type { MachinePlan, NetworkPlan, NicPlan } from '../machine-plan.ts';

/** The part of a plan that a machine's own network is made of. */
export interface NetworkParts {
  readonly plan: Pick<MachinePlan, 'machine' | 'nics' | 'routes'>;
  readonly networks: ReadonlyMap<string, NetworkPlan>;
}

/**
 * Netplan's version 2, which cloud-init turns into whatever the image uses; interfaces get the names of lab.yaml. A card
 * without an address is switched on, and no start waits for one.
 */
export function networkConfig({ plan, networks }: NetworkParts): object {
  const { nics, routes, machine } = plan;
  const wayOut = nics.find(({ network }) => networks.get(network)?.nat === true);
  const ethernets = nics.map((nic) => {
    const network = networks.get(nic.network);
    const own = routes.filter(({ via }) => network !== undefined && isOnNetwork(network, via));
    return [
      nic.name,
      {
        match: { macaddress: nic.mac },
        'set-name': nic.name,
        dhcp4: false,
        dhcp6: false,
        // A router is told nothing by others.
        'accept-ra': network?.advertise === true && machine.forward !== true,
        addresses: addressesOf(nic, network),
        ...(nic.mtu !== undefined && { mtu: nic.mtu }),
        ...(nic.address === undefined && { optional: true }),
        ...(own.length > 0 && {
          routes: own.map(({ to, via }) => ({ to: to === 'default' ? everythingLike(via) : to, via })),
        }),
        ...(nic === wayOut && network?.slirp && { nameservers: { addresses: [network.slirp.nameserver] } }),
      },
    ];
  });
  return { version: 2, ethernets: Object.fromEntries(ethernets) as object };
}

function addressesOf({ address, address6 }: NicPlan, network: NetworkPlan | undefined): string[] {
  return [
    ...(address === undefined ? [] : [`${address}/${network?.subnet?.prefixLength ?? 24}`]),
    ...(address6 === undefined ? [] : [`${address6}/${network?.subnet6?.prefixLength ?? 64}`]),
  ];
}

/** Netplan knows the word "default" only since 0.103. */
function everythingLike(via: string): string {
  return isIPv6Text(via) ? '::/0' : '0.0.0.0/0';
}
