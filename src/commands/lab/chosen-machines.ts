import { UsageError } from '../../core/errors.ts';
import { suggestion } from '../../core/text/suggest.ts';
import { say } from '../../core/language/say.ts';
import type { AttachedMachine } from '../../providers/provider.ts';

/** The machines of these names, or all. @throws {UsageError} for a name that none has. */
export function chosenMachines(
  machines: readonly AttachedMachine[],
  names: readonly string[],
): readonly AttachedMachine[] {
  const known = machines.map(({ machine }) => machine.name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new UsageError(say`this lab has no machine "${unknown}"`, {
      code: 'unknown-machine',
      hint: suggestion(unknown, known),
    });
  return names.length === 0 ? machines : machines.filter(({ machine }) => names.includes(machine.name));
}
