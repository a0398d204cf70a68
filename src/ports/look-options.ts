import type { PortProtocol } from './port-report.ts';

/** How a port is looked at. */
export interface LookOptions {
  readonly signal?: AbortSignal | undefined;
  /** What sudo may be given to see or end processes of other users. */
  readonly sudoPassword?: string | undefined;
  /** Default `tcp`. */
  readonly protocol?: PortProtocol | undefined;
  /** `table`: look at sockets only and try no bind(2), for callers that poll. Default `bind`. */
  readonly depth?: 'bind' | 'table' | undefined;
}
