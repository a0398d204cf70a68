import { parseAge } from '../../core/text/amounts.ts';
import { didYouMean, suggestion } from '../../core/text/suggest.ts';
import { UsageError } from '../../core/errors.ts';
import { formatIPv4 } from '../../core/ipv4.ts';
import type { ListenPort, PortProtocol } from '../../core/listen-port.ts';
import { say } from '../../core/language/say.ts';
import { NUMERIC_HOST, reservedHosts, reservedInterfaces, reservedUsers } from './reserved-names.ts';
import { HOST_LABEL, quoted, type TextRule } from './text-rule.ts';

/**
 * What Debian's `useradd` and `adduser` take (useradd(8)): small letters, digits, `-`, `_`; no digit first; at most
 * 32.
 */
export const USER_NAME = /^[a-z_][a-z0-9_-]{0,31}$/;

/**
 * What the kernel takes as the name of a network device (`dev_valid_name`, at most 15 bytes), without a leading `-`
 * that tools read as an option.
 */
export const INTERFACE_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,14}$/;

/** Names that become files and folders: `server.log`. */
export const FILE_LABEL = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** Names of environment variables (POSIX.1-2017, Base Definitions 8.1). */
export const ENVIRONMENT_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Sizes such as `512M`; at most seven digits, so that they stay exact numbers. */
export const SIZE = /^([1-9]\d{0,6})([MGT])$/;

/** A port and its protocol, as in services(5). */
export const PROGRAM_PORT = /^([1-9]\d{0,4})\/(tcp|udp)$/;

const LARGEST_PORT = 65_535;

export const hostNameRule: TextRule = (text) => {
  if (text.toLowerCase() === 'localhost')
    return { message: say`cannot be "localhost": every machine calls itself so`, hint: say`choose another name` };
  if (/^\d+$/.test(text))
    return {
      message: say`cannot be a number: programs would read it as an address`,
      hint: say`for example: vm${text}`,
    };
  if (HOST_LABEL.test(text)) return undefined;
  return {
    message: say`is no legal host name: ${hostNameReason(text)}`,
    hint: meant(text, /[^a-z0-9-]+/g, HOST_LABEL),
  };
};

/**
 * For names by which machines know each other: none that is an address to programs, or another host to each machine.
 */
export const machineNameRule: TextRule = (text) => {
  if (NUMERIC_HOST.test(text)) {
    return {
      message: say`cannot be a number: programs would read it as ${addressOfNumber(text)}`,
      hint: say`for example: vm${text.replace(/^0x/i, '')}`,
    };
  }
  const reserved = reservedHosts.get(text.toLowerCase());
  return reserved === undefined
    ? hostNameRule(text)
    : { message: say`cannot be "${text}": ${reserved}`, hint: say`choose another name` };
};

/** `the address 0.0.0.16` for `0x10`; a number that is no address of 32 bits is one to some programs only. */
function addressOfNumber(text: string): string {
  const value = Number(text.replace(/^0(?=\d)/, '0o'));
  return value < 2 ** 32 ? say`the address ${formatIPv4(value)}` : say`an address`;
}

function hostNameReason(text: string): string {
  if (text === '') return say`it is empty`;
  if (/^-|-$/.test(text)) return say`it must start and end with a letter or a digit`;
  return tooLong(text, 63) ?? say`only letters, digits and "-" are allowed`;
}

function tooLong(text: string, most: number): string | undefined {
  return text.length > most ? say`it has ${text.length} characters, at most ${most} are allowed` : undefined;
}

/** @throws {UsageError} `provider-unknown` when the provider that was asked for is none of the `known` ones. */
export function checkProviderName(name: string, known: readonly string[]): void {
  if (!known.includes(name))
    throw new UsageError(say`there is no provider "${name}"`, {
      code: 'provider-unknown',
      hint: suggestion(name, known),
    });
}

/** @throws {UsageError} `wrong-name` when a name that was given on the command line is no legal host name. */
export function checkLabName(name: string): void {
  const problem = hostNameRule(name);
  if (problem)
    throw new UsageError(say`the name ${quoted(name)} ${problem.message}`, {
      code: 'wrong-name',
      hint: problem.hint ?? say`for example: tp1`,
    });
}

export const userNameRule: TextRule = (text) => {
  const reserved = reservedUsers.get(text);
  if (reserved !== undefined)
    return { message: say`cannot be "${text}": ${reserved}`, hint: say`for example: student` };
  if (USER_NAME.test(text)) return undefined;
  const reason =
    tooLong(text, 32) ?? say`only small letters, digits, "-" and "_" are allowed, and no digit or "-" first`;
  return { message: say`is no legal user name: ${reason}`, hint: meant(text, /[^a-z0-9_-]+/g, USER_NAME) };
};

export const interfaceNameRule: TextRule = (text) => {
  const reserved = reservedInterfaces.get(text);
  if (reserved !== undefined) return { message: say`cannot be "${text}": ${reserved}`, hint: say`for example: eth0` };
  if (/^\d+$/.test(text))
    return {
      message: say`cannot be a number: tools would take it for the place of an interface in their list`,
      hint: say`for example: eth${text}`,
    };
  if (INTERFACE_NAME.test(text)) return undefined;
  const reason = tooLong(text, 15) ?? say`only letters, digits, "-", "_", "." and "@" are allowed`;
  return { message: say`is no legal interface name: ${reason}`, hint: say`for example: eth0` };
};

/** For programs and scenarios, whose names become names of files in the run folder. */
export const fileLabelRule: TextRule = (text) => {
  if (FILE_LABEL.test(text)) return undefined;
  const reason =
    tooLong(text, 63) ?? say`only letters, digits, "-", "_" and "." are allowed, and a letter or digit first`;
  return { message: say`is no legal name: ${reason}`, hint: meant(text, /[^a-z0-9._-]+/g, FILE_LABEL) };
};

export const programNameRule: TextRule = (text) => {
  if (text === 'session')
    return {
      message: say`cannot be "session": the run folder has a session.log of its own`,
      hint: say`choose another name`,
    };
  return fileLabelRule(text);
};

export const environmentNameRule: TextRule = (text) => {
  if (ENVIRONMENT_NAME.test(text)) return undefined;
  return {
    message: say`is no legal name of an environment variable: only letters, digits and "_" are allowed, and no digit first`,
    hint: meant(text, /[^A-Za-z0-9_]+/g, ENVIRONMENT_NAME, '_'),
  };
};

/** An age of runs. */
export const ageRule: TextRule = (text) => {
  if (parseAge(text) !== undefined) return undefined;
  const [, amount, unit = 'd'] = /^([1-9]\d{0,4})\s*(?:([hdw])(?:ours?|ays?|eeks?)?)?$/i.exec(text.trim()) ?? [];
  const hint = amount === undefined ? say`for example 12h, 30d or 2w` : say`write ${amount}${unit.toLowerCase()}`;
  return { message: say`must be an age in hours, days or weeks, not ${quoted(text)}`, hint };
};

export const sizeRule: TextRule = (text) => {
  if (SIZE.test(text)) return undefined;
  const [, amount, unit] = /^([1-9]\d{0,6})\s*([kmgt])?i?b?$/i.exec(text.trim()) ?? [];
  const hint =
    amount !== undefined && unit?.toUpperCase() !== 'K'
      ? say`write ${amount}${unit?.toUpperCase() ?? 'M'}`
      : say`for example 512M or 2G`;
  return { message: say`must be a size, not ${quoted(text)}`, hint };
};

/** Size in MiB of a text that `sizeRule` allows. `M`, `G`, `T` are powers of 1024, as QEMU and LXD read them. */
export function parseSizeMiB(text: string): number | undefined {
  const match = SIZE.exec(text);
  return match === null ? undefined : Number(match[1]) * { M: 1, G: 1024, T: 1024 ** 2 }[match[2] as 'M' | 'G' | 'T'];
}

/** What stands between a word of `lab.yaml` and a process: no operating system can pass a NUL character (execve(2)). */
export const wordRule: TextRule = (text) =>
  text.includes('\0')
    ? { message: say`has a NUL character, which no program can be given`, hint: say`remove \\0` }
    : undefined;

export const notEmptyRule: TextRule = (text) =>
  text.trim() === '' ? { message: say`must not be empty` } : wordRule(text);

/** For names that end up as an argument of `ssh`: nothing that it would read as an option, or as two words. */
export const sshWordRule: TextRule = (text) => {
  if (/^[^\s-]\S*$/.test(text)) return wordRule(text);
  return {
    message:
      text === '' ? say`must not be empty` : say`${quoted(text)} cannot be given to ssh: no spaces, and no "-" first`,
  };
};

/** An address, a name or an alias, and nothing else: what people are used to write around it has fields of its own. */
export const sshHostRule: TextRule = (text) => {
  const [, user, bracketed, plain, port] =
    /^(?:ssh:\/\/)?(?:([^\s-]\S*)@)?(?:\[([^\]\s]+)\]|([^:\s]+))(?::(\d+))?$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || host === text) return sshWordRule(text);
  const parts = [
    `host: ${host.includes(':') ? quoted(host) : host}`,
    ...(port === undefined ? [] : [`port: ${port}`]),
    ...(user === undefined ? [] : [`user: ${user}`]),
  ];
  return { message: say`${quoted(text)} is more than a host`, hint: say`write ${parts.join(', ')}` };
};

/** `did you mean "vm-1"?` when replacing what is not allowed makes a legal name. */
function meant(text: string, illegal: RegExp, legal: RegExp, replacement = '-'): string | undefined {
  const plain =
    replacement === '_'
      ? text
      : text
          .normalize('NFD')
          .replaceAll(/\p{Mn}/gu, '')
          .toLowerCase();
  const guess = plain.replaceAll(illegal, replacement).replaceAll(/^[-.]+|[-.]+$/g, '');
  return guess !== text && legal.test(guess) ? didYouMean(guess) : undefined;
}

/** The port that is written as `7999/udp`; undefined when it is written otherwise. */
export function parseProgramPort(text: string): ListenPort | undefined {
  const [, digits, protocol] = PROGRAM_PORT.exec(text) ?? [];
  const port = Number(digits);
  return protocol === undefined || port > LARGEST_PORT ? undefined : { protocol: protocol as PortProtocol, port };
}

export const programPortRule: TextRule = (text) => {
  if (parseProgramPort(text) !== undefined) return undefined;
  const written = Number(/\d+/.exec(text)?.[0]);
  const number = written >= 1 && written <= LARGEST_PORT ? written : 7999;
  const example = /udp/i.test(text) ? `${number}/udp` : String(number);
  return {
    message: say`must be a port such as 7999 or 7999/udp, not ${quoted(text)}`,
    hint: text === String(number) ? say`write ${text} without quotes` : say`for example: ${example}`,
  };
};
