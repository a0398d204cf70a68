/**
 * What a program was doing at one moment, as its machine showed it (room observe). Plain data: it stands in events and in
 * stored runs.
 */
export interface ProgramLook {
  /**
   * All that some thread or child process of it waits for, the telling ones only: a server that waits for a client and
   * for its keyboard has both. Empty when the machine does not show it.
   */
  readonly waits: readonly WaitKind[];
  /** It has set a time limit to what it waits for: it may go on by itself. */
  readonly isTimed?: true;
  /**
   * What the terminal that it reads gives it: a line, with echo or `hidden` (a password), or single `keys`. Undefined
   * when that is unknown.
   */
  readonly entry?: 'line' | 'hidden' | 'keys';
  /** Bytes that were typed at its terminal and that nobody has read. */
  readonly typedUnread: number;
  /** TCP and UDP sockets that it and its child processes have open. */
  readonly sockets: readonly HeldSocket[];
}

/**
 * `busy`: it computes, or prints without end. `background`: it wants to read its terminal, but another process has it.
 * `child`: for the end of a process. `lock`: for another thread. `stopped`: by a signal.
 */
export type WaitKind =
  | 'keyboard'
  | 'accept'
  | 'receive'
  | 'connect'
  | 'send'
  | 'print'
  | 'sleep'
  | 'child'
  | 'lock'
  | 'pipe'
  | 'file'
  | 'signal'
  | 'stopped'
  | 'background'
  | 'busy';

export interface HeldSocket {
  readonly protocol: 'tcp' | 'udp';
  /** As ss(8) names it, in small letters: `listen`, `established`, `syn-sent`, `close-wait`, …; of UDP `unconnected` too. */
  readonly state: string;
  readonly local: SocketEnd;
  /** Undefined for a socket that is connected to nobody. */
  readonly peer?: SocketEnd;
  /** Bytes that have come and that the program has not read; of a listener, connections that it has not accepted. */
  readonly unread: number;
  /** Bytes that the other side has not taken yet. */
  readonly unsent: number;
  /** The program is in a call that waits for this one. */
  readonly isWaitedFor: boolean;
}

/** One end of a socket. */
export interface SocketEnd {
  /** Dotted-decimal, or IPv6 as RFC 5952 has it; an IPv4 address that an IPv6 socket has is dotted-decimal. */
  readonly address: string;
  readonly port: number;
}
