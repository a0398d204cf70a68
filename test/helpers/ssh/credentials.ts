import type { AgentCredential, PasswordCredential } from '../../../src/ssh/login/credential.ts';

/** A password that is known, and tried once. */
export function passwordCredential(password: string): PasswordCredential {
  return { kind: 'password', label: 'password', secret: async () => password, attempts: 1 };
}

/** All keys of the agent at this socket. */
export function agentCredential(socketPath: string): AgentCredential {
  return { kind: 'agent', label: 'agent', socketPath };
}
