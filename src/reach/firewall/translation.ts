import type { MachineProbe } from '../machine-probe.ts';
import { readRuleset } from './ruleset.ts';

/** Whether rules of a router change the address that packets come from (nft(8), `masquerade` and `snat`). */
export function translates({ firewall }: MachineProbe): boolean {
  if (firewall.kind !== 'rules') return false;
  const chains = readRuleset(firewall.json, firewall.text)?.chains ?? [];
  return chains.some(
    ({ type, hook, rules }) =>
      type === 'nat' &&
      hook === 'postrouting' &&
      rules.some(({ statements }) => statements.some((one) => 'masquerade' in one || 'snat' in one)),
  );
}
