import type { CountRange, DatagramErrorName, DatagramName } from '../../core/packet-problem.ts';
import { notations } from './notation.ts';
import { packetWords } from './packet-words.ts';

const { duration } = notations.fr;
const sides = { client: 'client', server: 'serveur' } as const;

/** What a `tcp` or `udp` step wanted and found, in French. */
export const packets = packetWords({
  wish: {
    connections: ({ count }) => (count < 2 ? `${count} connexion` : `${count} connexions`),
    'no-connection': () => 'qu’aucune connexion ne s’établisse',
    handshake: () => 'une ouverture complète',
    close: ({ by, how }) => {
      if (how === 'open') return 'que la connexion soit encore ouverte';
      const kind = how === undefined ? '' : ` avec ${how.toUpperCase()}`;
      if (by === 'both') return `que la connexion soit fermée par les deux en même temps${kind}`;
      return `que la connexion soit fermée${by === undefined ? '' : ` d’abord par le ${sides[by]}`}${kind}`;
    },
    reset: ({ by }) => (by === 'none' ? 'aucun RST' : by === 'any' ? 'un RST' : `un RST du ${sides[by]}`),
    retransmissions: ({ count }) => {
      if (count === 'some') return 'au moins une retransmission';
      return count === 0 ? 'aucune retransmission' : `${count} retransmission${count === 1 ? '' : 's'}`;
    },
    'zero-windows': ({ count }) => {
      if (count === 'some') return 'au moins un segment avec une fenêtre de 0 octet';
      return `${count === 0 ? 'aucun segment' : `${count} segment${count === 1 ? '' : 's'}`} avec une fenêtre de 0 octet`;
    },
    payload: ({ side, pattern }) => `${pattern} dans ce que le ${sides[side]} envoie`,
    datagrams: ({ side, count }) => ranged(count, ['datagramme', 'datagrammes'], ` du ${sides[side]}`),
    answered: ({ count }) => ranged(count, ['datagramme', 'datagrammes'], ' du client avec réponse'),
    'datagram-fate': ({ fate, count }) => ranged(count, ['datagramme', 'datagrammes'], fates[fate]),
    unreachable: ({ count }) => ranged(count, ['erreur ICMP', 'erreurs ICMP'], ' au sujet de datagrammes', 'aucune'),
  },
  found: (packet) => ({
    nobody: () => 'la capture n’a aucune connexion',
    connections: ({ count, first }) =>
      thereAre(
        count,
        first.map(({ end, packet: number }) => `de ${end} (paquet ${number})`),
      ),
    connected: ({ end, packet: name }) => `${end} s’est connecté : ${packet(name)} termine l’ouverture`,
    refused: ({ place, packet: name }) => `${packet(name)} refuse la connexion, comme si rien n’écoutait sur ${place}`,
    unanswered: ({ lacks, packet: name }) => `aucun ${lacks} ne suit ${packet(name)}`,
    open: ({ packet: name }) => `elle est encore ouverte après ${packet(name)}`,
    ended: ({ packet: name }) => `${packet(name)} y met fin`,
    'ended-by-both': ({ packet: name, other }) =>
      `${packet(name)} croise ${packet(other)} : les deux y mettent fin en même temps`,
    'no-fin': ({ side, packet: name }) => `le ${sides[side]} n’a pas envoyé de FIN après ${packet(name)}`,
    'fin-not-acknowledged': ({ packet: name }) => `les deux FIN ne sont pas tous deux acquittés après ${packet(name)}`,
    packet: ({ packet: name, isOnly }) => `il y a ${isOnly ? 'seulement ' : ''}${packet(name)}`,
    none: () => 'il n’y en a pas',
    packets: ({ count, first }) => thereAre(count, first.map(packet)),
    'sent-nothing': ({ side }) => `le ${sides[side]} n’a rien envoyé`,
    sent: ({ firstPacket: first, lastPacket: last, text, isCutBefore, isCutAfter }) => {
      const where = first === last ? `le paquet ${first} a` : `les paquets ${first} à ${last} ont`;
      return `${where} transporté ${isCutBefore ? '…' : ''}${JSON.stringify(text)}${isCutAfter ? '…' : ''}`;
    },
    'no-datagrams': () => 'la capture n’a aucun datagramme',
    datagrams: ({ count, first }) => thereAre(count, first.map(datagram)),
    answered: ({ count, of, unanswered }) =>
      `${count} datagramme${count < 2 ? '' : 's'} sur ${of} ${count < 2 ? 'a' : 'ont'} eu une réponse` +
      (unanswered.length === 0 ? '' : ` ; aucune réponse ne suit ${unanswered.map(datagram).join(', ')}`) +
      (of - count > unanswered.length ? ', …' : ''),
    'datagram-errors': ({ count, first }) =>
      thereAre(
        count,
        first.map(
          ({ packet: number, by, reason, place }) => `le paquet ${number} (ICMP de ${by} : ${reasons[reason](place)})`,
        ),
      ),
  }),
  packet: ({ number, flags, from, afterMs }) =>
    `le paquet ${number} (${flags || 'sans drapeau'} du ${sides[from]}, ${duration(afterMs)} après le premier)`,
  beforeCapture: 'un paquet d’avant la capture',
  colon: ' :',
  semicolon: ' ;',
});

const fates = {
  lost: ' sans arrivée',
  duplicated: ' en double',
  reordered: ' hors de l’ordre',
  fragmented: ' en fragments',
} as const;

const reasons = {
  network: (place) => `aucun chemin ne mène à ${place}`,
  host: (place) => `la machine de ${place} ne répond pas`,
  protocol: (place) => `il n’y a pas d’UDP à ${place}`,
  port: (place) => `aucun programme n’a le port UDP ${place}`,
  prohibited: (place) => `un pare-feu interdit ${place}`,
  hops: (place) => `il y a trop de routeurs sur le chemin de ${place}`,
  reassembly: (place) => `un fragment pour ${place} n’est pas arrivé`,
  other: (place) => `${place} n’a pas été atteint`,
} as const satisfies Record<DatagramErrorName['reason'], (place: string) => string>;

/** `le paquet 3 (12 octets du client, 1,5 ms après le premier)`. */
function datagram({ number, from, length, afterMs }: DatagramName): string {
  const bytes = `${length} octet${length < 2 ? '' : 's'}`;
  return `le paquet ${number} (${bytes} du ${sides[from]}, ${duration(afterMs)} après le premier)`;
}

/** `au moins 8 datagrammes du client`. */
function ranged(
  { least, most }: CountRange,
  [one, many]: readonly [string, string],
  of: string,
  none = 'aucun',
): string {
  const counted = (count: number): string => `${count} ${count < 2 ? one : many}`;
  if (most === 0) return `${none} ${one}${of}`;
  if (least === most) return `${counted(least)}${of}`;
  if (most === undefined) return `au moins ${counted(least)}${of}`;
  return least === 0 ? `au plus ${counted(most)}${of}` : `de ${least} à ${counted(most)}${of}`;
}

/** `il y en a 7 : a, b, c, …`: the first few of a list that is not empty. */
function thereAre(count: number, first: readonly string[]): string {
  return `il y en a ${count} : ${first.join(', ')}${count > first.length ? ', …' : ''}`;
}
