import { fstatSync, readFileSync, statSync } from 'node:fs';

/** More ancestors than any step has. */
const MOST_ANCESTORS = 64;

/**
 * Whether what is written to this descriptor is read by the runner of the job: it is what the shell of the step writes
 * to. Not so for `lab … > file`, `$(lab …)` and `lab … | sort`. Where that cannot be told (no /proc), all but a file
 * counts as the log.
 */
export function isJobLog(descriptor: 1 | 2): boolean {
  try {
    const own = fstatSync(descriptor);
    if (own.isFile()) return false;
    const step = shellOfStep();
    if (step === undefined) return true;
    return [1, 2].some((other) => {
      const { dev, ino } = statSync(`/proc/${step}/fd/${other}`);
      return dev === own.dev && ino === own.ino;
    });
  } catch {
    return true;
  }
}

/** The outermost of our ancestors that knows of the job. */
function shellOfStep(): number | undefined {
  let step: number | undefined;
  let pid = process.ppid;
  for (let count = 0; count < MOST_ANCESTORS && pid > 0; count += 1) {
    if (!knowsOfJob(pid)) break;
    step = pid;
    pid = parentOf(pid);
  }
  return step;
}

function knowsOfJob(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes('GITHUB_ACTIONS=true');
  } catch {
    return false;
  }
}

/** The fourth field of stat (proc(5)); the second, in brackets, may hold anything. */
function parentOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}
