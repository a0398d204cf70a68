import { dirname } from 'node:path';
import { counted, say } from '../../core/language/say.ts';
import { LabError, UsageError } from '../../core/errors.ts';
import { inStep } from '../../core/events.ts';
import type { LabelledLab, ProviderRegistry } from '../../providers/provider.ts';
import type { CommandContext } from '../../session/context.ts';
import { knownIdentity } from '../../session/lab-identity.ts';
import { homeOf } from '../../session/belonging/home-of.ts';
import { isAbandoned, removeOwnPlace } from '../../session/belonging/own-place.ts';

export interface GcResult {
  /** Labs of this host whose folder is gone or does not know them. */
  readonly dead: readonly DeadLab[];
  readonly removed: boolean;
  /** What was ended, in words of the provider. */
  readonly ended: readonly string[];
}

export interface DeadLab extends LabelledLab {
  readonly provider: string;
}

/** Finds the leftovers of labs that no longer exist, and removes them when told to or when the user agrees. */
export async function gc(context: CommandContext, options: { readonly yes: boolean }): Promise<GcResult> {
  const dead = await deadLabs(context.providers);
  if (dead.length === 0) return { dead, removed: false, ended: [] };
  if (!options.yes && !(await agreed(context, dead))) return { dead, removed: false, ended: [] };
  const ended: string[] = [];
  for (const lab of dead) ended.push(...(await remove(context, lab)));
  return { dead, removed: true, ended };
}

async function deadLabs(providers: ProviderRegistry): Promise<DeadLab[]> {
  const found = await Promise.all(providers.names.map((name) => deadLabsOf(name, providers)));
  return found.flat();
}

async function deadLabsOf(provider: string, providers: ProviderRegistry): Promise<DeadLab[]> {
  const labs = await (await providers.named(provider)).list();
  const dead = await Promise.all(labs.map((lab) => isDead(lab, providers)));
  return labs.filter((_lab, index) => dead[index]).map((lab) => Object.assign({ provider }, lab));
}

/**
 * Its folder, wherever that was moved, knows another lab or none; what cannot be read may know it. Or it belongs to a
 * program that is gone.
 */
async function isDead(lab: LabelledLab, providers: ProviderRegistry): Promise<boolean> {
  if (isAbandoned(lab.stateFolder)) return true;
  try {
    return (await knownIdentity({ stateFolder: homeOf(lab), providers }))?.labId !== lab.labId;
  } catch (error) {
    if (error instanceof LabError) return false;
    throw error;
  }
}

async function agreed({ terminal }: CommandContext, dead: readonly DeadLab[]): Promise<boolean> {
  const list = dead.map(({ name, stateFolder }) => `${name} (${stateFolder})`).join(', ');
  if (terminal.confirm) return terminal.confirm(say`Remove ${counted(dead.length, 'dead lab')}: ${list}?`);
  throw new UsageError(say`${counted(dead.length, 'dead lab')} found: ${list}`, {
    code: 'needs-yes',
    hint: say`Use "lab gc --yes" to remove them; there is no terminal to ask on.`,
    data: { dead },
  });
}

async function remove(context: CommandContext, lab: DeadLab): Promise<string[]> {
  const provider = await context.providers.named(lab.provider);
  return inStep(context.events, say`remove ${lab.name}`, async () => {
    const ended = await provider.down(lab);
    if (isAbandoned(lab.stateFolder)) await removeOwnPlace(dirname(lab.stateFolder));
    return ended;
  });
}
