/** How a service of a machine does, as its supervisor has written it down. */
export interface ServiceFacts {
  readonly name: string;
  /**
   * `waiting`: it ended and is started again in a moment; `ended`: by itself, with exit code 0; `stopped`: by `lab stop`;
   * `lost`: its supervisor was killed, or the machine was restarted.
   */
  readonly phase: 'running' | 'waiting' | 'ended' | 'failed' | 'stopped' | 'lost';
  /** On the machine; undefined when it does not run. */
  readonly pid: number | undefined;
  /** When it was last started, by the clock of the machine; milliseconds since the Unix epoch. */
  readonly sinceMs: number | undefined;
  /** How often it was started again since `lab up` or `lab start`. */
  readonly restarts: number;
  /** How it ended last; both undefined while it runs. */
  readonly exitCode: number | undefined;
  /** Without SIG: `TERM`. */
  readonly signal: string | undefined;
  /** It ended too often, and is not started again. */
  readonly gaveUp: boolean;
  /** What tells the files and the command that it was started with from others. */
  readonly version: string | undefined;
}

const phases = ['running', 'waiting', 'ended', 'failed', 'stopped', 'lost'] as const;

/** Whether its supervisor keeps it. */
export function isKept({ phase }: ServiceFacts): boolean {
  return phase === 'running' || phase === 'waiting';
}

/** The answer of services.pl: a line `service NAME key value key value …` for each, fields apart by tabs. */
export function parseFacts(answer: string): ServiceFacts[] {
  return answer.split('\n').flatMap((line) => {
    const [kind, name = '', ...fields] = line.split('\t');
    if (kind !== 'service') return [];
    const facts = new Map(fields.flatMap((key, at) => (at % 2 === 0 ? [[key, fields[at + 1] ?? ''] as const] : [])));
    const phase = phases.find((one) => one === facts.get('phase'));
    if (phase === undefined) return [];
    return [
      {
        name,
        phase,
        pid: numberOf(facts.get('pid')),
        sinceMs: numberOf(facts.get('since')),
        restarts: numberOf(facts.get('restarts')) ?? 0,
        exitCode: numberOf(facts.get('exit')),
        signal: /^[A-Z0-9]+$/.exec(facts.get('signal') ?? '')?.[0],
        gaveUp: facts.has('gave_up'),
        version: facts.get('version'),
      },
    ];
  });
}

/** The machine's user could have written anything. */
function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
