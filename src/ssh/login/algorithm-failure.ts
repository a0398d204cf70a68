import type { ConnectionError } from '../../core/errors.ts';
import {
  algorithmKeywords,
  type AlgorithmKind,
  type AlgorithmLists,
  usualAlgorithms,
  weakAlgorithms,
} from '../trust/algorithms.ts';
import { missingKinds, type ServerOffer } from '../trust/server-offer.ts';
import { serverText, type ShellTarget, targetFailure } from '../target.ts';
import { say } from '../../core/language/say.ts';

const meanings = {
  kexalgorithms: say`key exchange`,
  hostkeyalgorithms: say`kind of host key`,
  ciphers: say`cipher`,
  macs: 'MAC',
} as const;

/**
 * Pure: what a server and we do not have in common, and the lines of ssh_config(5) that would change it; undefined when
 * they have all in common.
 */
export function algorithmFailure(
  target: ShellTarget,
  ours: AlgorithmLists,
  offer: ServerOffer,
  cause: unknown,
): ConnectionError | undefined {
  const missing = missingKinds(offer, ours);
  if (missing.length === 0) return undefined;
  const chosen = missing.map((kind) => [kind, bestOf(kind, offer[kind])] as const);
  const unknown = chosen.flatMap(([kind, name]) => (name === undefined ? [kind] : []));
  const hint =
    unknown.length > 0
      ? unknown
          .map(
            (kind) =>
              say`lab knows nothing that it offers for ${algorithmKeywords[kind]}; its SSH server has to offer one of ${usualAlgorithms[kind].join(', ')}.`,
          )
          .join('\n')
      : allowHint(
          target,
          chosen.map(([kind, name]) => [kind, name!]),
        );
  const lacking = missing.map((kind) => meanings[kind]).join(say` and no `);
  return targetFailure(
    target,
    say`the SSH server at ${serverText(target.address)} offers no ${lacking} that may be used`,
    {
      code: 'ssh-no-common-algorithm',
      detail: missing
        .map((kind) => say`It offers for ${algorithmKeywords[kind]}: ${offer[kind].join(', ')}`)
        .join('\n'),
      hint,
      cause,
    },
  );
}

/**
 * The user's own configuration leaves nothing that we could use, whatever the server offers; undefined when it does.
 */
export function forbiddenFailure(target: ShellTarget, ours: AlgorithmLists): ConnectionError | undefined {
  const kinds = ['kexalgorithms', 'hostkeyalgorithms', 'ciphers'] as const;
  const kind = kinds.find((one) => ours[one].length === 0);
  if (kind === undefined) return undefined;
  return targetFailure(
    target,
    say`${algorithmKeywords[kind]} of your OpenSSH configuration leaves no ${meanings[kind]} that lab knows for ${serverText(target.address)}`,
    {
      code: 'ssh-no-common-algorithm',
      hint: say`Add one of these to it for this host: ${usualAlgorithms[kind].join(', ')}`,
    },
  );
}

/** The lines that allow something to one host. */
export function allowHint(
  target: ShellTarget,
  allowed: readonly (readonly [kind: AlgorithmKind, name: string])[],
): string {
  const areWeak = allowed.every(([kind, name]) => weakAlgorithms[kind].includes(name));
  const lines = [
    `Host ${target.configName ?? target.machine}`,
    ...allowed.map(([kind, name]) => `    ${algorithmKeywords[kind]} +${name}`),
  ];
  return areWeak
    ? say`That is old and weak: better update its SSH server. To allow it to this host alone, write into ~/.ssh/config, before any "Host *":\n${lines.join('\n')}`
    : say`To allow it to this host alone, write into ~/.ssh/config, before any "Host *":\n${lines.join('\n')}`;
}

function bestOf(kind: AlgorithmKind, offered: readonly string[]): string | undefined {
  return [...usualAlgorithms[kind], ...weakAlgorithms[kind]].find((name) => offered.includes(name));
}
