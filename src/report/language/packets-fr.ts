import { notations } from './notation.ts';
import { packetWords } from './packet-words.ts';

const { duration } = notations.fr;
const sides = { client: 'client', server: 'serveur' } as const;

/** What a `tcp` step wanted and found, in French. */
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
    payload: ({ side, pattern }) => `${pattern} dans ce que le ${sides[side]} envoie`,
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
  }),
  packet: ({ number, flags, from, afterMs }) =>
    `le paquet ${number} (${flags || 'sans drapeau'} du ${sides[from]}, ${duration(afterMs)} après le premier)`,
  beforeCapture: 'un paquet d’avant la capture',
  colon: ' :',
  semicolon: ' ;',
});

/** `il y en a 7 : a, b, c, …`: the first few of a list that is not empty. */
function thereAre(count: number, first: readonly string[]): string {
  return `il y en a ${count} : ${first.join(', ')}${count > first.length ? ', …' : ''}`;
}
