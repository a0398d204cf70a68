import { say } from '../../core/language/say.ts';
import { flag, negated, value, type ValuesOf } from './parameters.ts';
import { file, language, provider, word } from './value-types.ts';

/** Options that every command has; they may stand before or after the command's name. */
export const globalOptions = {
  file: value({ ...file, placeholder: 'path' }, say`the lab file (default: lab.yaml here or in a folder above)`, 'f'),
  provider: value(provider, say`where machines come from, instead of what the lab file says`),
  name: value(word('name'), say`name of the lab, instead of what the lab file says`),
  json: flag(say`one JSON document on standard output, with "schemaVersion": 1`),
  quiet: flag(say`no progress, only results, warnings and errors`, 'q'),
  verbose: flag(say`more progress, and where an error came from`, 'v'),
  lang: value(language, say`language of messages and of a report: en or fr (default: that of your locale)`),
  color: negated(say`no colours (also: NO_COLOR=1)`),
};

export type GlobalValues = ValuesOf<typeof globalOptions>;

/** Options that ask for words instead of a command's work. */
export const questions = { version: flag(say`the version of lab`, 'V'), help: flag(say`this help`, 'h') };
