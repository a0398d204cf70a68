import type { ImageEntry } from '../../../commands/machines/images.ts';
import { sayBytes } from '../../../core/language/amounts.ts';
import { say } from '../../../core/language/say.ts';
import { defineCommand, defineFamily } from '../../command/define-command.ts';
import { flag, required, several, value, type Complete } from '../../command/parameters.ts';
import { file, listed, word } from '../../command/value-types.ts';
import { outcome } from '../../outcome.ts';
import { table } from '../../show/table.ts';

/** Images that are in the cache, or that can be had. */
function imagesThat(belong: (image: ImageEntry) => boolean): Complete {
  return async (context) => {
    const { images } = await (await work()).listImages(context);
    return listed(
      images.filter(belong).map(({ name }) => name),
      'image',
    );
  };
}

const pull = defineCommand({
  name: 'pull',
  group: 'tools',
  summary: say`get images into the cache`,
  details: say`A download goes on where it broke off, and its checksum is verified before it is used.`,
  arguments: {
    image: several(
      word(
        'image',
        imagesThat(() => true),
      ),
      say`names of images`,
      'no-name',
    ),
  },
  options: { offline: flag(say`only say whether they are in the cache`) },
  examples: [{ words: 'images pull ubuntu-24.04', does: say`before a lesson without a network` }],
  run: async ({ context, arguments: { image: names }, options: { offline } }) => {
    const result = await (await work()).pullImages({ ...context, offline }, names);
    const lines = result.images.map(({ name, downloaded }) =>
      downloaded ? say`${name} is in the cache.\n` : say`${name} is in the cache already.\n`,
    );
    return outcome(result, lines.join(''));
  },
});

const list = defineCommand({
  name: 'list',
  group: 'tools',
  summary: say`the images that lab.yaml may name, and which of them are in the cache`,
  examples: [{ words: 'images list', does: say`which are there, and how large` }],
  run: async ({ context }) => {
    const result = await (await work()).listImages(context);
    return outcome(result, formatImages(result.images));
  },
});

const importFile = defineCommand({
  name: 'import',
  group: 'tools',
  summary: say`add an image of your own to the cache`,
  arguments: { file: required(file, say`an image with cloud-init`, 'no-name') },
  options: { as: value(word('name'), say`its name in lab.yaml (default: the name of the file)`) },
  examples: [{ words: 'images import my.qcow2 --as mine', does: say`then in lab.yaml: image: mine` }],
  run: async ({ context, arguments: { file: path }, options: { as } }) => {
    const result = await (await work()).importImageFile(context, path, as);
    return outcome(result, say`Imported. In lab.yaml:  image: ${result.name}\n`);
  },
});

const rm = defineCommand({
  name: 'rm',
  group: 'tools',
  summary: say`remove images from the cache`,
  arguments: {
    image: several(
      word(
        'image',
        imagesThat(({ sizeBytes }) => sizeBytes !== null),
      ),
      say`names of images`,
      'no-name',
    ),
  },
  examples: [{ words: 'images rm mine', does: say`its file is gone from the cache` }],
  run: async ({ context, arguments: { image: names } }) =>
    outcome(await (await work()).removeImages(context, names), names.map((name) => say`Removed ${name}.\n`).join('')),
});

export const imagesCommand = defineFamily({
  name: 'images',
  group: 'tools',
  summary: say`pull, list, import or remove images of virtual machines (provider qemu)`,
  details: say`"lab up" gets what it needs by itself.`,
  commands: [pull, list, importFile, rm],
  examples: [pull, importFile].flatMap(({ examples }) => examples),
});

function work(): Promise<typeof import('../../../commands/machines/images.ts')> {
  return import('../../../commands/machines/images.ts');
}

function formatImages(images: readonly ImageEntry[]): string {
  return table(
    images.map(({ name, description, sizeBytes }) => [
      name,
      sizeBytes === null ? say`not in the cache` : sayBytes(sizeBytes),
      description,
    ]),
  );
}
