import type { AttemptWords } from '../attempts/attempt-sentence.ts';

export const attempts: AttemptWords = {
  intro: 'Ce que les machines ont aussi essayé d’atteindre, d’après les compteurs de leur noyau\u00a0:',
  none: 'Aucune machine de cette exécution n’a essayé de se connecter à une autre, ni à elle-même.',
  separator: '\u202f; ',
  places: {
    itself: 'elle-même',
    gateway: (network) => `la passerelle de ${network}`,
    absent: 'une adresse du lab qu’aucune machine n’a',
    outside: 'hors du lab',
  },
  tcp: {
    refused: (machine, target, times) =>
      `${machine} a essayé ${target} et a été refusée${times > 1 ? ` (${times} fois)` : ''}`,
    unreachable: (machine, target) => `${machine} a essayé ${target} et a appris qu’aucun chemin n’y mène`,
    unanswered: (machine, target) => `${machine} a essayé ${target} et n’a pas eu de réponse`,
    connected: (machine, target) => `${machine} s’est connectée à ${target}`,
  },
  udp: {
    refused: (machine, target) =>
      `${machine} a envoyé des datagrammes UDP à ${target}, où aucun programme n’a ouvert ce port`,
    unreachable: (machine, target) =>
      `${machine} a envoyé des datagrammes UDP à ${target} et a appris qu’aucun chemin n’y mène`,
    sent: (machine, target) => `${machine} a envoyé des datagrammes UDP à ${target}`,
  },
  nameQuestion: (machine, target) =>
    `${machine} a demandé à ${target} l’adresse d’un nom, et aucun serveur de noms n’y répond\u00a0: est-ce bien le nom ` +
    'd’une machine de lab.yaml\u202f?',
  server: {
    listens: (program, place) => `${program} écoute sur ${place}`,
    loopback: (program, addresses, place) =>
      `${program} n’écoute que sur ${addresses}, donc aucune autre machine n’atteint ${place}`,
    silent: (program, place) => `${program} n’écoute pas sur ${place}`,
    declared: (program, place) => `${program} devrait écouter sur ${place}`,
  },
  datagramServer: {
    opened: (program, place) => `${program} a ouvert ${place} en UDP`,
    loopback: (program, addresses, place) =>
      `${program} n’a ouvert UDP que sur ${addresses}, donc aucune autre machine n’atteint ${place}`,
    silent: (program, place) => `${program} n’a pas ouvert ${place} en UDP`,
    declared: (program, place) => `${program} devrait ouvrir ${place} en UDP`,
  },
  otherProtocol: (machine, used, program, its) => `${machine} a utilisé ${used}, et ${program} utilise ${its}`,
  swapped: (tried, meant) => `${tried}, c’est ${meant} avec ses deux octets inversés\u00a0: il manque htons`,
};
