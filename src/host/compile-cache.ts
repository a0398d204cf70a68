import { enableCompileCache } from 'node:module';
import { makeCacheFolder } from './files/own-folder.ts';

/**
 * Lets Node keep the compiled code of what is loaded from now on, which halves the time of the next start. Node runs
 * what it finds there without comparing it to the source (node:module, "Module compile cache"), and its usual place
 * lies in the shared temporary folder: the user who makes that first decides what others run. Without a folder of the
 * user's own nothing is kept, and only time is lost.
 */
export function keepCompiledCode(): void {
  try {
    enableCompileCache(makeCacheFolder('compiled'));
  } catch {
    // No home, no right to write there, or not ours alone: the product works without.
  }
}
