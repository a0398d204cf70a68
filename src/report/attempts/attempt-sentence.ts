import type { MeantServer, ToldAttempt } from '../../core/connection-attempt.ts';

/** What is said of connection attempts. `target`: a socket, and whose it is; `place`: `vm1:7999`. No full stops. */
export interface AttemptWords {
  /** With its full stop or colon. */
  readonly intro: string;
  readonly none: string;
  /** Between the parts of a sentence. */
  readonly separator: string;
  readonly places: {
    readonly itself: string;
    readonly gateway: (network: string) => string;
    readonly absent: string;
    readonly outside: string;
  };
  readonly tcp: {
    readonly refused: (machine: string, target: string, times: number) => string;
    readonly unreachable: (machine: string, target: string) => string;
    readonly unanswered: (machine: string, target: string) => string;
    readonly connected: (machine: string, target: string) => string;
  };
  readonly udp: {
    readonly refused: (machine: string, target: string) => string;
    readonly unreachable: (machine: string, target: string) => string;
    readonly sent: (machine: string, target: string) => string;
  };
  /** Of servers that get datagrams. */
  readonly datagramServer: {
    readonly opened: (program: string, place: string) => string;
    readonly loopback: (program: string, addresses: string, place: string) => string;
    readonly silent: (program: string, place: string) => string;
    readonly declared: (program: string, place: string) => string;
  };
  /** The server has the other protocol. */
  readonly otherProtocol: (machine: string, used: string, program: string, its: string) => string;
  readonly nameQuestion: (machine: string, target: string) => string;
  readonly server: {
    readonly listens: (program: string, place: string) => string;
    readonly loopback: (program: string, addresses: string, place: string) => string;
    readonly silent: (program: string, place: string) => string;
    readonly declared: (program: string, place: string) => string;
  };
  /** The port that was tried has the bytes of the one that was meant, in the order of the host. */
  readonly swapped: (tried: number, meant: number) => string;
}

const NAME_SERVER_PORT = 53;

/** An attempt and the server that may have been meant, as one sentence without its full stop. */
export function attemptSentence(attempt: ToldAttempt, words: AttemptWords): string {
  const target = targetOf(attempt, words);
  const { machine, protocol } = attempt;
  const isOfLab = attempt.servers.some((server) => server.protocol === 'udp' && server.port === NAME_SERVER_PORT);
  if (isNameQuestion(attempt) && !isOfLab) return words.nameQuestion(machine, target);
  const happened = protocol === 'udp' ? datagramsText(attempt, target, words) : connectionText(attempt, target, words);
  const servers = attempt.servers.map((server) =>
    (server.protocol ?? 'tcp') === protocol
      ? serverText(server, words)
      : words.otherProtocol(machine, protocol.toUpperCase(), server.program, (server.protocol ?? 'tcp').toUpperCase()),
  );
  const meant = attempt.servers.find(({ port }) => port !== attempt.to.port && port === swapped(attempt.to.port));
  const order = meant === undefined ? [] : [words.swapped(attempt.to.port, meant.port)];
  return [happened, ...servers, ...order].join(words.separator);
}

function datagramsText({ machine, outcome }: ToldAttempt, target: string, { udp }: AttemptWords): string {
  return outcome === 'refused' || outcome === 'unreachable' ? udp[outcome](machine, target) : udp.sent(machine, target);
}

function connectionText({ machine, outcome, refused }: ToldAttempt, target: string, { tcp }: AttemptWords): string {
  return outcome === 'refused'
    ? tcp.refused(machine, target, refused)
    : tcp[outcome === 'sent' ? 'unanswered' : outcome](machine, target);
}

/** A port number with its two bytes exchanged: what a missing htons(3) makes of it. */
function swapped(port: number): number {
  return ((port & 0xff) << 8) | (port >> 8);
}

/** `vm1:7998`, `127.0.0.1:7999 (itself)`. */
function targetOf({ to: { address, port }, place, owner }: ToldAttempt, words: AttemptWords): string {
  if (place === 'machine') return `${owner}:${port}`;
  const socket = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  return `${socket} (${place === 'gateway' ? words.places.gateway(owner ?? '') : words.places[place]})`;
}

function serverText({ program, machine, protocol, port, addresses }: MeantServer, words: AttemptWords): string {
  const place = `${machine}:${port}`;
  const { declared, silent, loopback } = protocol === 'udp' ? words.datagramServer : words.server;
  if (addresses === undefined) return declared(program, place);
  if (addresses.length === 0) return silent(program, place);
  if (addresses.every(isLoopback)) return loopback(program, addresses.join(', '), place);
  return protocol === 'udp' ? words.datagramServer.opened(program, place) : words.server.listens(program, place);
}

/** Whether it was a question to a name server. */
export function isNameQuestion({ protocol, to }: Pick<ToldAttempt, 'protocol' | 'to'>): boolean {
  return protocol === 'udp' && to.port === NAME_SERVER_PORT;
}

export function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}
