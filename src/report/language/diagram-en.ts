import type { DiagramWords } from './wording.ts';

export const diagram: DiagramWords = {
  title: (client, server) => `TCP conversation between ${client} and ${server}`,
  sides: { client: 'client', server: 'server' },
  phases: { handshake: 'Handshake', data: 'Data', close: 'Close' },
  refused: 'refused (RST)',
  incomplete: 'not complete in the capture',
  handshakeIn: (duration) => `SYN, SYN-ACK, ACK in ${duration}`,
  openedAtOnce: (duration) => `both open at once, in ${duration}`,
  dataTotals: (client, server) => `client sent ${client}, server sent ${server}`,
  closedBy: (side, kind) =>
    side === 'both'
      ? 'both close at once (FIN)'
      : kind === 'fin'
        ? `the ${side} closes first (FIN)`
        : `the ${side} resets (RST)`,
  endedByLab: (roles) => `closed when lab ended ${roles}`,
  notClosed: 'the capture ends before',
  folded: (segments) => `${segments} segments, folded`,
  foldedFrom: (side, segments, bytes) => `${side}: ${segments} segments, ${bytes}`,
  foldedMarks: (marks) => `among them: ${marks}`,
  pause: (duration) => `${duration} pass`,
  continued: (part, parts) => `part ${part} of ${parts}`,
  truncated: 'cut in the capture',
  programEnd: ({ exitCode, signal }) => `program ended (${exitCode ?? signal ?? '?'})`,
  tableCaption: 'All segments as a table',
  tableHeads: {
    packet: 'No.',
    time: 'Time',
    from: 'From',
    words: 'On the terminals',
    states: 'States (client / server)',
    remark: 'Remarks',
  },
  tableCut: (shown, all) => `The first ${shown} of ${all} segments; capture.pcap holds all.`,
};
