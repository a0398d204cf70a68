import { chosenAlgorithms, type AlgorithmKind, type AlgorithmLists } from '../../../ssh/trust/algorithms.ts';
import { valueOf, type OpenSshAnswer } from './openssh-config.ts';
import { usualMethods, type LoginMethod } from './route.ts';

/** OpenSSH before 8.5 called it so. */
const oldNames: Partial<Record<AlgorithmKind, string>> = { pubkeyacceptedalgorithms: 'pubkeyacceptedkeytypes' };
const kinds: readonly AlgorithmKind[] = [
  'kexalgorithms',
  'hostkeyalgorithms',
  'ciphers',
  'macs',
  'pubkeyacceptedalgorithms',
];

/** Pure: the names that OpenSSH allows, of those kinds for which it answered. */
export function algorithmListsOf(answer: OpenSshAnswer): Partial<AlgorithmLists> {
  return Object.fromEntries(
    kinds.flatMap((kind) => {
      const names = (valueOf(answer, kind) ?? valueOf(answer, oldNames[kind] ?? kind))?.split(',');
      return names === undefined ? [] : [[kind, names]];
    }),
  );
}

/**
 * Pure: the kinds for which the configuration wants others than the usual algorithms; `anyway` is what OpenSSH says
 * without a configuration.
 */
export function algorithmsOf(
  answer: OpenSshAnswer,
  anyway: OpenSshAnswer | undefined,
): Partial<AlgorithmLists> | undefined {
  const chosen = chosenAlgorithms(algorithmListsOf(answer), anyway === undefined ? {} : algorithmListsOf(anyway));
  return Object.keys(chosen).length === 0 ? undefined : chosen;
}

/** Pure: the ways to log in that the configuration leaves, in its order. */
export function methodsOf(answer: OpenSshAnswer): LoginMethod[] {
  const switches: Readonly<Record<LoginMethod, string>> = {
    publickey: 'pubkeyauthentication',
    password: 'passwordauthentication',
    'keyboard-interactive': 'kbdinteractiveauthentication',
  };
  const preferred = valueOf(answer, 'preferredauthentications')?.split(',');
  const ordered =
    preferred === undefined ? usualMethods : preferred.filter((name): name is LoginMethod => name in switches);
  return ordered.filter((method) => !isNo(answer, switches[method]));
}

export function isYes(answer: OpenSshAnswer, keyword: string): boolean {
  return ['yes', 'true'].includes(valueOf(answer, keyword) ?? '');
}

function isNo(answer: OpenSshAnswer, keyword: string): boolean {
  return ['no', 'false'].includes(valueOf(answer, keyword) ?? '');
}
