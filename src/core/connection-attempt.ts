/**
 * What a machine tried to reach over the network, counted by its kernel: one entry for each address and port. What left
 * no packet, because there is no route, is not among it.
 */
export interface ConnectionAttempt {
  readonly machine: string;
  readonly protocol: 'tcp' | 'udp';
  readonly to: {
    /** Dotted-decimal, or IPv6 as RFC 5952 has it. */
    readonly address: string;
    readonly port: number;
  };
  /** SYN segments, or datagrams; those that were sent again are among them. */
  readonly count: number;
  /** Answers that nothing listens there: RST to a SYN, ICMP "port unreachable". */
  readonly refused: number;
  /** Answers that there is no way: other kinds of ICMP "destination unreachable". */
  readonly unreachable: number;
  /** SYN-ACKs; always 0 for UDP, whose answers cannot be told from other datagrams. */
  readonly answered: number;
}

/** What the kernels of the machines have counted so far in a run. */
export interface WatchedAttempts {
  /** The machines that are watched: of the others nothing is known. */
  readonly machines: readonly string[];
  readonly attempts: readonly ConnectionAttempt[];
}

/** Where a program of the lab listened, when it was looked at. */
export interface ListeningProgram {
  readonly program: string;
  readonly machine: string;
  /** Undefined: TCP. */
  readonly protocol?: 'udp' | undefined;
  readonly port: number;
  /** All on which it does; `*` is every IPv4 and IPv6 one. None: it does not listen on that port. */
  readonly addresses: readonly string[];
}

/** An attempt of which a reader should know: it is no ordinary connection to a server of the lab. */
export interface ToldAttempt {
  readonly machine: string;
  readonly protocol: 'tcp' | 'udp';
  readonly to: { readonly address: string; readonly port: number };
  /** `absent`: an address of a network of the lab that no machine has. */
  readonly place: 'itself' | 'machine' | 'gateway' | 'absent' | 'outside';
  /** Name of the machine, or of the network whose gateway it is. */
  readonly owner: string | undefined;
  /** `sent`: nothing came back that says that it did not arrive. */
  readonly outcome: 'refused' | 'unreachable' | 'unanswered' | 'connected' | 'sent';
  /** How often it was refused. */
  readonly refused: number;
  /** The servers that may have been meant. */
  readonly servers: readonly MeantServer[];
}

/** A server of the lab; `addresses` are those on which it listened, undefined when nobody looked. */
export interface MeantServer {
  readonly program: string;
  readonly machine: string;
  /** Undefined: TCP. */
  readonly protocol?: 'udp' | undefined;
  readonly port: number;
  readonly addresses: readonly string[] | undefined;
}
