import { UsageError } from '../../core/errors.ts';
import { languageNames, type LanguageCode } from '../../core/lab-description.ts';
import { say } from '../../core/language/say.ts';
import { formatBinarySize, parseAge, parseBinarySize } from '../../core/text/amounts.ts';
import { LEAST_OUTPUT_LIMIT } from '../../report/run/output-limit.ts';
import type { LabNames } from '../../session/lab-file/lab-names.ts';
import type { Candidates, Complete, ValueType } from './parameters.ts';

/** Any text. */
export function word(placeholder: string, complete?: Complete): ValueType<string> {
  return { placeholder, parse: (text) => text, ...(complete === undefined ? {} : { complete }) };
}

/** Candidates of one kind. */
export function listed(words: readonly string[], description: string): Candidates {
  return { candidates: words.map((candidate) => ({ word: candidate, description })), files: false };
}

function fromLab(kind: string, names: (lab: LabNames) => readonly string[]): Complete {
  return async (context) => {
    const { labNames } = await import('../../session/lab-file/lab-names.ts');
    return listed(names(await labNames(context)), kind);
  };
}

export const file = word('file', () => ({ candidates: [], files: true }));
export const provider = word('name', ({ providers }) => listed(providers.names, say`provider`));
export const machine = word(
  'machine',
  fromLab(say`machine`, ({ machines }) => machines),
);
export const role = word(
  'role',
  fromLab(say`program`, ({ programs }) => programs),
);
export const scenario = word(
  'scenario',
  fromLab(say`scenario`, ({ scenarios }) => scenarios),
);

/** `name=value` for a parameter of the lab file. */
export const parameter: ValueType<readonly [name: string, value: string]> = {
  placeholder: 'name=value',
  complete: fromLab(say`parameter`, ({ params }) => params.map((name) => `${name}=`)),
  parse(text, flag) {
    const [, name, given] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    if (name !== undefined && given !== undefined) return [name, given];
    throw new UsageError(say`${flag} wants a name and a value, not "${text}"`, {
      code: 'wrong-parameter',
      hint: say`For example:  lab run -p name=Ada`,
    });
  },
};

export const language: ValueType<LanguageCode> = {
  placeholder: 'language',
  complete: () => listed(languageNames, say`language`),
  parse(text) {
    const found = languageNames.find((code) => code === text);
    if (found !== undefined) return found;
    throw new UsageError(say`there is no language "${text}"`, {
      code: 'unknown-language',
      hint: say`Known: ${languageNames.join(', ')}`,
    });
  },
};

/** A path here, or `machine:path`. */
export const machinePath = word('path', async (context) => {
  const machines = fromLab(say`path on a machine`, (lab) => lab.machines.map((name) => `${name}:`));
  return { ...(await machines(context)), files: true };
});

export const storedRun = word('run', async (context) => {
  const { runNames } = await import('../../commands/runs/runs.ts');
  return listed(await runNames(context), say`run`);
});

/** A service, or a stored run. */
export const loggedThing = word('run', async (context) => {
  const { labNames } = await import('../../session/lab-file/lab-names.ts');
  const services = listed((await labNames(context)).services, say`service`);
  const runs = await storedRun.complete!(context);
  return { candidates: [...services.candidates, ...runs.candidates], files: false };
});

/** A machine, or a service. */
export const publishedThing = word(
  'name',
  fromLab(say`machine`, ({ machines, services }) => [...machines, ...services]),
);

/** A stored run, or the path of a folder that holds one. */
export const recordPlace = word('record', async (context) => ({
  ...(await storedRun.complete!(context)),
  files: true,
}));

/** A number from 1 on with at most `digits` digits. */
export function countFrom1(
  placeholder: string,
  digits: number,
  wrong: { code: string; hint: string },
): ValueType<number> {
  return {
    placeholder,
    parse(text, flag) {
      if (/^\d+$/.test(text) && text.length <= digits && Number(text) >= 1) return Number(text);
      throw new UsageError(say`${flag} wants a number from 1 on, not "${text}"`, wrong);
    },
  };
}

/** What may be stored of a program, in bytes: `64K`, `1.5M`, `2GiB`. At least what the files of a run need. */
export const outputLimit: ValueType<number> = {
  placeholder: 'size',
  parse(text, flag) {
    const bytes = parseBinarySize(text);
    if (bytes !== undefined && bytes >= LEAST_OUTPUT_LIMIT) return bytes;
    const message =
      bytes === undefined
        ? say`${flag} wants a size, not "${text}"`
        : say`${flag} wants a size from ${formatBinarySize(LEAST_OUTPUT_LIMIT)} on, not "${text}"`;
    throw new UsageError(message, { code: 'wrong-size', hint: say`For example:  ${flag} 64M` });
  },
};

/** An age in milliseconds: `12h`, `30d`, `2w`. */
export const age: ValueType<number> = {
  placeholder: 'age',
  parse(text, flag) {
    const ms = parseAge(text);
    if (ms !== undefined) return ms;
    throw new UsageError(say`${flag} wants an age in hours, days or weeks, not "${text}"`, {
      code: 'wrong-age',
      hint: say`For example:  ${flag} 12h, ${flag} 30d or ${flag} 2w`,
    });
  },
};
