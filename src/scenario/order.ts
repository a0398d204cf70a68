import type { Path } from '../lab/problem.ts';
import type { StepProblems } from './step-problems.ts';
import type { Step } from './steps.ts';

interface Place {
  readonly at: 'key' | 'value';
  readonly path: Path;
}

/** `assumed`: it was never started, which is told once. */
type RoleState = { readonly state: 'running' | 'ended'; readonly line: number } | { readonly state: 'assumed' };

/**
 * Follows which programs run at each step, as far as the scenario itself tells, and notes what cannot be: acting on a program that was not started,
 * that has ended by an `exit` step, or starting it twice. What a program printed may still be expected after its end.
 */
export class OrderCheck {
  readonly #roles = new Map<string, RoleState>();

  /** Steps must come in order. */
  check(step: Step, problems: StepProblems): void {
    const { line } = step.position;
    switch (step.verb) {
      case 'start':
        for (const role of step.programs) this.#start(role, line, problems);
        break;
      case 'send':
        for (const { role } of step.lines) this.#needsRunning(role, keyOf('send', role), problems);
        break;
      case 'expect':
        for (const { role } of step.patterns) this.#needsStarted(role, keyOf('expect', role), problems);
        break;
      case 'exit':
        for (const { role } of step.ends) {
          this.#needsRunning(role, keyOf('exit', role), problems);
          this.#roles.set(role, { state: 'ended', line });
        }
        break;
      case 'close':
        for (const role of step.roles) this.#needsRunning(role, { at: 'value', path: ['close'] }, problems);
        break;
      case 'signal':
        for (const { role } of step.signals) this.#needsRunning(role, keyOf('signal', role), problems);
        break;
      case 'wait':
        if (step.until.kind !== 'time')
          this.#needsRunning(step.until.role, { at: 'value', path: ['wait', step.until.kind] }, problems);
        break;
      case 'run':
      case 'tcp':
        break;
    }
  }

  #start(role: string, line: number, problems: StepProblems): void {
    const before = this.#roles.get(role);
    if (before?.state === 'running') {
      problems.add(
        ['start'],
        `"${role}" is started again while it runs since line ${before.line}`,
        `let it end first: exit: { ${role}: 0 }`,
      );
    }
    this.#roles.set(role, { state: 'running', line });
  }

  #needsStarted(role: string, place: Place, problems: StepProblems): void {
    if (this.#roles.has(role)) return;
    problems.addAt(place.at, place.path, `"${role}" is not started before this step`, `add "start: ${role}" before it`);
    this.#roles.set(role, { state: 'assumed' });
  }

  #needsRunning(role: string, place: Place, problems: StepProblems): void {
    this.#needsStarted(role, place, problems);
    const now = this.#roles.get(role);
    if (now?.state === 'ended')
      problems.addAt(
        place.at,
        place.path,
        `"${role}" has ended in line ${now.line}`,
        'start it again before this step, or move the step up',
      );
  }
}

/** Where the name of a role stands in a step that maps roles to something. */
function keyOf(verb: string, role: string): Place {
  return { at: 'key', path: [verb, role] };
}
