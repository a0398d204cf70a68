import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assertPassed, testSets } from '../helpers/program-sets.ts';

await testSets('files of programs, where they are built and where they lie', [
  {
    folder: 'sets/34-file-transfer',
    title: 'a step looks at the file that a program has received, in the folder of that program',
    large: { 'photo.jpg': 3_000_000 },
    replace: [['{ on: vm1, command: [ls', '{ program: serveur, command: [ls']],
  },
  {
    folder: 'sets/34-file-transfer',
    title: 'a step that looks for that file in the home folder is told where it lies',
    large: { 'photo.jpg': 3_000_000 },
    check({ result, shown }) {
      assert.equal(result, 'failed', shown);
      assert.match(shown, /recu_photo\.jpg lies in the folder of serveur, but commands run in the home folder/);
      assert.match(shown, /Write: run: \{ program: serveur, command: \[ls, -l, recu_photo\.jpg\] \}/);
    },
  },
  {
    folder: 'variants/build-there',
    title:
      'a program is built on its machine; what the compiler warns of is shown once, and stands in the record of each run',
    needs: ['cc', 'make'],
    async check(first, set) {
      assertPassed(first);
      assert.ok(!existsSync(join(set.path, 'server')), 'nothing is made on this host');
      const shown = set.events.filter((event) => event.kind === 'notice');
      assert.equal(shown.length, 1);
      assert.match(shown[0]!.message, /^the build of server succeeded, and said:\n[^]*server\.c[^]*gets/);
      const second = await set.play();
      for (const played of [first, second]) {
        const events = readFileSync(join(played.folder, 'events.ndjson'), 'utf8');
        assert.match(events, /"kind":"notice","level":"warning","message":"the build of server succeeded/);
      }
      assert.match(await second.report('html'), /gets/);
    },
  },
]);
