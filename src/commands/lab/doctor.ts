import { EnvironmentError } from '../../core/errors.ts';
import { inStep } from '../../core/events.ts';
import { say } from '../../core/language/say.ts';
import { fetchTools, missingTools } from '../../host/fetch-tools.ts';
import type { CiService } from '../../host/situation/ci-job.ts';
import { lookAtHost } from '../../host/situation/host-situation.ts';
import type { Provider, Requirement } from '../../providers/provider.ts';
import { loadLab } from '../../lab/load-lab.ts';
import type { CommandContext } from '../../session/context.ts';

export interface DoctorResult {
  /** The provider that this lab uses, or would use. */
  readonly inUse: string;
  readonly providers: readonly ProviderHealth[];
  /** Packages that `fix` got into the private tools folder. */
  readonly fetched: readonly string[];
  /** What this job is, when that was asked. */
  readonly job?: JobFacts;
}

/** What decides whether a job of a service can make machines. */
export interface JobFacts {
  /** Null where nothing says that this is a job. */
  readonly service: CiService | null;
  /** Null outside of containers. */
  readonly container: string | null;
  readonly root: boolean;
  /** Whether CAP_SYS_ADMIN is there; an ordinary user needs none. */
  readonly sysAdmin: boolean;
  /** Whether a filter of system calls lies on it (seccomp(2)). */
  readonly seccomp: boolean;
  /** The profile that confines it. */
  readonly appArmor: string | null;
  readonly seLinux: boolean;
  /** What is mounted over parts of /proc and /sys. */
  readonly hidden: readonly string[];
  readonly tunDevice: boolean;
}

export interface ProviderHealth {
  readonly provider: string;
  /** Whether `lab up` can work with it on this host. */
  readonly usable: boolean;
  readonly requirements: readonly Requirement[];
}

/**
 * What this host has and lacks for each provider; works with a broken lab file, or none. With `fix` it first gets the
 * missing tools of the provider in use, for lab alone: nothing is installed on the host. Without, it changes nothing.
 *
 * @throws {EnvironmentError} when `fix` cannot get the tools.
 */
export async function doctor(
  context: CommandContext,
  options: { readonly fix: boolean; readonly ci: boolean },
): Promise<DoctorResult> {
  const { events, signal, providers: known } = context;
  const inUse = await providerInUse(context);
  const missing = options.fix ? missingTools((await known.named(inUse)).tools ?? {}) : [];
  const fetched =
    missing.length === 0
      ? []
      : await inStep(events, say`get missing tools`, (progress) => fetchTools(missing, progress, signal));
  const providers = await Promise.all(known.names.map(async (name) => healthOf(await known.named(name), signal)));
  return { inUse, providers, fetched, ...(options.ci ? { job: jobFacts() } : {}) };
}

function jobFacts(): JobFacts {
  const { ci, container, reader, hasSysAdmin, isFiltered, appArmorProfile, hasSELinux, hidden, hasTunDevice } =
    lookAtHost();
  return {
    service: ci ?? null,
    container: container ?? null,
    root: reader.isRoot,
    sysAdmin: hasSysAdmin,
    seccomp: isFiltered,
    appArmor: appArmorProfile ?? null,
    seLinux: hasSELinux,
    hidden,
    tunDevice: hasTunDevice,
  };
}

async function healthOf(provider: Provider, signal: AbortSignal): Promise<ProviderHealth> {
  const requirements = await provider.check({ thorough: true, signal }).catch((error: unknown) => {
    signal.throwIfAborted();
    // One provider that cannot even be looked at does not hide the others.
    if (error instanceof EnvironmentError)
      return [
        {
          id: 'check',
          description: say`a look at this host`,
          status: 'missing' as const,
          found: error.message,
          howToGet: error.hint === undefined ? [] : [error.hint],
        },
      ];
    throw error;
  });
  return { provider: provider.name, usable: requirements.every(({ status }) => status !== 'missing'), requirements };
}

async function providerInUse({ labFile, overrides, providers }: CommandContext): Promise<string> {
  if (overrides.provider !== undefined) return (await providers.named(overrides.provider)).name;
  const loaded = await loadLab(labFile, providers.names).catch(() => undefined);
  return loaded !== undefined && 'lab' in loaded ? loaded.lab.provider : providers.names[0]!;
}
