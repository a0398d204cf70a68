import { addressesText } from '../../core/text/address-words.ts';
import { addressesOn } from '../../core/lab-description.ts';
import { say } from '../../core/language/say.ts';
import { gatewaysOf, subnetsOf } from '../../lab/addresses.ts';
import type { Lab } from '../../lab/types.ts';
import type { Requirement } from '../../providers/provider.ts';
import { describeChange } from '../../state/lab-change.ts';
import type { CommandContext } from '../../session/context.ts';
import { openSession } from '../../session/open-session.ts';
import type { FoundLab } from '../../session/session.ts';

export interface PlanResult {
  readonly dryRun: true;
  readonly lab: string;
  readonly provider: string;
  /** What `up` would do, one sentence each, in order; empty when machines and networks stay as they are. */
  readonly actions: readonly string[];
  /** What differs from the machines that run; `up` would refuse them without `--recreate`. */
  readonly changes: readonly string[];
  /** What this host lacks. */
  readonly missing: readonly Requirement[];
}

/** What `up` would do. Changes nothing. */
export async function plan(context: CommandContext, options: { readonly recreate: boolean }): Promise<PlanResult> {
  const session = openSession(context);
  const { lab, remarks } = await session.lab();
  for (const remark of remarks) await context.events.emit({ kind: 'notice', ...remark });
  const provider = await session.providers.named(lab.provider);
  const [requirements, found] = await Promise.all([
    provider.check({ thorough: true, signal: context.signal }),
    session.attached(),
  ]);
  const running = found?.machines.some((machine) => machine.running) === true ? found : undefined;
  const kept = options.recreate ? undefined : running;
  const removal = running !== undefined && options.recreate ? [say`take ${running.state.name} down`] : [];
  return {
    dryRun: true,
    lab: lab.name,
    provider: provider.name,
    actions: provider.features.ownsMachines
      ? [...removal, ...(kept === undefined ? creations(lab) : restarts(kept)), ...deployments(lab)]
      : [...inspections(lab), ...deployments(lab)],
    changes: kept === undefined || !provider.features.ownsMachines ? [] : describeChange(kept.state, lab),
    missing: requirements.filter(({ status }) => status === 'missing'),
  };
}

function restarts({ machines }: FoundLab): string[] {
  return machines.filter(({ running }) => !running).map(({ machine }) => say`start machine ${machine.name}`);
}

/** What is done with machines that are there already. */
function inspections(lab: Lab): string[] {
  return [...lab.machines.values()].map(({ name, interfaces }) => {
    const parts = interfaces
      .filter((port) => addressesOn(port).length > 0)
      .map((port) => say`whether ${port.name} has ${addressesText(port)}`);
    return say`log in to ${name} and look ${[say`what it is like`, ...parts].join(', ')}`;
  });
}

function creations(lab: Lab): string[] {
  const networks = [...lab.networks.values()].map((network) => {
    const gateways = gatewaysOf(network);
    const parts = [
      ...subnetsOf(network),
      ...(gateways.length === 0 ? [] : [say`gateway ${gateways.join(', ')}`]),
      ...(network.nat ? ['NAT'] : []),
      ...(network.nat6 ? ['NAT66'] : []),
      ...(network.mtu === undefined ? [] : [`MTU ${network.mtu}`]),
    ];
    return say`make network ${network.name} (${parts.join(', ')})`;
  });
  const machines = [...lab.machines.values()].map(({ name, user, interfaces, forward, routes = [] }) => {
    const parts = [
      ...interfaces.map((port) => say`${port.name} ${addressesText(port)} on ${port.network}`),
      ...(forward ? [say`router`] : []),
      ...routes.map(({ to, via }) => say`route to ${to} via ${via}`),
    ];
    return say`make machine ${name} (${[say`user ${user}`, ...parts].join(', ')})`;
  });
  return [...networks, ...machines];
}

function deployments({ programs }: Lab): string[] {
  return [...programs.values()].map(({ name, on, build }) =>
    build === undefined
      ? say`deploy ${name} to ${on}, unless it is there already`
      : say`build and deploy ${name} to ${on}, unless it is there already`,
  );
}
