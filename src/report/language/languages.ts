import type { LanguageCode } from '../../core/lab-description.ts';
import { spokenLanguage } from '../../core/language/speak.ts';
import { attempts as attemptsEn } from './attempts-en.ts';
import { attempts as attemptsFr } from './attempts-fr.ts';
import { datagrams as datagramsEn, type DatagramWords } from './datagrams-en.ts';
import { datagrams as datagramsFr } from './datagrams-fr.ts';
import { diagram as diagramEn } from './diagram-en.ts';
import { diagram as diagramFr } from './diagram-fr.ts';
import { english } from './failure-en.ts';
import { french } from './failure-fr.ts';
import type { FailureWords } from './failure-words.ts';
import { notations } from './notation.ts';
import { record as recordEn, type RecordWords } from './record-en.ts';
import { record as recordFr } from './record-fr.ts';
import { report as reportEn, type ReportWords } from './report-en.ts';
import { report as reportFr } from './report-fr.ts';
import type { AttemptWords } from '../attempts/attempt-sentence.ts';
import type { DiagramWords, Notation } from './wording.ts';

/** A language, whole. */
export interface Language {
  readonly code: LanguageCode;
  readonly notation: Notation;
  readonly diagram: DiagramWords;
  readonly datagrams: DatagramWords;
  readonly report: ReportWords;
  readonly attempts: AttemptWords;
  readonly failure: FailureWords;
  readonly record: RecordWords;
}

/** Every language, by its code. */
export const languages: Readonly<Record<LanguageCode, Language>> = {
  en: {
    code: 'en',
    notation: notations.en,
    diagram: diagramEn,
    datagrams: datagramsEn,
    report: reportEn,
    failure: english,
    attempts: attemptsEn,
    record: recordEn(english),
  },
  fr: {
    code: 'fr',
    notation: notations.fr,
    diagram: diagramFr,
    datagrams: datagramsFr,
    report: reportFr,
    failure: french,
    attempts: attemptsFr,
    record: recordFr(french),
  },
};

/** The language of the user, for what is shown; what is stored is English. */
export function languageOfUser(): Language {
  return languages[spokenLanguage()];
}
