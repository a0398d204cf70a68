import { say } from '../../core/language/say.ts';
import { hostFolderChoices } from '../defaults.ts';
import type { ProblemText } from '../problem.ts';

const CHOICE = say`only ${hostFolderChoices.join(say` and `)} can be asked for`;
const COPY = say`what a program needs of it is copied by its "files", or by "lab cp"`;

/** Why a machine is never shown a folder of the host, by the folder at the root. */
const reasons: Readonly<Record<string, string>> = {
  home: say`the files of the users of this host are there, their keys among them`,
  root: say`the files of the administrator of this host are there, keys among them`,
  etc: say`machines see it already, without what is secret of it`,
  usr: say`machines see it already`,
  bin: say`machines see it already`,
  sbin: say`machines see it already`,
  lib: say`machines see it already`,
  var: say`services of this host keep their data there, passwords among it`,
  run: say`sockets of services of this host are there, which obey whoever reaches them`,
  proc: say`it shows the processes of this host`,
  sys: say`it shows the devices of this host`,
  dev: say`it holds the devices of this host`,
  boot: say`machines start no kernel`,
  tmp: say`other users of this host keep files there; each machine has its own`,
  '': say`it is all of this host`,
};

/** Quoted, and cut when it is long. */
function written(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 59)}…` : text);
}

/** For folders of the host that a machine sees. */
export function hostFolderRule(text: string): ProblemText | undefined {
  if (hostFolderChoices.includes(text)) return undefined;
  if (!text.startsWith('/'))
    return { message: say`must be a folder of this host from its root, not ${written(text)}`, hint: CHOICE };
  const parts = text.split('/').filter((part) => part !== '' && part !== '.');
  const path = `/${parts.join('/')}`;
  const whole = hostFolderChoices.find((folder) => path === folder || path.startsWith(`${folder}/`));
  if (whole !== undefined && !parts.includes('..'))
    return { message: say`cannot be ${written(text)}: a folder is shown whole`, hint: say`write ${whole}` };
  const reason = parts.includes('..') ? undefined : reasons[parts[0] ?? ''];
  return {
    message: reason === undefined ? say`cannot be ${written(text)}` : say`cannot be ${written(text)}: ${reason}`,
    hint: say`${CHOICE}; ${COPY}`,
  };
}
