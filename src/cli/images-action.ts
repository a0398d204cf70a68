import { UsageError } from '../core/errors.ts';
import { suggestion } from '../core/text/suggest.ts';
import type { CommandContext } from '../session/context.ts';
import { importImageFile, listImages, pullImages, removeImages } from '../commands/machines/images.ts';
import { formatSize } from './format/size.ts';
import { table } from './format/table.ts';
import { outcome, type Outcome } from './outcome.ts';

interface Wanted {
  readonly names: readonly string[];
  /** The name for an imported file. */
  readonly as: string | undefined;
}

const actions: Readonly<Record<string, (context: CommandContext, wanted: Wanted) => Promise<Outcome>>> = {
  list: async (context) => {
    const result = await listImages(context);
    return outcome(
      result,
      table(
        result.images.map(({ name, description, sizeBytes }) => [
          name,
          sizeBytes === null ? 'not in the cache' : formatSize(sizeBytes),
          description,
        ]),
      ),
    );
  },
  pull: async (context, { names }) => {
    const result = await pullImages(context, names);
    return outcome(
      result,
      result.images.map(({ name, downloaded }) => `${name} is in the cache${downloaded ? '' : ' already'}.\n`).join(''),
    );
  },
  import: async (context, { names, as }) => {
    if (names.length > 1)
      throw new UsageError('"lab images import" takes one file at a time', { code: 'wrong-arguments' });
    const result = await importImageFile(context, names[0]!, as);
    return outcome(result, `Imported. In lab.yaml:  image: ${result.name}\n`);
  },
  rm: async (context, { names }) =>
    outcome(await removeImages(context, names), names.map((name) => `Removed ${name}.\n`).join('')),
};

/** `lab images ACTION [NAME…]`. @throws {UsageError} for an unknown action or a missing name. */
export async function imagesAction(
  context: CommandContext,
  action: string,
  names: readonly string[],
  as: string | undefined,
): Promise<Outcome> {
  const act = actions[action];
  if (!act)
    throw new UsageError(`there is no "lab images ${action}"`, {
      code: 'unknown-action',
      hint: suggestion(action, Object.keys(actions)),
    });
  if (action !== 'list' && names.length === 0)
    throw new UsageError(`"lab images ${action}" wants ${action === 'import' ? 'a file' : 'a name'}`, {
      code: 'no-name',
      hint: `For example:  lab images ${action} ${action === 'import' ? 'my.qcow2' : 'ubuntu-24.04'}`,
    });
  return act(context, { names, as });
}
