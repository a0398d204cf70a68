import { allProviders } from '../../../src/providers/registry.ts';
import { temporaryFolder } from '../cli.ts';

/** Why the user that runs the tests cannot make machines on this host; false when it can. */
export async function cannotMakeMachines(): Promise<string | false> {
  const provider = await allProviders.named('netns');
  const missing = (await provider.check({ thorough: true })).find(({ status }) => status === 'missing');
  return missing === undefined ? false : `${missing.description}: ${missing.found}`;
}

/** A folder with these files in it. At the end of the test it is gone, and so is every lab that was made there, however the test ended. */
export function labFolder(files: Readonly<Record<string, string>>): { readonly path: string } & AsyncDisposable {
  const folder = temporaryFolder(files);
  return {
    path: folder.path,
    async [Symbol.asyncDispose]() {
      const provider = await allProviders.named('netns');
      const ours = (await provider.list()).filter(({ stateFolder }) => stateFolder.startsWith(folder.path));
      for (const lab of ours) await provider.down(lab);
      folder[Symbol.dispose]();
    },
  };
}
