import type { ConnectionAttempt, ListeningProgram, WatchedAttempts } from '../../core/connection-attempt.ts';
import type { MeantServer, ToldAttempt } from '../../core/connection-attempt.ts';
import { count, list, object, oneOf, optional, port, text, type Shape } from '../../core/json/shape.ts';

const protocol = oneOf('tcp', 'udp');
const to = object({ address: text, port });

const attempt = object<ConnectionAttempt>({
  machine: text,
  protocol,
  to,
  count,
  refused: count,
  unreachable: count,
  answered: count,
});
export const watchedAttempts = object<WatchedAttempts>({ machines: list(text), attempts: list(attempt) });
export const listeningProgram = object<ListeningProgram>({
  program: text,
  machine: text,
  protocol: optional(oneOf('udp')),
  port,
  addresses: list(text),
});

const server = object<MeantServer>({
  program: text,
  machine: text,
  protocol: optional(oneOf('udp')),
  port,
  addresses: optional(list(text)),
});
export const toldAttempt: Shape<ToldAttempt> = object<ToldAttempt>({
  machine: text,
  protocol,
  to,
  place: oneOf('itself', 'machine', 'gateway', 'absent', 'outside'),
  owner: optional(text),
  outcome: oneOf('refused', 'unreachable', 'unanswered', 'connected', 'sent'),
  refused: count,
  servers: list(server),
});
