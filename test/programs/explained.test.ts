import assert from 'node:assert/strict';
import { assertFailed, testSets, type PlayedSet } from '../helpers/program-sets.ts';

/** What is wrong with the lab file or a build is told before anything is played. */
function refused(...sentences: readonly RegExp[]): (played: PlayedSet) => void {
  return ({ result, shown }) => {
    assert.equal(result, undefined, shown);
    for (const sentence of sentences) assert.match(shown, sentence);
  };
}

await testSets('mistakes that are explained before anything is played', [
  {
    folder: 'sets/32-tabs',
    title: 'tabs in the lab file',
    check: refused(/lab\.yaml:9:1: a tab cannot indent a line/, /lab\.yaml:11:1: a tab/, /indent with spaces/),
  },
  {
    folder: 'sets/67-windows-encodings',
    file: 'utf16.yaml',
    title: 'a lab file in UTF-16',
    check: refused(/lab\.yaml:1:1: is written in UTF-16/, /save the file as UTF-8/),
  },
  {
    folder: 'sets/67-windows-encodings',
    file: 'latin1.yaml',
    title: 'a lab file in Latin-1',
    check: refused(/lab\.yaml:15:33: a character that is not UTF-8/, /save the file as UTF-8/),
  },
  {
    folder: 'sets/52-c-compile-error',
    title: 'C that does not compile',
    needs: ['cc'],
    check: refused(
      /the build of serveur failed: gcc -o serveur serveur\.c ended with status 1/,
      /serveur\.c:7:71: error/,
    ),
  },
]);

await testSets('programs that end early are explained by their own words', [
  {
    folder: 'sets/30-py-latin1-source',
    title: 'Python refuses its source',
    check: (played) =>
      assertFailed(played, {
        step: 'start: serveur',
        says: [/serveur ended with status 1/, /Non-UTF-8 code starting with '\\xe9' in file .*serveur\.py on line 2/],
      }),
  },
  {
    folder: 'sets/42-bug-client-first',
    title: 'the client is started before the server',
    check: (played) =>
      assertFailed(played, {
        step: 'send: { client: "bonjour" }',
        says: [/ended with status 1/, /Connection refused/],
      }),
  },
  {
    folder: 'sets/55-ctrl-c-exit',
    title: 'Python that is interrupted ends with a signal, not with 0',
    check: (played) =>
      assertFailed(played, { step: 'exit: { serveur: 0 }', says: [/ended with signal INT/, /KeyboardInterrupt/] }),
  },
  {
    folder: 'sets/55-ctrl-c-exit',
    file: 'lab-130.yaml',
    title: 'and not with 130, as a shell would say',
    check: (played) => assertFailed(played, { step: 'exit: { serveur: 130 }', says: [/ended with signal INT/] }),
  },
]);
