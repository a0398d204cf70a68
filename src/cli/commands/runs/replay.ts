import { UsageError } from '../../../core/errors.ts';
import { say } from '../../../core/language/say.ts';
import { defineCommand } from '../../command/define-command.ts';
import { value, type ValueType } from '../../command/parameters.ts';
import { ofStoredRun } from '../../command/shared-parameters.ts';
import { outcome } from '../../outcome.ts';

const factor: ValueType<number> = {
  placeholder: 'factor',
  parse(text, flag) {
    const speed = Number(text);
    if (/^\d{0,4}(\.\d{1,3})?$/.test(text) && speed > 0) return speed;
    throw new UsageError(say`${flag} wants a number above 0, not "${text}"`, {
      code: 'wrong-speed',
      hint: say`Twice as fast:  lab replay --speed 2`,
    });
  },
};

export const replayCommand = defineCommand({
  name: 'replay',
  group: 'scenarios',
  needsLab: true,
  summary: say`play the terminals of a run again, side by side`,
  details: [
    say`In real time, unless the run was too short to be followed: then it is slowed down; --speed 1 plays it as it was.`,
    say`Ctrl-C ends it.`,
    say`Where there is no terminal, or a dumb one, the last picture is printed at once.`,
  ].join(' '),
  arguments: { run: ofStoredRun },
  options: { speed: value(factor, say`2 is twice as fast, 0.5 half as fast`) },
  examples: [
    { words: 'replay', does: say`watch the last run` },
    { words: 'replay --speed 0.1', does: say`ten times slower than it was` },
  ],
  run: async ({ context, global, arguments: { run }, options: { speed } }) => {
    const { replay } = await import('../../../commands/runs/replay.ts');
    const result = await replay(context, { run, speed, play: !global.json });
    return outcome(result, result.lines.map((line) => `${line}\n`).join(''));
  },
});
