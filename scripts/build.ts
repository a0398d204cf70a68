import {
  constants,
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { build, type BuildOptions, type Plugin } from 'esbuild';
import packageJson from '../package.json' with { type: 'json' };
import { labJsonSchema } from '../src/lab/fields/json-schema.ts';
import { allProviders } from '../src/providers/registry.ts';
import { stepJsonSchema } from '../src/scenario/step-schema.ts';
import { libraryDeclarations } from './api/declarations.ts';
import { manPage } from './build/man-page.ts';
import { onlyVersion, PLAYER_FILES, writeCompletions, writeLicences } from './build/package-files.ts';

/**
 * Compiles the product: the command line as a few files (many small ones are what makes a start slow), and each program of the machines as one CommonJS file that any Node from 18 on runs.
 * All that runs lies in there, so the package of lab needs no other one. The same sources give the same bytes, wherever the checkout lies.
 */
const root = join(import.meta.dirname, '..');
const place = join(root, 'dist');
/** It takes its place whole, because another `lab` may be starting now. As deep as that place: the maps of the sources name them from there. */
const fresh = join(root, `dist-${process.pid}`);
const old = `${fresh}.old`;

if (isCurrent()) process.exit(0);
process.stderr.write('setup: compiling\n');

/** What the first file loads on demand, each whole in one file: Node spends a millisecond on each further file, and loads functions of a large one only when they are called. */
const parts: Readonly<Record<string, string>> = {
  proxy: 'src/commands/machines/proxy.ts',
  'compiled-code': 'src/host/compiled-code.ts',
};
/** The command line itself is no module, but one function, whose compiled code can be kept (src/host/compiled-code.ts). */
const commandLine = 'src/cli/run-cli.ts';
const apart: Plugin = {
  name: 'apart',
  setup: (plugins) =>
    plugins.onResolve({ filter: /\.ts$/ }, ({ path, resolveDir, importer }) => {
      const file = join(resolveDir, path);
      if (!importer.endsWith('/src/cli/main.ts')) return undefined;
      const name = Object.keys(parts).find((part) => join(root, parts[part]!) === file);
      return name || file === join(root, commandLine) ? { path: `./${name}.js`, external: true } : undefined;
    }),
};

const scratch = join(fresh, 'scratch');
mkdirSync(scratch, { recursive: true });
const declarations = libraryDeclarations(scratch);

/** What the product may use of JavaScript: an installed lab runs on the Node.js of its user (`engines` of package.json). */
const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'esm',
  metafile: true,
} as const satisfies BuildOptions;

/** What runs on the host. */
const onHost = {
  ...common,
  outdir: join(fresh, 'cli'),
  minify: true,
  keepNames: true,
  // For a debugger in a checkout. The package goes without: they are most of its size, nothing in lab reads them, and the same sources make them again.
  sourcemap: 'linked',
  // ssh2 loads this native add-on if it is there; ours is never built.
  external: ['cpu-features', '*.node'],
} as const satisfies BuildOptions;

const { metafile } = await build({
  ...onHost,
  entryPoints: {
    main: join(root, 'src/cli/main.ts'),
    ...Object.fromEntries(Object.entries(parts).map(([name, file]) => [name, join(root, file)])),
    // The library lies among them, because it finds the scripts next to it as the command line does.
    api: join(root, 'src/api/index.ts'),
  },
  plugins: [apart, onlyVersion],
  define: { __dirname: 'import.meta.dirname' },
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
});
const line = await build({
  ...onHost,
  entryPoints: [join(root, commandLine)],
  outExtension: { '.js': '.cjs' },
  format: 'cjs',
  legalComments: 'none',
  supported: { 'dynamic-import': false },
  define: { 'import.meta.url': '__url', 'import.meta.dirname': '__dirname' },
  logOverride: { 'empty-import-meta': 'error' },
  banner: { js: '(function (module, require, __dirname, __url) {' },
  footer: { js: '})' },
});
const lineFile = join(fresh, 'cli/run-cli.cjs');
writeFileSync(lineFile, inAscii(readFileSync(lineFile, 'utf8')));
for (const name of ['server', 'client'])
  await build({
    ...common,
    entryPoints: [join(root, `src/programs/${name}.ts`)],
    outdir: join(fresh, 'programs'),
    target: 'node18',
    format: 'cjs',
    // Reports fold a source that begins so (src/report/document/programs-section.ts).
    banner: { js: `// A demo program of lab: its ${name}, compiled from src/programs/${name}.ts.` },
  });
// A process of its own (src/providers/qemu/switch/run-switch.ts), found beside the pieces of the command line.
await build({
  ...common,
  entryPoints: { 'qemu-switch': join(root, 'src/providers/qemu/switch/run-switch.ts') },
  outdir: join(fresh, 'cli'),
});
// The repository says "type": "module"; these are not.
writeFileSync(join(fresh, 'programs/package.json'), '{"type":"commonjs"}\n');
// Programs in other languages, templates and tables of messages lie beside the modules that use them, and in the build beside the compiled
// command line: their names are unique.
const data = globSync('src/**/*.{pl,py,sh,yaml,json}', { cwd: root, exclude: ['src/lab/lab.schema.json'] });
const beside = [...data, ...PLAYER_FILES];
for (const path of beside) copyFileSync(join(root, path), join(fresh, 'cli', basename(path)), constants.COPYFILE_EXCL);
cpSync(join(root, 'src/cli/help/topics'), join(fresh, 'cli/topics'), { recursive: true });
writeCompletions(join(fresh, 'completions'));
mkdirSync(join(fresh, 'man'));
writeFileSync(join(fresh, 'man/lab.1'), manPage(packageJson.version));
writeLicences(
  join(fresh, 'third-party-licences.txt'),
  root,
  Object.keys({ ...metafile.inputs, ...line.metafile.inputs }),
);
const schema = labJsonSchema({ providers: allProviders.names, step: stepJsonSchema() });
writeFileSync(join(fresh, 'lab.schema.json'), `${JSON.stringify(schema, null, 2)}\n`);
// What programs import: the file that package.json names, and its types.
mkdirSync(join(fresh, 'api'));
writeFileSync(join(fresh, 'api/index.js'), "export * from '../cli/api.js';\n");
writeFileSync(join(fresh, 'api/index.d.ts'), await declarations);
rmSync(scratch, { recursive: true });
writeFileSync(join(fresh, 'built'), '');
if (existsSync(place)) renameSync(place, old);
renameSync(fresh, place);
rmSync(old, { recursive: true, force: true });

/** It is read byte by byte as text, and esbuild leaves some characters in templates and regular expressions as they are. */
function inAscii(code: string): string {
  if (/\\[^\0-\x7f]/.test(code)) throw new Error('a backslash before a character that is not ASCII: leave it out');
  return code.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Whether nothing that the product is made of is newer than the last build. */
function isCurrent(): boolean {
  const stamp = join(place, 'built');
  if (!existsSync(stamp)) return false;
  const built = statSync(stamp).mtimeMs;
  const sources = [
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'scripts/build.ts',
    ...globSync('{src,scripts/api,scripts/build}/**/*', { cwd: root }),
  ];
  return sources.every((path) => statSync(join(root, path)).mtimeMs < built);
}
