import { existsSync } from 'node:fs';
import { ConnectionError } from '../../../core/errors.ts';
import { say } from '../../../core/language/say.ts';
import { secretFromEnvironment, secretVariable } from '../../../core/text/secret-variable.ts';
import type { Questions } from '../../provider.ts';
import { shortPath } from './route-credentials.ts';
import type { Route } from './route.ts';

/**
 * Says what would help when a login was refused: a password where there is no one to ask for it, or a key where OpenSSH
 * would use a certificate. Any other error stays as it is.
 */
export function withLoginHint(server: string, route: Route, questions: Questions | undefined, error: unknown): unknown {
  if (!(error instanceof ConnectionError) || error.code !== 'ssh-login-refused') return error;
  const hints = [
    certificateHint(route),
    questions === undefined ? passwordHint(server, route, error) : undefined,
  ].filter((hint) => hint !== undefined);
  if (hints.length === 0) return error;
  return new ConnectionError(error.machine, error.message, {
    code: error.code,
    detail: error.detail,
    data: error.data,
    cause: error,
    hint: hints.join('\n'),
  });
}

function passwordHint(server: string, { methods, user }: Route, { data }: ConnectionError): string | undefined {
  const accepts = data?.['accepts'];
  const takesPassword =
    Array.isArray(accepts) && methods.some((method) => method !== 'publickey' && accepts.includes(method));
  if (!takesPassword) return undefined;
  const variable = secretVariable('LAB_SSH_PASSWORD', server);
  return secretFromEnvironment('LAB_SSH_PASSWORD', server) !== undefined
    ? say`The password in ${variable} or LAB_SSH_PASSWORD is not that of ${user} there.`
    : say`A password would do: run lab on a terminal, which asks for it, or put it into ${variable} (or LAB_SSH_PASSWORD, for all machines).`;
}

/** Certificates of users (PROTOCOL.certkeys of OpenSSH) lie next to their keys, or are named by CertificateFile. */
function certificateHint({ keyFiles, certificateFiles = [], user, host }: Route): string | undefined {
  const found = [...certificateFiles, ...keyFiles.map(({ path }) => `${path}-cert.pub`)].find((path) =>
    existsSync(path),
  );
  if (found === undefined) return undefined;
  const key = found.replace(/-cert\.pub$/, '');
  return say`OpenSSH would show the certificate ${shortPath(found)}, which lab cannot do: it needs the plain key in authorized_keys there (ssh-copy-id -i ${shortPath(key)} ${user}@${host}).`;
}
