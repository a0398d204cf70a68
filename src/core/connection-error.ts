import { EnvironmentError } from './errors.ts';

/** The connection to a machine could not be made or was lost; told apart from a command that failed. Exit code 3. */
export class ConnectionError extends EnvironmentError {
  readonly machine: string;

  constructor(machine: string, message: string, parts: ConstructorParameters<typeof EnvironmentError>[1]) {
    super(message, parts);
    this.machine = machine;
  }
}
