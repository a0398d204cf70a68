import { listenPort, type ListenPort } from '../../core/listen-port.ts';
import type { ReportData, ReportTerminal } from '../report-data.ts';
import type { RoleDocument } from '../run/run-summary.ts';

/** A role of the run with all that is known of it. */
export interface RunRole {
  readonly role: RoleDocument;
  readonly terminal: ReportTerminal | undefined;
  readonly listens: readonly ListenPort[];
}

/** The roles of a run, those that serve apart from those that connect. */
export interface RolesBySide {
  readonly servers: readonly RunRole[];
  readonly clients: readonly RunRole[];
}

/**
 * Who serves: it declares a port, or the capture shows that others came to it; without either, a role that is called
 * so.
 */
export function rolesBySide({ run, lab, terminals, capture }: ReportData): RolesBySide {
  const members = run.roles.map((role): RunRole => ({
    role,
    terminal: terminals.find((terminal) => terminal.role === role.role),
    listens: lab?.programs.find(({ name }) => name === role.role)?.listens.map(listenPort) ?? [],
  }));
  const serving = new Set([...capture.conversations, ...capture.datagrams].map(({ serverRole }) => serverRole));
  const isServer = ({ role, listens }: RunRole): boolean =>
    listens.length > 0 || serving.has(role.role) || (lab === undefined && serving.size === 0 && role.role === 'server');
  return { servers: members.filter(isServer), clients: members.filter((member) => !isServer(member)) };
}
