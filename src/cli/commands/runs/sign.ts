import { say } from '../../../core/language/say.ts';
import { relative } from 'node:path';
import { defineCommand } from '../../command/define-command.ts';
import { optional, value } from '../../command/parameters.ts';
import { file, recordPlace } from '../../command/value-types.ts';
import { outcome } from '../../outcome.ts';

export const signCommand = defineCommand({
  name: 'sign',
  group: 'scenarios',
  summary: say`sign the record of a run with your SSH key, so that nothing in it can be changed unnoticed`,
  details: [
    say`ssh-keygen signs run.json, which holds the hashes of all files of the run; the signature is run.json.sig next to it.`,
    say`A record that does not fit is not signed.`,
    say`If the key has a passphrase, ssh-keygen asks for it on the terminal.`,
  ].join(' '),
  arguments: {
    record: optional(recordPlace, say`name of a run, or the start of it; the folder of a run (default: the last run)`),
  },
  options: {
    key: value(
      { ...file, placeholder: 'file' },
      say`private key, or the public one of a key that an agent has (default: the first of id_ed25519, id_ecdsa, id_rsa in ~/.ssh)`,
    ),
  },
  examples: [
    { words: 'sign', does: say`the last run, with your own key` },
    { words: 'sign --key ~/.ssh/id_work.pub', does: say`with a key that ssh-agent holds` },
  ],
  run: async ({ context, arguments: { record }, options: { key } }) => {
    const { sign } = await import('../../../commands/runs/sign.ts');
    const result = await sign(context, { what: record, key });
    return outcome(
      result,
      [
        say`Signed ${result.run} with the key ${result.key}: ${relative(context.cwd, result.file)}\n`,
        say`Hand in the folder of the run; who has your public key checks it: lab verify FOLDER --key YOUR-KEY.pub\n`,
      ].join(''),
    );
  },
});
