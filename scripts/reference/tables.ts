// Before everything else: descriptions are made when their module is loaded.
import '../../src/cli/speak.ts';
import { helpText } from '../../src/cli/command/help-text.ts';
import { commandReference, environmentReference, exitCodeReference } from '../../src/cli/command/reference.ts';
import { commands } from '../../src/cli/commands/index.ts';
import { readTopic, topicNames } from '../../src/cli/help/topics.ts';
import { labFieldReference, stepTable } from '../../src/lab/fields/field-reference.ts';
import { stepReference } from '../../src/scenario/step-schema.ts';
import { libraryExample, libraryReference } from '../api/library-reference.ts';

/*
 * Prints the tables of the reference as JSON, by name, in the language of the command line: `node tables.ts --lang fr`.
 */
process.stdout.write(
  JSON.stringify({
    commands: commandReference(commands),
    'exit-codes': exitCodeReference(),
    environment: environmentReference(),
    fields: labFieldReference(),
    steps: stepTable(stepReference()),
    library: libraryReference(),
    'node-test': libraryExample('tp1.node-test.ts'),
    vitest: libraryExample('machines.vitest.ts'),
    topics: topicList(),
    help: helpText([], commands),
  }),
);

/** Every topic with a link to its page, as it is seen from the root of the repository. */
function topicList(): string {
  return topicNames()
    .map((name) => readTopic(name))
    .map(({ name, language, summary }) => `- [${name}](src/cli/help/topics/${language}/${name}.md): ${summary}`)
    .join('\n');
}
