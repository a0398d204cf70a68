import { say } from '../../core/language/say.ts';
import type { ProblemText } from '../problem.ts';

/** Debian Policy Manual, 5.6.1 and 5.6.12. */
export const PACKAGE_NAME = /^[a-z0-9][a-z0-9+.-]+(?:=[0-9][A-Za-z0-9.+:~-]*)?$/;

/** For names of packages, perhaps with a version. Whether there is one of that name only the lists of APT know. */
export function packageRule(text: string): ProblemText | undefined {
  if (PACKAGE_NAME.test(text)) return undefined;
  const written = JSON.stringify(text.length > 60 ? `${text.slice(0, 59)}…` : text);
  if (/^\.{0,2}\//.test(text) || text.endsWith('.deb'))
    return {
      message: say`must be the name of a package, not the file ${written}`,
      hint: say`copy a package file with "lab cp", then install it there: sudo apt install ./FILE.deb`,
    };
  return {
    message: say`is no legal name of a package: ${written}`,
    hint: say`small letters, digits, "+", "-" and "."; a version after "=": iperf3=3.12-1`,
  };
}
