import { say } from '../../core/language/say.ts';
import { parsePattern } from '../pattern.ts';
import type { TextRule } from './text-rule.ts';

export const promptRule: TextRule = (text) => {
  if (text === '')
    return {
      message: say`must not be empty: an empty prompt would show at once`,
      hint: say`give the text that the program shows when it waits for a line, or remove "prompt"`,
    };
  const pattern = parsePattern(text);
  if (!('problem' in pattern)) return undefined;
  return {
    message: say`is no regular expression: ${pattern.problem}`,
    hint: say`for plain text leave out the slashes`,
  };
};
