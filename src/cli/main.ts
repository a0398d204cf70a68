import packageJson from '../../package.json' with { type: 'json' };

/*
 * The first file that runs. What must be quick is answered before anything is loaded: the version, which scripts ask
 * for often, and the connection that OpenSSH starts for each session (`lab ssh-config` writes the path of the socket).
 */
const words = process.argv.slice(2);
const [command = '', target = ''] = words;

if (words.length === 1 && (command === '--version' || command === '-V')) {
  process.stdout
    .on('error', ({ code }: NodeJS.ErrnoException) => (process.exitCode = code === 'EPIPE' ? 0 : 3))
    .write(`${packageJson.version}\n`);
} else if (words.length === 2 && command === 'proxy' && target.startsWith('/')) {
  const { proxyOrExplain } = await import('../commands/machines/proxy.ts');
  process.exit(await proxyOrExplain(target));
} else {
  const { runCli } = await loadCli();
  await runCli(words, packageJson.version);
}

async function loadCli(): Promise<typeof import('./run-cli.ts')> {
  if (import.meta.url.endsWith('.ts')) return import('./run-cli.ts');
  const { runCompiled } = await import('../host/compiled-code.ts');
  const name = /^[a-z][a-z-]{0,30}$/.test(command) ? command : 'other';
  return runCompiled(new URL('run-cli.cjs', import.meta.url), name) as typeof import('./run-cli.ts');
}
