import { formatBinarySize } from '../../core/text/amounts.ts';
import { sanitizeToLine } from '../../core/text/sanitize.ts';
import type { MisfitFacts, SignatureState, Unknown } from '../record/misfit.ts';
import type { FailureWords } from './failure-words.ts';
import { placeOf, quoted, shortHash, type RecordWords } from './record-en.ts';
import { textOf, type TextsOf } from './texts-of.ts';

const results = {
  running: 'n’a pas de fin',
  passed: 'a réussi',
  failed: 'a échoué',
  broken: 'a été interrompue par une panne',
  interrupted: 'a été interrompue',
};
const steps = { running: 'n’est pas finie', passed: 'a réussi', failed: 'a échoué', skipped: 'a été omise' };
const noFiles = {
  link: 'un lien',
  folder: 'un dossier',
  pipe: 'un tube',
  socket: 'une socket',
  device: 'un périphérique',
};

const facts: TextsOf<Exclude<MisfitFacts, { readonly kind: 'step-refuted' }>> = {
  missing: () => 'manque, alors que run.json le cite',
  added: () => 'n’est pas dans la liste de run.json : il a été ajouté après l’exécution',
  'no-file': ({ what }) => `est ${noFiles[what]}, pas un fichier ordinaire`,
  size: ({ stored, seen }) => `a ${seen} octets, ${stored} ont été enregistrés`,
  hash: ({ stored, seen }) =>
    `a été modifié après l’exécution : son SHA-256 est ${shortHash(seen)}, celui de ce qui a été enregistré est ${shortHash(stored)}`,
  'too-large': ({ mostBytes }) => `est plus grand que ce que lab lit (${formatBinarySize(mostBytes)})`,
  unreadable: ({ reason }) => `ne peut pas être lu : ${sanitizeToLine(reason)}`,
  'not-as-written': () => 'n’est pas tel que lab l’écrit : un nom y figure deux fois, ou n’a rien à y faire',
  result: ({ stored, told }) =>
    `dit que l’exécution ${results[stored]} ; d’après les événements, elle ${results[told]}`,
  step: ({ number, stored, told }) =>
    `dit que l’étape ${number} ${stored ? steps[stored] : 'n’existe pas'} ; d’après les événements, elle ${told ? steps[told] : 'n’a pas été jouée'}`,
  field: ({ field, stored, told }) =>
    `dit ${quoted(stored)} pour « ${field} » ; d’après les événements, c’est ${quoted(told)}`,
  line: ({ seen, told }) =>
    seen === undefined
      ? `finit trop tôt : d’après les événements, cette ligne suit : ${quoted(told ?? '')}`
      : told === undefined
        ? `a une ligne dont les événements ne disent rien : ${quoted(seen)}`
        : `a ${quoted(seen)} ; d’après les événements, c’est ${quoted(told)}`,
  'time-back': ({ ms }) => `précède de ${Math.round(ms)} ms l’événement qui est au-dessus`,
  begin: () => 'ne commence pas par le début de cette exécution',
  'after-end': () => 'raconte quelque chose après la fin de l’exécution',
  'step-order': ({ number }) => `parle de l’étape ${number} là où elle ne peut pas être`,
  signature: ({ reason }) => `n’est pas une signature de run.json tel qu’il est (${sanitizeToLine(reason)})`,
  packets: ({ seen, told }) => `contient ${seen} paquets ; d’après les événements, il y en avait ${told}`,
  'other-time': ({ packet, at, startedAt, endedAt }) =>
    `est d’un autre moment : son paquet ${packet} est passé à ${at}, et l’exécution a duré de ${startedAt} à ${endedAt}`,
  'no-packets': ({ machine, to }) =>
    `n’a aucun paquet d’une connexion de ${sanitizeToLine(machine)} à ${sanitizeToLine(to)}, que le noyau de ${sanitizeToLine(machine)} a comptée`,
  source: ({ stored, told }) =>
    `n’est pas le fichier de cette exécution : son SHA-256 est ${shortHash(stored)}, d’après les événements c’était ${shortHash(told)}`,
  'page-of-another': () => 'contient un autre enregistrement que celui de cette exécution',
  page: ({ seen, told }) => `montre ${quoted(seen)} ; d’après son enregistrement, c’est ${quoted(told)}`,
  'passed-without': ({ number }) => `dit que l’exécution a réussi, mais l’étape ${number} n’a pas réussi`,
};

const unknowns: TextsOf<Unknown> = {
  'no-hashes': () => 'L’enregistrement n’a pas d’empreintes : il vient d’une version plus ancienne de lab.',
  'no-run-file': () => 'Il n’y a pas de run.json, donc pas d’empreintes.',
  'broke-off': () => 'lab a été arrêté avant la fin de l’exécution : l’enregistrement n’a pas d’empreintes.',
  'output-omitted': ({ files }) =>
    `Plus de texte a été affiché qu’enregistré ; seules leurs empreintes garantissent ces fichiers : ${files.map(sanitizeToLine).join(', ')}.`,
  'other-version': ({ version }) =>
    `L’enregistrement vient de lab ${sanitizeToLine(version)} : seules leurs empreintes garantissent ses journaux.`,
  running: () => 'L’exécution est encore en cours : rien ne lie encore son enregistrement.',
  'page-without': () => 'report.html ne contient pas d’enregistrement : ce qu’elle montre n’est pas comparé.',
  'no-capture': () => 'Il n’y a pas de paquets à comparer.',
  'left-out': ({ files }) =>
    `La page ne contient pas ces fichiers ; rien n’est comparé avec eux, ni ce qu’elle montre : ${files.map(sanitizeToLine).join(', ')}.`,
  'page-of-other': ({ version, node }) =>
    `La page vient de lab ${sanitizeToLine(version)} avec Node.js ${sanitizeToLine(node)} : son enregistrement est comparé, pas ce qu’elle montre.`,
};

const signatures: TextsOf<SignatureState> = {
  unsigned: () => 'Il n’est pas signé.',
  signed: ({ key }) => `Il est signé avec la clé ${key} ; --key permet de savoir à qui elle est.`,
  trusted: ({ key, signer }) =>
    `Il est signé ${signer === undefined ? '' : `par ${sanitizeToLine(signer)} `}avec la clé ${key}.`,
  'other-key': ({ key, wanted }) => `Il est signé avec une autre clé que ${sanitizeToLine(wanted)} : avec ${key}.`,
  wrong: () => 'Sa signature ne convient pas : run.json a été modifié après la signature, ou signé autrement.',
  unreadable: () => 'Sa signature ne peut pas être lue.',
  unchecked: () =>
    'Il a une signature, qui ne peut pas être vérifiée ici : ssh-keygen manque, ou est antérieur à OpenSSH 8.2.',
};

function refuted({ number, problem }: MisfitFacts & { readonly kind: 'step-refuted' }, failure: FailureWords): string {
  return `ne confirme pas que l’étape ${number} a réussi : attendu ${sanitizeToLine(failure.expected(problem.expected))}, mais ${sanitizeToLine(failure.seen(problem))}`;
}

/** Given the words about failed steps. */
export const record = (failure: FailureWords): RecordWords => ({
  doesNotFit: 'L’enregistrement de cette exécution est incohérent',
  misfit: (misfit) =>
    `${placeOf(misfit, 'ligne')} ${misfit.kind === 'step-refuted' ? refuted(misfit, failure) : textOf(facts, misfit)}`,
  unknown: (unknown) => textOf(unknowns, unknown),
  more: (count) => `et ${count} de plus`,
  signature: (signature) => textOf(signatures, signature),
});
