import { say } from '../../core/language/say.ts';
import { checkPorts } from '../playing/port-check.ts';
import type { Deadline, PlayContext } from '../playing/play-context.ts';
import { ProgramTerminal } from '../playing/program-terminal.ts';
import type { PortInTimeWait } from '../playing/port-in-time-wait.ts';
import { waitUntilListening } from '../waiting/listening.ts';
import { waitForPrompt } from '../waiting/ready.ts';
import { checkOptions, inLongForm, options } from '../reading/options.ts';
import { inGroups } from '../playing/in-groups.ts';
import { parseRoles, type RoleEntry } from '../reading/roles.ts';
import { rolesSchema, timeSchema } from '../reading/schema-parts.ts';
import { listText } from '../reading/step-words.ts';
import { defaultTerminal } from '../stage.ts';
import { defineVerb } from './define-verb.ts';

const EXAMPLE = 'start: server';

/** `start: { program: server, timeout: 5s }` says the same as `start: server` with a timeout next to it. */
const longForm = options({ program: rolesSchema, timeout: timeSchema }, ['program']);

export const start = defineVerb<readonly RoleEntry<undefined>[]>('start', {
  schema: { anyOf: [...rolesSchema.anyOf, longForm] },
  description: say`Checks its port, starts a program, and waits until it listens (if it has \`listens\`) or shows its prompt.`,
  example: 'server',
  timeoutMs: 15_000,
  longForm,
  parse(part) {
    const given = inLongForm(part, longForm);
    if (given) checkOptions(part, longForm, say`for example: ${EXAMPLE}`);
    return parseRoles(given?.get('program') ?? part, EXAMPLE);
  },
  text: (roles) => listText(roles.map(([role]) => role)),
  needs: (roles) => ({ roles: roles.map(([role]) => role) }),
  follow(roles, order) {
    for (const [role] of roles) order.start(role);
  },
  async play(roles, limit, play) {
    const deadline = play.deadlineOf(limit);
    await inGroups(roles, (role) => startProgram(role, deadline, play));
    return 'played';
  },
  recorded: (action) => (action.kind === 'opened' ? action.role : undefined),
});

async function startProgram(role: string, deadline: Deadline, play: PlayContext): Promise<void> {
  const { stage, signal } = play;
  const program = play.program(role);
  const shell = play.shell(program.on);
  play.portsInTimeWait.delete(role);
  const onTimeWait = (port: PortInTimeWait): void => void play.portsInTimeWait.set(role, port);
  await Promise.all([
    stage.beforeStart?.(program) ?? checkPorts(program, shell, { events: stage.events, signal, onTimeWait }),
    stage.packets?.ready(),
    stage.attempts?.ready(),
  ]);
  signal.throwIfAborted();
  const terminal: ProgramTerminal = await ProgramTerminal.open({
    program,
    stageProgram: stage.programs.get(role)!,
    shell,
    size: play.keyboards.get(role)?.size ?? stage.terminal ?? defaultTerminal,
    events: stage.events,
    turn: () => play.turnOf(role),
    isHidden: async () => (await play.lookAt([terminal], { only: 'keyboard' })).get(terminal)?.entry === 'hidden',
    signal,
  });
  play.add(terminal);
  const ports = program.listens.filter(({ later }) => later !== true);
  if (ports.length > 0)
    await waitUntilListening(play, terminal, { deadline, ports, orLine: program.prompt !== undefined });
  else if (program.prompt) await waitForPrompt(play, terminal, deadline);
}
