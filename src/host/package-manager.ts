import { findOnHost } from './tools.ts';

/** The command of the package manager that this host has; of the first one where it has none of them. */
export function commandOfManager(commands: readonly (readonly [manager: string, command: string])[]): string {
  return (commands.find(([manager]) => findOnHost(manager) !== undefined) ?? commands[0]!)[1];
}
