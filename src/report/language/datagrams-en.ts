import type { Side } from '../../packets/conversation.ts';
import type { IcmpReason } from '../../packets/icmp/icmp-message.ts';
import type { DatagramMark } from '../../packets/udp/datagram-conversation.ts';

/** What is said of UDP and ICMP. Names and numbers are put between backquotes where they are code. */
export const datagrams = {
  heading: 'What UDP did, and what stood on the terminals',
  headingOfNone: 'What went over the network, and what stood on the terminals',
  title: (client: string, server: string) => `UDP datagrams between ${client} and ${server}`,
  numbered: (number: string) => `Datagrams, ${number}`,
  note: 'connectionless: no handshake, no close',
  datagram: 'datagram',
  totals: (client: string, server: string) => `client sent ${client}, server sent ${server}`,
  answers: (number: string, duration: string) => `answers ${number} after ${duration}`,
  marks: {
    lost: 'lost',
    duplicate: 'came twice',
    reordered: 'overtaken',
    fragmented: 'in fragments',
    'wrong-checksum': 'wrong checksum',
  } satisfies Record<DatagramMark, string>,
  unanswered: 'not answered',
  pieces: (count: string) => `${count} fragments`,
  onTheWay: (duration: string) => `${duration} on the way`,
  folded: (count: string) => `${count} datagrams, folded`,
  reasons: {
    network: 'network unreachable',
    host: 'host unreachable',
    protocol: 'protocol unreachable',
    port: 'port unreachable',
    prohibited: 'forbidden by a firewall',
    hops: 'time exceeded: too many hops (TTL)',
    reassembly: 'time exceeded: a fragment is missing',
    other: 'destination unreachable',
  } satisfies Record<IcmpReason, string>,
  tooBig: (mtu: string) => `packet too big: at most ${mtu} bytes`,
  tooBigUnknown: 'packet too big',
  compressed: 'one row a datagram',
  drawn: 'What UDP did meanwhile is drawn at the top, in section 1.',
  drawnBoth: 'What TCP and UDP did meanwhile is drawn at the top, in section 1.',
  tableCaption: 'All datagrams as a table',
  tableHeads: { number: 'Datagram', length: 'Payload', checksum: 'Checksum', answer: 'Answered by' },
  tableCut: (shown: string, all: string) => `The first ${shown} of ${all} datagrams; capture.pcap holds all.`,
  checksums: {
    right: 'right',
    wrong: 'wrong',
    none: 'none',
    offloaded: 'left to the network card',
    unknown: 'not known',
  },
  factTable: 'In numbers',
  facts: {
    datagrams: 'Datagrams sent',
    bytes: 'Payload sent',
    longest: 'Longest datagram',
    fragmented: 'Went in fragments (too long for a network)',
    lost: 'Lost on the way',
    duplicated: 'Came twice',
    reordered: 'Overtaken by later ones',
    refused: 'Refused (ICMP)',
    answered: 'Answered',
    answerTime: 'Answer came after (median)',
    duration: 'From the first to the last',
  },
  notKnown: 'not known',
  oneEnd:
    'The packets were captured at one end only: what was lost on the way to it is not seen, and what was lost behind it ' +
    'is not known.',
  silent: (side: Side) =>
    side === 'client'
      ? 'The server sent no datagram back. UDP does not tell its sender why: nothing may have arrived, nobody may have ' +
        'read it, or the program sends no answers.'
      : 'The client sent nothing.',
  told: {
    lost: (sender: string, number: string, receiver: string) =>
      `datagram ${number} of ${sender} was lost on the way to ${receiver}`,
    unanswered: (sender: string, number: string) => `datagram ${number} of ${sender} was answered by nobody`,
    refused: (reporter: string, target: string) =>
      `${reporter} reported (ICMP): port ${target} unreachable; no program has it open there`,
    unreachable: (reporter: string, target: string, reason: string) =>
      `${reporter} reported (ICMP): ${target}: ${reason}`,
    tooBig: (reporter: string, target: string, reason: string) =>
      `${reporter} reported (ICMP), about a datagram to ${target}: ${reason}; send shorter ones, or let them be cut`,
    truncated: (sender: string, number: string, bytes: string, pieces: string) =>
      `datagram ${number} of ${sender} (${bytes}) went in ${pieces} fragments: when one is lost, all of it is`,
    duplicate: (sender: string, number: string) => `datagram ${number} of ${sender} came twice`,
    reordered: (sender: string, number: string) => `datagram ${number} of ${sender} came after later ones`,
    damaged: (sender: string, number: string) =>
      `datagram ${number} of ${sender} has a wrong checksum: its receiver drops it`,
    tooLong: (role: string) =>
      `${role} said "Message too long" (EMSGSIZE): its system sent nothing of that datagram. One carries at most 65,507 bytes over IPv4 and 65,527 over IPv6; send what is longer in several.`,
    more: (count: string) => `and ${count} more`,
  },
  arp: {
    table: 'ARP: which Ethernet address has an IPv4 address',
    heads: { number: 'Packet', time: 'After', sender: 'From', says: 'Says' },
    request: (wanted: string, asker: string) => `who has ${wanted}? Tell ${asker}`,
    reply: (address: string, link: string) => `${address} is at ${link}`,
    probe: (wanted: string) => `has anybody ${wanted}? (I would like to take it)`,
    announcement: (address: string, link: string) => `to all: ${address} is at ${link}`,
    other: 'neither a question nor an answer',
    omitted: (count: string) => `${count} more messages of ARP are in capture.pcap.`,
  },
  toldIntro: 'What a program does not learn of UDP, the packets tell:',
  omitted: (count: string) => `${count} more exchanges of datagrams are in capture.pcap; they are not drawn.`,
  missing: {
    none: 'The packets of this run were not captured, so what UDP did cannot be shown.',
    unreadable: 'The capture of this run cannot be read, so what UDP did cannot be shown.',
    empty: 'The capture of this run holds no UDP datagram.',
    incomplete:
      'The capture of this run holds no UDP datagram, but it is not complete: whether the programs reached each other ' +
      'is not known.',
  },
  missingBoth: {
    none: 'The packets of this run were not captured, so what went over the network cannot be shown.',
    unreadable: 'The capture of this run cannot be read, so what went over the network cannot be shown.',
    empty: 'The capture of this run holds neither a TCP segment nor a UDP datagram.',
    incomplete:
      'The capture of this run holds neither a TCP segment nor a UDP datagram, but it is not complete: whether the ' +
      'programs reached each other is not known.',
  },
  tiles: {
    datagrams: 'UDP datagrams',
    sent: (client: string, server: string) => `client ${client}, server ${server}`,
    answered: 'answered',
    ofAll: (count: string, all: string) => `${count} of ${all}`,
    lost: 'lost on the way',
    errors: 'ICMP',
  },
  model: {
    client: (program: string, machine: string) =>
      `The program \`${program}\` runs on \`${machine}\`: it is a client. It sends datagrams from a port that its ` +
      'system chooses; it opens no connection.',
    mode:
      'The programs talk over UDP, in connectionless mode (`SOCK_DGRAM`): there is no handshake and no close, and each ' +
      'datagram is on its own. It arrives whole or not at all, perhaps twice, perhaps after later ones; nothing tells ' +
      'its sender. What must arrive, the programs have to confirm and repeat themselves.',
    callsTable: 'From calls to datagrams',
    calls: {
      heads: ['Server', 'Client', 'On the wire'],
      rows: [
        ['`socket` `bind`', '`socket`', 'nothing'],
        ['`recvfrom` waits', '`sendto`', 'a datagram'],
        ['`sendto`, to the address that `recvfrom` gave', '`recvfrom`, with a timeout', 'a datagram, or none'],
        ['`close`', '`close`', 'nothing: the other side does not learn of it'],
      ],
    },
    table: 'Exchanges of datagrams of this run',
    heads: {
      number: 'No.',
      client: 'Client',
      server: 'Server',
      start: 'Began after',
      sent: 'Client / server sent',
      answered: 'Answered',
      lost: 'Lost',
    },
    cut: (shown: string, all: string) => `The first ${shown} of ${all} exchanges.`,
  },
  end:
    'UDP closes nothing: when a program ends, no packet says so. A datagram to a port that nobody has any more is ' +
    'answered, at best, by ICMP "port unreachable".',
};

export type DatagramWords = typeof datagrams;
