import type { ProgramStatus } from '../../core/step-problem.ts';
import { formatDuration } from '../../core/text/amounts.ts';
import { endWords, failureWords } from './failure-words.ts';

const end = (ended: ProgramStatus | number | string): string =>
  endWords(ended, {
    status: (code) => `status ${code}`,
    signal: (name) => `signal ${name}`,
    unknown: 'status unknown',
  });

const printed = (text: string): string => (text === '' ? 'it printed nothing' : `it printed: ${text}`);

/** Why a step failed, in English, as it is shown on terminals and in reports. */
export const english = failureWords({
  expected: {
    text: ({ role, pattern }) => `${pattern} on the terminal of ${role}`,
    prompt: ({ role, pattern }) => `the prompt ${pattern} on the terminal of ${role}`,
    input: ({ role }) => `${role} to wait for a line`,
    listen: ({ role, machine, port }) => `${role} to listen on port ${port} of ${machine}`,
    end: ({ role, end: wanted }) => `${role} to end with ${end(wanted)}`,
    typed: ({ role, text }) => `${role} to be there for ${JSON.stringify(text)}`,
    signal: ({ role, signal }) => `${role} to be there for the signal ${signal}`,
    'command-end': ({ command, machine, end: wanted }) => `"${command}" on ${machine} to end with ${end(wanted)}`,
    'command-output': ({ command, machine, pattern }) => `${pattern} in what "${command}" on ${machine} prints`,
    possible: ({ step }) => `"${step}" to be possible`,
    other: ({ text }) => text,
  },
  seen: {
    'ended-first': ({ role, end: ended }) => `${role} ended with ${end(ended)} first`,
    'ended-otherwise': ({ end: ended, printed: text }) =>
      `it ended with ${end(ended)}${text === undefined ? '' : `; ${printed(text)}`}`,
    'printed-otherwise': ({ printed: text }) => printed(text),
    other: ({ text }) => text,
  },
  nothing: {
    text: 'it did not come',
    prompt: 'it did not show',
    input: 'it did not',
    listen: 'it did not',
    end: 'it did not end',
    typed: 'its machine did not take it',
    signal: 'its machine did not take it',
    'command-end': 'it did not end',
    'command-output': 'it did not come',
    possible: 'it was not',
    other: 'it did not happen',
  },
  within: (limitMs) => `within ${formatDuration(limitMs)}`,
  hint: {
    'used-up': () => 'It stands there, but as the echo of what was typed, or an earlier expect has used it up.',
    'lines-dropped': ({ lines }) => `The first ${lines} lines are no longer kept; it may have been there.`,
    'prompt-answered': () =>
      'The prompt that is there was answered already: each line that is sent needs a prompt of its own.',
    'command-not-found': ({ machine, command }) =>
      `Status 127 mostly means that a command was not found. Try by hand: lab exec ${machine} -- ${command}`,
    'program-folder': ({ program, file, step }) =>
      `${file} lies in the folder of ${program}, but commands run in the home folder. Write: ${step}`,
    'look-at-packets': () => '"lab logs --tcp" draws all packets of the run.',
    other: ({ text }) => text,
  },
});
