import { chooseLanguage } from '../core/language/choose-language.ts';
import { speak } from '../core/language/speak.ts';

/*
 * Imported before everything else of the command line: many messages (the descriptions of commands, for instance) are
 * made when their module is loaded.
 */
speak(chooseLanguage(process.argv.slice(2), process.env));
