import type { Faults, Path } from './faults.ts';
import type { Step } from './steps.ts';

type RoleState = { readonly state: 'running' | 'ended'; readonly line: number };

/**
 * Follows which programs run at each step, as far as the scenario itself tells, and notes what cannot be: acting on a program that was not started,
 * that has ended by an `exit` step, or starting it twice. What a program printed may still be expected after its end.
 */
export class OrderCheck {
  readonly #roles = new Map<string, RoleState>();

  /** `path` gives the place of a role's name or value within the step; steps must come in order. */
  check(step: Step, faults: Faults): void {
    const { line } = step.position;
    switch (step.verb) {
      case 'start':
        for (const role of step.programs) this.#start(role, line, faults);
        break;
      case 'send':
        for (const { role } of step.lines) this.#needsRunning(role, ['send', role], faults);
        break;
      case 'expect':
        for (const { role } of step.patterns) this.#needsStarted(role, ['expect', role], faults);
        break;
      case 'exit':
        for (const { role } of step.ends) {
          this.#needsRunning(role, ['exit', role], faults);
          this.#roles.set(role, { state: 'ended', line });
        }
        break;
      case 'close':
        for (const role of step.roles) this.#needsRunning(role, ['close'], faults);
        break;
      case 'signal':
        for (const { role } of step.signals) this.#needsRunning(role, ['signal', role], faults);
        break;
      case 'wait':
        if (step.until.kind !== 'time') this.#needsRunning(step.until.role, ['wait', step.until.kind], faults);
        break;
      case 'run':
        break;
    }
  }

  #start(role: string, line: number, faults: Faults): void {
    const before = this.#roles.get(role);
    if (before?.state === 'running') {
      faults.add(['start'], role, `"${role}" is started again while it runs since line ${before.line}`, `let it end first: exit: { ${role}: 0 }`);
    }
    this.#roles.set(role, { state: 'running', line });
  }

  #needsStarted(role: string, path: Path, faults: Faults): void {
    if (this.#roles.has(role)) return;
    faults.add(path, role, `"${role}" is not started before this step`, `add "start: ${role}" before it`);
    this.#roles.set(role, { state: 'running', line: 0 });
  }

  #needsRunning(role: string, path: Path, faults: Faults): void {
    this.#needsStarted(role, path, faults);
    const now = this.#roles.get(role);
    if (now?.state === 'ended') faults.add(path, role, `"${role}" has ended in line ${now.line}`, `start it again before this step, or move the step up`);
  }
}
