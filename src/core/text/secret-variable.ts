import { environmentVariables } from '../environment-variables.ts';

export type SecretKind = Extract<(typeof environmentVariables)[number], { readonly secret: true }>['name'];

/**
 * The environment variable that holds a secret for one machine or server: `LAB_SSH_PASSWORD` and `vm-1` make
 * `LAB_SSH_PASSWORD_VM_1`.
 */
export function secretVariable(kind: SecretKind, name: string): string {
  return `${kind}_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`;
}

/** What is set for one wins over what is set for all. */
export function secretFromEnvironment(kind: SecretKind, name: string): string | undefined {
  return process.env[secretVariable(kind, name)] ?? process.env[kind];
}

/** Whether a variable of the environment holds a secret of ours, which no other program is to see. */
export function holdsSecret(variable: string): boolean {
  return environmentVariables
    .filter((known) => 'secret' in known)
    .some(({ name }) => variable === name || variable.startsWith(`${name}_`));
}
