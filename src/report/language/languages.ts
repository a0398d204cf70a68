import * as en from './en.ts';
import * as fr from './fr.ts';
import type { LanguageCode } from '../../core/lab-description.ts';
import type { DiagramWords, Notation } from './language.ts';
import { report as reportEn, type ReportWords } from './report-en.ts';
import { report as reportFr } from './report-fr.ts';

/** A language, whole. */
export interface Language {
  readonly code: LanguageCode;
  readonly notation: Notation;
  readonly diagram: DiagramWords;
  readonly report: ReportWords;
}

export const languages: Readonly<Record<LanguageCode, Language>> = {
  en: { code: 'en', notation: en.notation, diagram: en.diagram, report: reportEn },
  fr: { code: 'fr', notation: fr.notation, diagram: fr.diagram, report: reportFr },
};
