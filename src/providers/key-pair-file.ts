import { dirname } from 'node:path';
import { EnvironmentError } from '../core/errors.ts';
import { say } from '../core/language/say.ts';
import { parseHostKey } from '../ssh/trust/host-key.ts';
import { generateKeyPair, type KeyPair, publicHalf } from '../ssh/keys/key-pair.ts';
import { makeOwnFolder, readOwnFile, replaceFileSync } from '../state/files/own-file.ts';

/**
 * The key pair in `path` and `path.pub`; made, with that comment, where there is none or what is there is damaged. Call
 * it only while no machine runs that knows the pair.
 *
 * @throws {EnvironmentError} when the files cannot be written.
 */
export function ensureKeyPair(path: string, comment: string): KeyPair {
  return findKeyPair(path) ?? makeKeyPair(path, comment);
}

/**
 * The key pair in `path` and `path.pub`, both halves compared. A public half that is lost is computed from the private
 * one.
 *
 * @throws {EnvironmentError} `keys-damaged` when the private half is lost, or the two do not fit.
 */
export function readKeyPair(path: string): KeyPair {
  const pair = findKeyPair(path);
  if (pair !== undefined) return pair;
  throw new EnvironmentError(say`the keys of this lab are damaged: ${path} and ${path}.pub are no pair`, {
    code: 'keys-damaged',
    hint: say`Run "lab down", then "lab up": new ones are made.`,
  });
}

function findKeyPair(path: string): KeyPair | undefined {
  const [privateFile, publicFile] = [readOwnFile(path), readOwnFile(`${path}.pub`)];
  if (typeof privateFile === 'string') return undefined;
  const half = publicHalf(privateFile.text);
  if (half === undefined) return undefined;
  const line = typeof publicFile === 'string' ? '' : publicFile.text.trim();
  if (parseHostKey(line) === undefined) return { privateKey: privateFile.text, publicKey: half };
  return line.split(' ').slice(0, 2).join(' ') === half ? { privateKey: privateFile.text, publicKey: line } : undefined;
}

/** The private half last: as long as it is missing, there is no pair. */
function makeKeyPair(path: string, comment: string): KeyPair {
  const pair = generateKeyPair(comment);
  makeOwnFolder(dirname(path));
  replaceFileSync(`${path}.pub`, `${pair.publicKey}\n`, { durable: false });
  replaceFileSync(path, pair.privateKey);
  return pair;
}
