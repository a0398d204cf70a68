import type { ProgramStatus } from '../../core/step-problem.ts';
import { endWords, failureWords } from './failure-words.ts';
import { notations } from './notation.ts';

const { duration } = notations.fr;

/** Which follows "se termine" and "s’est terminé". */
const end = (ended: ProgramStatus | number | string): string =>
  endWords(ended, {
    status: (code) => `avec le code ${code}`,
    signal: (name) => `par le signal ${name}`,
    unknown: 'avec un code inconnu',
  });

const printed = (text: string): string => (text === '' ? 'rien n’a été affiché' : `affiché : ${text}`);

/** Why a step failed, in French. */
export const french = failureWords({
  expected: {
    text: ({ role, pattern }) => `${pattern} sur le terminal de ${role}`,
    prompt: ({ role, pattern }) => `l’invite ${pattern} sur le terminal de ${role}`,
    input: ({ role }) => `que ${role} attende une ligne`,
    listen: ({ role, machine, port }) => `que ${role} écoute sur le port ${port} de ${machine}`,
    end: ({ role, end: wanted }) => `que ${role} se termine ${end(wanted)}`,
    typed: ({ role, text }) => `que ${role} soit là pour ${JSON.stringify(text)}`,
    signal: ({ role, signal }) => `que ${role} soit là pour le signal ${signal}`,
    'command-end': ({ command, machine, end: wanted }) =>
      `que la commande « ${command} » sur ${machine} se termine ${end(wanted)}`,
    'command-output': ({ command, machine, pattern }) =>
      `${pattern} dans ce que la commande « ${command} » affiche sur ${machine}`,
    possible: ({ step }) => `que « ${step} » soit possible`,
    other: ({ text }) => text,
  },
  seen: {
    'ended-first': ({ role, end: ended }) => `${role} s’est terminé avant, ${end(ended)}`,
    'ended-otherwise': ({ end: ended, printed: text }) =>
      `cela s’est terminé ${end(ended)}${text === undefined ? '' : ` ; ${printed(text)}`}`,
    'printed-otherwise': ({ printed: text }) => printed(text),
    other: ({ text }) => text,
  },
  nothing: {
    text: 'ce texte n’est pas apparu',
    prompt: 'elle n’est pas apparue',
    input: 'il ne l’a pas fait',
    listen: 'il ne l’a pas fait',
    end: 'il ne s’est pas terminé',
    typed: 'sa machine ne l’a pas pris',
    signal: 'sa machine ne l’a pas pris',
    'command-end': 'elle ne s’est pas terminée',
    'command-output': 'ce texte n’est pas apparu',
    possible: 'ce n’était pas possible',
    other: 'cela n’est pas arrivé',
  },
  within: (limitMs) => `en ${duration(limitMs)}`,
  hint: {
    'used-up': () =>
      'Ce texte est bien là, mais c’est l’écho de ce qui a été tapé, ou une étape expect précédente l’a déjà utilisé.',
    'lines-dropped': ({ lines }) => `Les ${lines} premières lignes ne sont plus conservées ; il y était peut-être.`,
    'prompt-answered': () => 'On a déjà répondu à l’invite affichée : chaque ligne envoyée demande sa propre invite.',
    'command-not-found': ({ machine, command }) =>
      'Le code 127 signifie le plus souvent qu’une commande est introuvable. ' +
      `À essayer à la main : lab exec ${machine} -- ${command}`,
    'program-folder': ({ program, file, step }) =>
      `${file} se trouve dans le dossier de ${program}, mais les commandes s’exécutent dans le dossier personnel. ` +
      `Écrire : ${step}`,
    'look-at-packets': () => '« lab logs --tcp » dessine tous les paquets de l’exécution.',
    other: ({ text }) => text,
  },
});
