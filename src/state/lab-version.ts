import packageJson from '../../package.json' with { type: 'json' };
import { EnvironmentError } from '../core/errors.ts';
import { fitting, number, object, text } from '../core/json/shape.ts';
import { say } from '../core/language/say.ts';

/** The version of this lab. */
export const LAB_VERSION: string = packageJson.version;

const versioned = object({ schemaVersion: number(0, Number.MAX_VALUE) });
const withLab = object({ labVersion: text });

/** The version of the lab that stored a document, parsed JSON, whatever it is; undefined when it does not say so. */
export function makerOf(document: unknown): string | undefined {
  return storedVersion(fitting(withLab, document)?.labVersion);
}

/**
 * The version of a lab that stored a document in a form that this one does not know; undefined for all others. Every
 * lab that has another form names its version: a `schemaVersion` without one is damage.
 */
export function newerMakerOf(document: unknown): string | undefined {
  return (fitting(versioned, document)?.schemaVersion ?? 1) > 1 ? makerOf(document) : undefined;
}

/** A version as it was stored; undefined for what can be none, or was written before versions were. */
export function storedVersion(value: unknown): string | undefined {
  return typeof value === 'string' && /^\d[\w.+-]{0,63}$/.test(value) ? value : undefined;
}

/**
 * Something that another lab stored and this one does not know. `what` names it; `command` is what that lab has to be
 * asked for instead.
 */
export function madeByAnother(
  what: string,
  {
    version,
    code,
    command,
    here,
  }: { readonly version: string; readonly code: string; readonly command: string; readonly here?: string | undefined },
): EnvironmentError {
  const own = say`Use the lab that made it: npx --package ./lab-${version}.tgz lab ${command}`;
  return new EnvironmentError(
    say`${what} was made by lab ${version}, this is lab ${LAB_VERSION} and does not know how it is stored`,
    { code, hint: here === undefined ? own : `${own}\n${here}`, data: { madeBy: version, thisIs: LAB_VERSION } },
  );
}
