import type { Shell } from '../ssh/shell.ts';

/**
 * Connections that were opened to make the machines, kept for the first caller that needs one: a login costs more than
 * everything else that is done over it.
 */
export class OpenedShells {
  readonly #shells = new Map<string, Shell>();

  keep(shell: Shell): void {
    this.#shells.set(shell.machine, shell);
  }

  /**
   * The connection to this machine, which is then the caller's to close; undefined when there is none, or none any
   * more.
   */
  take(machine: string): Shell | undefined {
    const shell = this.#shells.get(machine);
    this.#shells.delete(machine);
    return shell;
  }

  /** Closes the ones that were not taken. Safe to call twice. */
  async closeAll(): Promise<void> {
    const shells = [...this.#shells.values()];
    this.#shells.clear();
    await Promise.all(shells.map((shell) => shell.close()));
  }
}
