import { joinAddress } from '../core/socket-address.ts';
import type { AttachedMachine } from '../providers/provider.ts';
import { overShell } from '../ssh/over-shell.ts';
import type { Command, Shell } from '../ssh/shell.ts';

/**
 * Lets programs name the machines of the lab where these do not know each other by name, as on machines that lab did
 * not make and whose /etc/hosts is not ours to write: a word of a command that is such a name, alone or before a port
 * (`vm1`, `vm1:7999`), becomes the address. Scripts stay as they are.
 */
export function withPeerNames(
  shells: ReadonlyMap<string, Shell>,
  machines: readonly AttachedMachine[],
): ReadonlyMap<string, Shell> {
  const unknown = new Map(machines.map(({ machine, facts }) => [machine.name, facts?.unknownNames ?? {}]));
  return new Map([...shells].map(([name, shell]) => [name, translated(shell, unknown.get(name) ?? {})]));
}

function translated(shell: Shell, addresses: Readonly<Record<string, string>>): Shell {
  if (Object.keys(addresses).length === 0) return shell;
  return overShell(shell, {
    exec: (command, options) => shell.exec(translate(command, addresses), options),
    start: (command, options) => shell.start(translate(command, addresses), options),
  });
}

function translate(command: Command, addresses: Readonly<Record<string, string>>): Command {
  if ('script' in command) return command;
  return command.map((word) => {
    const [, name = '', port] = /^([^:]+)(?::(\d+))?$/.exec(word) ?? [];
    const address = Object.hasOwn(addresses, name) ? addresses[name] : undefined;
    if (address === undefined) return word;
    return port === undefined ? address : joinAddress(address, Number(port));
  });
}
