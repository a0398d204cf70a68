import {
  addressNumber,
  families,
  familyOf,
  holds,
  textOfAddress,
  textOfSubnet,
  type Family,
} from '../../core/address-family.ts';
import { KnownWords, listed } from '../../core/text/suggest.ts';
import { say } from '../../core/language/say.ts';
import { destinations, nextRouters, routesOf } from '../build-routes.ts';
import { networkOf, type Draft, type DraftMachine, type DraftNetwork, type DraftRoute, type Placed } from '../draft.ts';
import { destinationSubnet, viaRule } from '../fields/network-rules.ts';
import { quoted } from '../fields/text-rule.ts';
import type { Wiring } from '../addresses.ts';
import type { PathProblem } from '../problem.ts';
import type { Machine } from '../types.ts';

/**
 * Routes and links that nobody could want: over a router that is on no network of the machine, to a network that the
 * machine is on, to one place twice. A way that is missing, or that leads back another way, may be what is taught.
 */
export function checkWays(draft: Draft, wiring: Wiring): PathProblem[] {
  const named: Named = {
    draft,
    wiring,
    destinations: new KnownWords([...wiring.networks.keys(), 'default']),
    machines: new KnownWords(wiring.machines.keys()),
  };
  return [
    ...draft.links.flatMap(({ ends }) => linkToItself(ends)),
    ...draft.networks.flatMap((network) => checkDns(network, named)),
    ...draft.machines.flatMap((machine) => [...checkGateway(machine, named), ...checkRoutes(machine, named)]),
  ];
}

interface Named {
  readonly draft: Draft;
  readonly wiring: Wiring;
  readonly destinations: KnownWords;
  readonly machines: KnownWords;
}

function linkToItself([first, second]: readonly [Placed<string>, Placed<string>]): PathProblem[] {
  if (first.value !== second.value) return [];
  return [{ path: second.path, message: say`is both ends of the link`, hint: say`name two machines` }];
}

function checkDns({ dns }: DraftNetwork, { machines, wiring }: Named): PathProblem[] {
  return dns.flatMap(({ targets }) =>
    targets
      .filter(({ value }) => viaRule(value) === undefined && isNameOfNone(value, wiring))
      .map(({ value, path }) => noMachine(value, path, machines)),
  );
}

function isNameOfNone(text: string, { machines }: Wiring): boolean {
  return addressNumber(text) === undefined && !machines.has(text);
}

function noMachine(name: string, path: PathProblem['path'], machines: KnownWords): PathProblem {
  return {
    path,
    message: say`there is no machine ${quoted(name)}`,
    hint: machines.suggestion(name, say`known machines`) ?? say`add it under "machines:"`,
  };
}

/** The default gateway of one machine. */
function checkGateway(machine: DraftMachine, { draft }: Named): PathProblem[] {
  const { gateway } = machine;
  return gateway ? checkNext(draft, machine, gateway, gateway.value) : [];
}

function checkRoutes(draftMachine: DraftMachine, named: Named): PathProblem[] {
  const { routes, gateway, machine } = draftMachine;
  if (routes === 'auto') return [];
  const known = new Map<string, string>();
  if (gateway) known.set(`default ${familyOf(gateway.value)}`, gateway.value);
  return routes.flatMap((route) => {
    const problems = checkRoute(draftMachine, route, named);
    if (problems.length > 0) return problems;
    return twice(named.wiring, named.wiring.machines.get(machine.name)!, route, known);
  });
}

function checkRoute(draftMachine: DraftMachine, { path, to, via }: DraftRoute, named: Named): PathProblem[] {
  // What is no name and no address has been said to be neither.
  if (!to || !via || viaRule(via.value) !== undefined) return [];
  const { draft, wiring } = named;
  const machine = wiring.machines.get(draftMachine.machine.name)!;
  const leads = checkDestination(draftMachine, to, named);
  const isMachine = addressNumber(via.value) === undefined;
  const next = isMachine ? checkRouter(machine, via, named) : checkNext(draft, draftMachine, via, via.value);
  if (leads.length > 0 || next.length > 0) return [...leads, ...next];
  if (to.value !== 'default' && destinations(wiring, to.value).length === 0) return [];
  if (routesOf(wiring, machine, { path, to, via }).length > 0) return [];
  const families = listed(nextRouters(wiring, machine, via.value));
  return [
    {
      path: via.path,
      message: say`is of another family than ${to.value}`,
      hint: families === '' ? say`give "${via.value}" an address` : say`its addresses: ${families}`,
    },
  ];
}

function checkDestination(
  { interfaces }: DraftMachine,
  to: Placed<string>,
  { draft, wiring, destinations: known }: Named,
): PathProblem[] {
  if (to.value === 'default') return [];
  const found = destinations(wiring, to.value);
  if (found.length === 0)
    return destinationSubnet(to.value) === undefined && !/[/:.]/.test(to.value)
      ? [
          {
            path: to.path,
            message: say`there is no network ${quoted(to.value)}`,
            hint: known.suggestion(to.value, say`known networks`) ?? say`for example: to: 10.2.0.0/24`,
          },
        ]
      : [];
  const ownAddress = interfaces
    .flatMap(({ addresses }) => families.map((family) => ({ family, address: addresses[family]?.value })))
    .find(({ family, address }) => address !== undefined && found.includes(hostSubnet(family, address)));
  if (ownAddress)
    return [{ path: to.path, message: say`is an address of this machine itself`, hint: say`remove the route` }];
  const own = interfaces.flatMap((port) => networkOf(draft, port) ?? []);
  const direct = own.find(({ subnets }) =>
    families.some((family) => subnets[family] && found.includes(textOfSubnet(subnets[family].value))),
  );
  if (!direct) return [];
  return [
    {
      path: to.path,
      message: say`is network "${direct.name}", on which the machine is itself`,
      hint: say`remove the route: packets to it need no router`,
    },
  ];
}

/** An address as a subnet of its own. */
function hostSubnet(family: Family, address: bigint): string {
  return destinationSubnet(textOfAddress(family, address)) ?? '';
}

/** A router that is named: another machine, on a network of this one. */
function checkRouter(machine: Machine, { value, path }: Placed<string>, { wiring, machines }: Named): PathProblem[] {
  if (!wiring.machines.has(value)) return [noMachine(value, path, machines)];
  if (value === machine.name) return [itself(path)];
  const own = machine.interfaces.map(({ network }) => network);
  const near = wiring.machines.get(value)!.interfaces.some(({ network }) => own.includes(network));
  if (near) return [];
  return [
    {
      path,
      message: say`is on no network of this machine`,
      hint: say`the next router has to be on one of: ${listed(own)}`,
    },
  ];
}

/** A router by its address: on a network of this machine, and not the machine itself. */
function checkNext(draft: Draft, { interfaces }: DraftMachine, { path }: Placed<string>, text: string): PathProblem[] {
  const [family, address] = [familyOf(text), addressNumber(text)];
  if (address === undefined) return [];
  if (interfaces.some(({ addresses }) => addresses[family]?.value === address)) return [itself(path)];
  const own = interfaces.flatMap((port) => networkOf(draft, port) ?? []);
  if (own.some(({ subnets }) => subnets[family] && holds(subnets[family].value, address))) return [];
  if (own.some(({ subnets }) => subnets[4] === undefined && subnets[6] === undefined)) return [];
  return [
    {
      path,
      message: say`${textOfAddress(family, address)} is on no network of this machine`,
      hint: ownNetworks(own, family),
    },
  ];
}

function ownNetworks(own: readonly DraftNetwork[], family: Family): string {
  const texts = own.flatMap(({ name, subnets }) =>
    subnets[family] ? [`${name} ${textOfSubnet(subnets[family].value)}`] : [],
  );
  return texts.length === 0
    ? say`give the machine an address on the network of that router`
    : say`the next router has to be on one of: ${listed(texts)}`;
}

function itself(path: PathProblem['path']): PathProblem {
  return { path, message: say`is this machine itself`, hint: say`name the next router on the way` };
}

/** The kernel takes one route to each place. */
function twice(wiring: Wiring, machine: Machine, route: DraftRoute, known: Map<string, string>): PathProblem[] {
  return routesOf(wiring, machine, route).flatMap(({ to, via }) => {
    const key = to === 'default' ? `default ${familyOf(via)}` : to;
    const other = known.get(key);
    known.set(key, other ?? via);
    if (other === undefined) return [];
    return [
      {
        path: route.to!.path,
        message: say`is reached via ${other} already`,
        hint: say`remove one of the two: a machine has one route to each place`,
      },
    ];
  });
}
