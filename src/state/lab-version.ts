import packageJson from '../../package.json' with { type: 'json' };
import { EnvironmentError } from '../core/errors.ts';
import { fitting, number, object, text } from '../core/json/shape.ts';
import { say } from '../core/language/say.ts';

/** The version of this lab. */
export const LAB_VERSION: string = packageJson.version;

/** Who stored a document, by its `schemaVersion` and `labVersion`. */
export interface Maker {
  /** A lab that stores such documents in another form than this one. */
  readonly isNewer: boolean;
  /** Undefined when it does not say so. */
  readonly version: string | undefined;
}

const versioned = object({ schemaVersion: number(0, Number.MAX_VALUE) });
const withLab = object({ labVersion: text });

/** Of parsed JSON, whatever it is. */
export function makerOf(document: unknown): Maker {
  const version = fitting(withLab, document)?.labVersion;
  return { isNewer: (fitting(versioned, document)?.schemaVersion ?? 1) > 1, version: storedVersion(version) };
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
  }: {
    readonly version: string | undefined;
    readonly code: string;
    readonly command: string;
    readonly here?: string | undefined;
  },
): EnvironmentError {
  const message =
    version === undefined
      ? say`${what} was made by a newer lab than this one, which is ${LAB_VERSION}`
      : say`${what} was made by lab ${version}, this is lab ${LAB_VERSION} and does not know how it is stored`;
  const own =
    version === undefined
      ? say`Use the lab that made it: lab ${command}`
      : say`Use the lab that made it: npx --package ./lab-${version}.tgz lab ${command}`;
  return new EnvironmentError(message, {
    code,
    hint: here === undefined ? own : `${own}\n${here}`,
    data: { madeBy: version ?? null, thisIs: LAB_VERSION },
  });
}
