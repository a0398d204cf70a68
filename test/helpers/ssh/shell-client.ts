/**
 * A `lab` of its own for tests that kill one: connects to a Unix socket, starts one program, prints its output, and stays.
 * Arguments: socket, user, file of the private key, host key, `tty` or `pipe`, then the command.
 */
import { readFileSync } from 'node:fs';
import { connectShell } from '../../../src/ssh/connect.ts';
import { privateKeyCredential } from '../../../src/ssh/login/credential.ts';
import { onlyHostKeys } from '../../../src/ssh/trust/host-key.ts';

const [socketPath = '', user = '', keyFile = '', hostKey = '', kind = '', ...command] = process.argv.slice(2);
const shell = await connectShell({
  machine: 'vm1',
  user,
  address: { socketPath },
  credentials: [privateKeyCredential(readFileSync(keyFile, 'utf8'))],
  hostKeys: onlyHostKeys([hostKey]),
});
const remote = await shell.start(command, kind === 'tty' ? { terminal: { columns: 80, rows: 24 } } : {});
for await (const chunk of remote.output) process.stdout.write(chunk);
