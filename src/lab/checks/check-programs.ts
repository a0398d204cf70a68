import { basename } from 'node:path';
import { portText } from '../../core/listen-port.ts';
import { say } from '../../core/language/say.ts';
import type { Draft, DraftProgram } from '../draft.ts';
import type { PathProblem } from '../problem.ts';
import { flow } from '../yaml/flow.ts';

/** What people call the computer that they sit at. */
const THIS_HOST = /^(?:this-?)?(?:local)?host$|^here$|^127\./i;

/** What two programs, or two parts of one, cannot share: ports of one machine, names of files in one folder. */
export function checkPrograms({ programs }: Draft): PathProblem[] {
  return [...samePorts(programs), ...programs.flatMap(sameFiles), ...programs.flatMap(builtElsewhere)];
}

/** What a machine makes stays on it. */
function builtElsewhere({ program: { name, build = [] }, on, buildOn }: DraftProgram): PathProblem[] {
  if (buildOn === undefined || on === undefined || buildOn.value === on.value) return [];
  const isHost = THIS_HOST.test(buildOn.value);
  return [
    {
      path: buildOn.path,
      message: isHost
        ? say`must be the machine of the program, not ${buildOn.value}`
        : say`"${name}" runs on ${on.value}: what ${buildOn.value} builds would not be there`,
      hint: isHost
        ? say`to build on this host, write build: ${flow(build)}`
        : say`write on: ${on.value}, or leave it out`,
    },
  ];
}

function samePorts(programs: readonly DraftProgram[]): PathProblem[] {
  const taken = new Map<string, string>();
  return programs.flatMap(({ program: { name }, on, listens }) =>
    listens.flatMap(({ value, path }): PathProblem[] => {
      const port = portText(value);
      const key = `${on?.value ?? name} ${port}`;
      const owner = taken.get(key);
      taken.set(key, owner ?? name);
      if (owner === undefined) return [];
      if (owner === name)
        return [{ path, message: say`port ${port} stands here twice`, hint: say`remove one of the two` }];
      return [
        {
          path,
          message: say`port ${port} of ${on?.value ?? name} is already the port of program "${owner}"`,
          hint: say`two programs of one machine cannot listen on the same port; choose another`,
        },
      ];
    }),
  );
}

/** The files of a program land side by side in one folder. */
function sameFiles({ files }: DraftProgram): PathProblem[] {
  const taken = new Map<string, string>();
  return files.flatMap(({ value, path }): PathProblem[] => {
    const name = basename(value);
    const other = taken.get(name);
    taken.set(name, other ?? value);
    return other === undefined
      ? []
      : [
          {
            path,
            message: say`has the same name as "${other}": both would become ${name} on the machine`,
            hint: say`rename or remove one of the two`,
          },
        ];
  });
}
