export type PortProtocol = 'tcp' | 'udp';

/** A port that a program is expected to have open: where it listens for connections (TCP), or gets datagrams (UDP). */
export interface ListenPort {
  readonly protocol: PortProtocol;
  readonly port: number;
  /** The program opens it only when it needs it: no start waits for it. */
  readonly later?: true;
}

/** A port as records have it: without a protocol it is one of TCP. */
export interface NamedPort {
  readonly protocol?: PortProtocol | undefined;
  readonly port: number;
}

/** As it stands in records and in the documents of `--json`, and as the lab file has it: of TCP the number alone. */
export type WrittenPort = number | `${number}/udp`;

export function writtenPort({ protocol, port }: NamedPort): WrittenPort {
  return protocol === 'udp' ? `${port}/udp` : port;
}

/** The port that is written so, in a record for example. */
export function listenPort(written: WrittenPort | ListenPort): ListenPort {
  if (typeof written === 'object') return written;
  return typeof written === 'number'
    ? { protocol: 'tcp', port: written }
    : { protocol: 'udp', port: Number.parseInt(written, 10) };
}

/** `7999`, `5353/udp`: how a command line names the port. */
export function portText(port: NamedPort): string {
  return String(writtenPort(port));
}

/** What tells a port of UDP apart in records, where those of TCP are as they always were. */
export function protocolField({ protocol }: Pick<NamedPort, 'protocol'>): { protocol?: 'udp' } {
  return protocol === 'udp' ? { protocol } : {};
}

/** The numbers of the ports of this protocol. */
export function portsOf(protocol: PortProtocol, listens: readonly ListenPort[]): number[] {
  return listens.flatMap((one) => (one.protocol === protocol ? [one.port] : []));
}

/** Whether these ports have the one of this protocol and number. */
export function hasPort(listens: readonly ListenPort[], { protocol = 'tcp', port }: NamedPort): boolean {
  return listens.some((one) => one.protocol === protocol && one.port === port);
}
