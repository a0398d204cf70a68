import { copyFileSync, existsSync, globSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { labJsonSchema } from '../src/lab/schema.ts';

/**
 * Compiles the product: the command line as ES modules in pieces that load when they are needed (many small files are what
 * makes a start slow), and each program of the machines as one CommonJS file that any Node from 18 on runs.
 */
const root = join(import.meta.dirname, '..');
const stamp = join(root, 'dist', 'built');

if (isCurrent()) process.exit(0);
process.stderr.write('setup: compiling\n');
rmSync(join(root, 'dist'), { recursive: true, force: true });

await build({
  entryPoints: [join(root, 'src/cli/main.ts')],
  outdir: join(root, 'dist/cli'),
  bundle: true,
  splitting: true,
  minify: true,
  keepNames: true,
  sourcemap: 'linked',
  platform: 'node',
  target: 'node24',
  format: 'esm',
  // ssh2 loads this native add-on if it is there; ours is never built.
  external: ['cpu-features', '*.node'],
  define: { __dirname: 'import.meta.dirname' },
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
});
await build({
  entryPoints: ['server', 'client'].map((name) => join(root, `src/programs/${name}.ts`)),
  outdir: join(root, 'dist/programs'),
  bundle: true,
  platform: 'node',
  target: 'node18',
  format: 'cjs',
});
// A process of its own (src/providers/qemu/switch/main.ts), found beside the pieces of the command line.
await build({ entryPoints: { 'qemu-switch': join(root, 'src/providers/qemu/switch/main.ts') }, outdir: join(root, 'dist/cli'), bundle: true, platform: 'node', target: 'node24', format: 'esm' });
// The repository says "type": "module"; these are not.
writeFileSync(join(root, 'dist/programs/package.json'), '{"type":"commonjs"}\n');
copyFileSync(join(root, 'src/providers/netns/executor.pl'), join(root, 'dist/cli/executor.pl'));
writeFileSync(join(root, 'dist/lab.schema.json'), `${JSON.stringify(labJsonSchema(), null, 2)}\n`);
writeFileSync(stamp, '');

/** Whether nothing that the product is made of is newer than the last build. */
function isCurrent(): boolean {
  if (!existsSync(stamp)) return false;
  const built = statSync(stamp).mtimeMs;
  const sources = ['package.json', 'package-lock.json', 'scripts/build.ts', ...globSync('src/**/*', { cwd: root })];
  return sources.every((path) => statSync(join(root, path)).mtimeMs < built);
}
