import { say } from '../../core/language/say.ts';
import type { Draft } from '../draft.ts';
import type { PathProblem } from '../problem.ts';

/** Names that a program and a service share, and ports of this host that are published twice. */
export function checkServices(draft: Draft): PathProblem[] {
  return [...sameNames(draft), ...samePorts(draft)];
}

/** They are named alike in commands, and lie in one folder. */
function sameNames({ programs }: Draft): PathProblem[] {
  const names = new Set(programs.flatMap(({ program: { name, service } }) => (service === undefined ? [name] : [])));
  return programs.flatMap(({ path, program: { name, service } }) =>
    service !== undefined && names.has(name)
      ? [
          {
            path,
            at: 'key' as const,
            message: say`is the name of a program already`,
            hint: say`give the service another name, or remove the program: "lab up" starts a service, scenarios start a program`,
          },
        ]
      : [],
  );
}

function samePorts({ machines }: Draft): PathProblem[] {
  const taken = new Map<string, string>();
  return machines.flatMap(({ machine, published }) =>
    published.flatMap(({ value: { hostPort, address }, path }): PathProblem[] => {
      const addresses = address === undefined ? ['127.0.0.1', '::1'] : [address];
      const owner = addresses.map((one) => taken.get(`${one} ${hostPort}`)).find((one) => one !== undefined);
      for (const one of addresses) taken.set(`${one} ${hostPort}`, machine.name);
      return owner === undefined
        ? []
        : [
            {
              path,
              message: say`port ${hostPort} of this host is already that of ${owner}`,
              hint: say`choose another one for this host: the number before the ":"`,
            },
          ];
    }),
  );
}
