import { chooseLanguage } from '../core/language/choose-language.ts';
import { speak } from '../core/language/speak.ts';

/*
 * Imported before everything else of the command line: many messages (the descriptions of commands, for instance) are
 * made when their module is loaded.
 */
const { LC_ALL, LC_MESSAGES, LANG, LANGUAGE } = process.env;
speak(chooseLanguage(process.argv.slice(2), { LC_ALL, LC_MESSAGES, LANG, LANGUAGE }));
