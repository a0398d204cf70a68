import type { PortProtocol } from '../core/listen-port.ts';

/** How a port is looked at. */
export interface LookOptions {
  readonly signal?: AbortSignal | undefined;
  /** What sudo may be given to see or end processes of other users. */
  readonly sudoPassword?: string | undefined;
  /** Default `tcp`. */
  readonly protocol?: PortProtocol | undefined;
  /**
   * `table`: look at sockets only and try no bind(2), for callers that poll. `bound`: sockets that are bound and do not
   * listen, too, still without bind(2). Default `bind`.
   */
  readonly depth?: 'bind' | 'bound' | 'table' | undefined;
}
