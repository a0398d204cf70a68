import type { Side } from '../../packets/conversation.ts';
import type { CaptureFlaw } from '../../core/capture-facts.ts';
import type { WrittenPort } from '../../core/listen-port.ts';
import type { Pace } from '../terminals/pace.ts';

/**
 * The words of a report. Names and numbers are put between backquotes where they are code. Other languages have the
 * same fields.
 */
export const report = {
  htmlLang: 'en',
  title: (lab: string) => `Lab report: ${lab}`,
  heading: {
    author: 'Author',
    authors: 'Authors',
    group: 'Group',
    course: 'Course',
    date: 'Date',
    scenario: 'Scenario',
    parameters: 'Parameters',
    run: 'Run',
    result: 'Result',
    notGiven: 'not given (lab.yaml, report)',
  },
  results: {
    passed: 'passed',
    failed: 'failed',
    broken: 'broke off',
    interrupted: 'interrupted',
    running: 'never ended',
  },
  summary: 'At a glance',
  tiles: {
    steps: (passed: string, all: string) => `${passed} of ${all} steps passed`,
    notReached: (count: string) => `${count} not reached`,
    noSteps: 'no step was played',
    port: (port: WrittenPort, machine: string) => `port ${port} of ${machine}`,
    portStates: {
      free: 'free before the start',
      busy: 'held by another process',
      'time-wait': 'free before the start (TIME_WAIT)',
    },
    handshake: 'three-way handshake',
    handshakeDone: (duration: string) => `complete in ${duration}`,
    handshakeMissing: 'not complete in the capture',
    handshakeRefused: 'refused (RST)',
    close: 'close',
    noClose: 'not in the capture',
    retransmissions: 'retransmissions',
    connections: 'TCP connections',
    capture: 'capture',
    exit: (role: string) => `end of ${role}`,
  },
  sections: {
    glance: 'At a glance',
    architecture: 'Architecture',
    model: 'Client–server model',
    programs: 'Programs',
    port: 'Port check',
    server: 'Server',
    client: 'Client',
    exchange: 'Exchange in both directions',
    end: 'End of the session',
    checks: 'Checks',
    files: 'Files and their hashes',
  },
  architecture: {
    intro: (lab: string, machines: string, networks: string) =>
      `The lab \`${lab}\` has ${machines}${networks === '' ? '' : `, on ${networks}`}.`,
    machines: (count: number) => (count === 1 ? 'one machine' : `${count} machines`),
    networks: (names: readonly string[]) =>
      names.length === 1 ? `the network ${names[0]}` : `${names.length} networks: ${names.join(', ')}`,
    figure: 'Topology: networks, machines, addresses and programs',
    machineHeads: {
      machine: 'Machine',
      user: 'User',
      interface: 'Interface',
      address: 'Address',
      network: 'Network',
      system: 'System',
      kernel: 'Kernel',
    },
    machineTable: 'Machines',
    networkHeads: { network: 'Network', subnet: 'Subnet', gateway: 'Gateway', nat: 'Address translation (NAT)' },
    networkTable: 'Networks',
    versionTable: 'Versions',
    versionHeads: { what: 'What', version: 'Version' },
    provider: (name: string) => `provider \`${name}\``,
    outside: 'host, Internet',
    router: 'router',
    yes: 'yes',
    no: 'no',
    unknown: 'not known',
    notDescribed:
      'This run does not tell what the lab looked like: an older version of `lab` made it, or it ended at its start.',
  },
  model: {
    server: (program: string, machine: string, ports: string) =>
      `The program \`${program}\` runs on \`${machine}\` and listens on TCP port ${ports}: it is the server. It ` +
      'waits for others to connect (passive open).',
    client: (program: string, machine: string) =>
      `The program \`${program}\` runs on \`${machine}\`: it is a client. It opens the connection (active open), ` +
      'from a port that its system chooses.',
    datagramServer: (program: string, machine: string, ports: string) =>
      `The program \`${program}\` runs on \`${machine}\` and has UDP port ${ports}: it is the server. It waits for ` +
      'datagrams, from whoever sends them.',
    noServer: 'No program of this run declares a port on which it listens.',
    mode:
      'The programs talk over TCP, in connected mode (`SOCK_STREAM`): a connection is set up first; then bytes ' +
      'travel both ways, in order and without loss; at the end each side closes its direction. TCP carries a ' +
      'stream of bytes and knows no messages: where a message ends is agreed between the programs.',
    callsTable: 'From calls to segments',
    calls: {
      heads: ['Server', 'Client', 'On the wire', 'State'],
      rows: [
        ['`socket` `bind` `listen`', '', '', 'server: LISTEN'],
        ['`accept` waits', '`socket` `connect`', 'SYN, SYN-ACK, ACK', 'both: ESTABLISHED'],
        ['`recv`, `send`', '`send`, `recv`', 'data and acknowledgements', 'both: ESTABLISHED'],
        ['`close`', '`close`', 'FIN and ACK, in each direction', 'TIME-WAIT where the first FIN came from'],
      ],
    },
    connectionTable: 'Connections of this run',
    connectionHeads: {
      number: 'No.',
      client: 'Client',
      server: 'Server',
      start: 'Began after',
      duration: 'Duration',
      sent: 'Client / server sent',
      close: 'Close',
    },
    connectionsCut: (shown: string, all: string) => `The first ${shown} of ${all} connections.`,
  },
  programs: {
    intro: (program: string, machine: string) => `\`${program}\`, on \`${machine}\``,
    command: 'Command',
    build: 'Build',
    runtime: 'Runtime',
    fileTable: 'Files',
    fileHeads: { file: 'File', kind: 'Kind', size: 'Size', hash: 'SHA-256' },
    kinds: { sent: 'ran on the machine', source: 'source of the build' },
    notShown: (file: string) => `\`${file}\` is no text, or too large to be shown.`,
    demo: {
      server: (source: string) =>
        `The file says that it is the demo server that \`lab init\` writes, compiled from \`${source}\` of lab. Its text is folded.`,
      client: (source: string) =>
        `The file says that it is the demo client that \`lab init\` writes, compiled from \`${source}\` of lab. Its text is folded.`,
    },
    unlisted: (count: string) => `${count} more files are not listed.`,
    none: 'This run has no programs, or does not tell them.',
    omitted: (bytes: string, file: string) => `${bytes} are left out here; the whole is in ${file}`,
  },
  port: {
    free: (port: WrittenPort, machine: string) => `Port ${port} of \`${machine}\` is free: the server can take it.`,
    busy: (port: WrittenPort, machine: string) => `Port ${port} of \`${machine}\` is held by another process.`,
    inUse: (port: WrittenPort, machine: string) =>
      `Port ${port} of \`${machine}\` is in use, though nobody listens: a server would get ` +
      '"Address already in use" (EADDRINUSE).',
    timeWait: (port: WrittenPort, machine: string) =>
      `Port ${port} of \`${machine}\` is free; connections that ended lately are still remembered (TIME_WAIT). ` +
      'That is no process, and there is nothing to end.',
    freed: (port: WrittenPort, machine: string, holders: string, signal: string) =>
      `The process that held port ${port} of \`${machine}\` was ended with the signal ${signal}: ${holders}.`,
    holderTable: 'Who held it',
    holderHeads: { process: 'Process', pid: 'PID', user: 'User', address: 'Address', since: 'Since' },
    at: (time: string) => `seen ${time}`,
    raw: 'Socket table of the machine (ss)',
    nothing: '(prints nothing: nobody has this port open)',
    none: 'No port was checked in this run: no program with a port was started.',
  },
  terminals: {
    serverIntro: (role: string, machine: string, user: string) =>
      `The terminal of \`${role}\` on \`${machine}\`${user === '' ? '' : `, as the user \`${user}\` saw it`}:`,
    neverStarted: (role: string) => `\`${role}\` was never started in this run.`,
    empty: 'It showed nothing.',
    none: 'No program of this kind took part in this run.',
    end: (status: string) => `End: ${status}.`,
    omitted: (bytes: string, file: string) => `${bytes} are left out here; the whole is in ${file}`,
    notStored: (role: string, bytes: string) =>
      `\`${role}\` printed more than there was room for: ${bytes} of its output were not stored. Its beginning ` +
      'and its end are there.',
  },
  exchange: {
    players: 'Both terminals, to be played again',
    playBoth: 'Play both',
    pause: 'Pause',
    restart: 'From the start',
    speed: 'Speed',
    recordingCut: (role: string, file: string) => `The recording of \`${role}\` is cut here; the whole is in ${file}.`,
    paces: {
      real: 'In real time; waits of more than 2 s are shortened to 2 s.',
      readable: 'The order is that of the run; its times are stretched so that it can be followed.',
    } satisfies Record<Pace, string>,
    noScript: 'The players need JavaScript; the same terminals stand above as text.',
    session: 'Both terminals in one, in order',
    drawn: 'What TCP did meanwhile is drawn at the top, in section 1.',
    diagramTitle: (number: string) => `Connection ${number}`,
    diagram: 'What TCP did, and what stood on the terminals',
    compressed: 'one row a segment',
    scale: 'time to scale',
    factTable: 'In numbers',
    facts: {
      isn: 'Initial sequence numbers',
      options: 'Options of the SYN',
      handshake: 'Handshake',
      sent: 'Payload sent',
      packets: 'Segments',
      retransmissions: 'Retransmissions',
      roundTrip: 'Acknowledged after (median)',
      duration: 'Duration',
    },
    omitted: (count: string) => `${count} more connections are in capture.pcap; they are not drawn.`,
    missing: {
      none: 'The packets of this run were not captured, so what TCP did cannot be shown.',
      unreadable: 'The capture of this run cannot be read, so what TCP did cannot be shown.',
      empty: 'The capture of this run holds no TCP segment.',
      incomplete:
        'The capture of this run holds no TCP segment, but it is not complete: whether the programs reached each ' +
        'other is not known.',
    },
    oneSided:
      'The capture has segments of one side only: the other side never answered, or its answers took another way.',
  },
  end: {
    fin: {
      client: 'The client closes first: its FIN is the first on the wire.',
      server: 'The server closes first: its FIN is the first on the wire.',
      both: 'Both close at once: each sends its FIN before it has that of the other, and the two cross on the wire.',
    } satisfies Record<Side | 'both', string>,
    states: (client: string, server: string) => `States on the way: client ${client}; server ${server}.`,
    timeWait: {
      client: (port: number) => `TIME-WAIT stays on the client's side, so port ${port} of the server is free at once.`,
      server: (port: number) =>
        `TIME-WAIT stays on the server's side, where it keeps port ${port} for about a minute, unless the next ` +
        'server sets `SO_REUSEADDR`.',
      both: (port: number) =>
        `TIME-WAIT stays on both sides; on that of the server it keeps port ${port} for about a minute, unless ` +
        'the next server sets `SO_REUSEADDR`.',
    } satisfies Record<Side | 'both', (port: number) => string>,
    incomplete: 'The capture does not show the end of it: not both FINs were acknowledged.',
    rst: (side: Side) =>
      `The connection does not end in good order: the ${side} resets it (RST), and what was on its way is lost. ` +
      'Mostly that is a program that closes, or ends, before it has read all that has come.',
    refused:
      "No connection came to be: the server's machine refused it (RST), as it does where nothing listens at that " +
      'address and port.',
    endedByLab: (roles: string) =>
      `No program closed this connection: \`lab\` ended ${roles} at the end of the run, and the system closed it then.`,
    unanswered: 'No connection came to be: nothing answered the SYN.',
    unopened: 'No connection came to be before the capture ended: its handshake is not complete.',
    open: 'The capture ends before the connection is closed.',
    halfClose: (side: Side, bytes: string) =>
      `After its FIN the ${side} still received ${bytes}: one direction was closed, the other was not (half-close).`,
    connection: (number: string) => `Connection ${number}:`,
    noCapture: 'Without a capture only the ends of the programs are known.',
    table: 'How the programs ended',
    heads: { program: 'Program', machine: 'Machine', status: 'End' },
  },
  checks: {
    intro: (scenario: string, passed: string, all: string) =>
      `The scenario \`${scenario}\` has been played; ${passed} of ${all} steps passed.`,
    table: 'Steps of the scenario',
    heads: { number: 'No.', line: 'Line', step: 'Step', result: 'Result', time: 'Time' },
    results: { passed: 'passed', failed: 'failed', skipped: 'skipped', running: 'not ended' },
    notReached: 'not reached',
    reason: 'Why it did not pass',
    none: 'No step was played.',
    cut: (shown: string, all: string) => `The first ${shown} of ${all} steps.`,
    notices: 'Remarks made during the run',
  },
  files: {
    intro:
      'SHA-256 of every file of the run folder: who has the folder can verify that nothing was changed ' +
      'afterwards (`sha256sum`).',
    heads: { file: 'File', size: 'Size', hash: 'SHA-256' },
    labFile: 'of the lab, when the run began',
    cut: (shown: string, all: string) => `The first ${shown} of ${all} files.`,
  },
  capture: {
    places: (where: string, isOne: boolean) =>
      `The packets were captured on ${where}; times are those of ${isOne ? 'that machine' : 'these machines, whose clocks were compared'}.`,
    gap: (where: string, time: string) =>
      `The capture on ${where} ended early, at ${time}: what came later is missing.`,
    neverCaptured: (where: string) => `Nothing could be captured on ${where}.`,
    flaws: {
      lost: (count: string) => `${count} packets are missing in the capture: the machine was too busy to keep them.`,
      full: (_count: string) => 'The capture was full before the run ended: what came later is missing.',
      'cut-short': (_count: string) => 'The capture ends in the middle of a packet.',
      truncated: (count: string) => `Of ${count} packets the capture holds only the beginning.`,
      malformed: (count: string) => `${count} damaged packets could not be read.`,
      fragments: (count: string) => `${count} fragments of IP packets could not be read.`,
    } satisfies Record<CaptureFlaw['kind'], (count: string) => string>,
  },
  contents: 'Contents',
  linesMore: (count: string) => `${count} more lines, which are not printed`,
  made: (version: string, date: string) =>
    `Made by lab ${version} on ${date}. Everything stands in this file; it loads nothing.`,
  statuses: {
    exit: (code: number) => `ended with status ${code}`,
    signal: (name: string) => `ended by signal ${name}`,
    running: 'was still running',
    'not started': 'never started',
    unknown: 'ended; its status is not known',
  },
};

export type ReportWords = typeof report;
