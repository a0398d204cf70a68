import assert from 'node:assert/strict';
import { testSets, type PlayedSet } from '../helpers/program-sets.ts';

interface ReportedFailure {
  /** The sentence on the first card of a French report. */
  readonly french: RegExp;
  /** Number of the steps: all, and those that were not reached. */
  readonly steps: readonly [all: number, skipped: number];
}

function isReported({ french, steps: [all, skipped] }: ReportedFailure): (played: PlayedSet) => Promise<void> {
  return async ({ report, shown }) => {
    const [head = ''] = (await report('md', 'fr')).split('\n## ');
    assert.match(head, french);
    assert.match(head, new RegExp(`${all - skipped - 1} étapes? réussies? sur ${all}`));
    assert.match(shown, new RegExp(`${all - skipped - 1} of ${all} steps? passed`));
    const [suites = ''] = /<testsuites .*>/.exec(await report('junit')) ?? [];
    assert.match(suites, new RegExp(`tests="${all}" failures="1" errors="0" skipped="${skipped}"`));
  };
}

await testSets('a failure is a whole sentence on the first card, and steps that were not reached are counted', [
  {
    folder: 'sets/30-py-latin1-source',
    title: 'the first step of one',
    check: isReported({
      french:
        /L’étape 1 attendait que serveur écoute sur le port 7999 de vm1, mais serveur s’est terminé avant, avec le code 1/,
      steps: [1, 0],
    }),
  },
  {
    folder: 'sets/47-bug-no-encode',
    title: 'a step in the middle',
    check: isReported({ french: /L’étape 4 attendait "bonjour" sur le terminal de serveur, mais /, steps: [5, 1] }),
  },
  {
    folder: 'sets/57-daemon',
    title: 'the last but one, of a server that opens its port some time after it went to the background',
    replace: [
      [
        'command: [python3, serveur.py]',
        `command: [sh, -c, "trap '' HUP; (sleep 0.3; exec setsid python3 serveur.py) > /dev/null 2>&1 & exit 0"]`,
      ],
    ],
    check: isReported({
      french: /L’étape 4 attendait "bonjour" .*serveur, mais serveur s’est terminé avant, avec le code 0/,
      steps: [5, 1],
    }),
  },
]);
