import type { DiagramWords } from './wording.ts';

export const diagram: DiagramWords = {
  title: (client, server) => `Conversation TCP entre ${client} et ${server}`,
  sides: { client: 'client', server: 'serveur' },
  phases: { handshake: 'Ouverture', data: 'Données', close: 'Fermeture' },
  refused: 'refusée (RST)',
  incomplete: 'incomplète dans la capture',
  handshakeIn: (duration) => `SYN, SYN-ACK, ACK en ${duration}`,
  openedAtOnce: (duration) => `les deux ouvrent en même temps, en ${duration}`,
  dataTotals: (client, server) => `le client envoie ${client}, le serveur ${server}`,
  closedBy: (side, kind) => {
    if (side === 'both') return 'les deux ferment en même temps (FIN)';
    const who = side === 'client' ? 'le client' : 'le serveur';
    return kind === 'fin' ? `${who} ferme en premier (FIN)` : `${who} coupe la connexion (RST)`;
  },
  endedByLab: (roles) => `fermée quand lab a arrêté ${roles}`,
  notClosed: 'la capture s’arrête avant',
  folded: (segments) => `${segments} segments, repliés`,
  foldedFrom: (side, segments, bytes) =>
    `${side === 'client' ? 'client' : 'serveur'}\u00a0: ${segments} segments, ${bytes}`,
  foldedMarks: (marks) => `dont\u00a0: ${marks}`,
  pause: (duration) => `${duration} s’écoulent`,
  continued: (part, parts) => `partie ${part} sur ${parts}`,
  truncated: 'tronqué dans la capture',
  programEnd: ({ exitCode, signal }) => `programme terminé (${exitCode ?? signal ?? '?'})`,
  tableCaption: 'Tous les segments sous forme de tableau',
  tableHeads: {
    packet: 'N°',
    time: 'Temps',
    from: 'De',
    words: 'Sur les terminaux',
    states: 'États (client / serveur)',
    remark: 'Remarques',
  },
  tableCut: (shown, all) => `Les ${shown} premiers segments sur ${all}\u202f; capture.pcap les contient tous.`,
};
