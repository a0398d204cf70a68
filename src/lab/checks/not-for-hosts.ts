import { holds, hostsOf, textOfAddress, textOfSubnet, type FamilySubnet } from '../../core/address-family.ts';
import { say } from '../../core/language/say.ts';

/** Why a host cannot have the address; undefined when it can. */
export function notForHosts(subnet: FamilySubnet, address: bigint): string | undefined {
  const text = textOfAddress(subnet.family, address);
  if (!holds(subnet, address)) return say`${text} is not inside the subnet ${textOfSubnet(subnet)}`;
  const { first, last } = hostsOf(subnet);
  if (address >= first && address <= last) return undefined;
  if (address === subnet.network)
    return say`${text} is the address of the network ${textOfSubnet(subnet)} itself; no host can have it`;
  return say`${text} is the broadcast address of ${textOfSubnet(subnet)}; no host can have it`;
}
