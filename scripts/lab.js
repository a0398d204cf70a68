#!/usr/bin/env node
// What npm installs as the command `lab`: on Linux, macOS and Windows, with the Node.js of its user. It says what is missing before anything newer than itself is read.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// The first of 22 with long-term support.
const OLDEST_NODE = '22.11';
const [oldest, found] = [OLDEST_NODE, process.versions.node].map((version) => version.split('.').map(Number));
const main = new URL('../dist/cli/main.js', import.meta.url);

if (found[0] < oldest[0] || (found[0] === oldest[0] && found[1] < oldest[1]))
  cannot(`it needs Node.js ${OLDEST_NODE} or newer, and this is ${process.versions.node} (${process.execPath}).`);
else if (!existsSync(main))
  // npm links to a checkout that it is given as a folder, and compiles nothing there.
  cannot(
    `it is not built yet.\nRun this once:  npm --prefix ${fileURLToPath(new URL('..', import.meta.url))} run setup`,
  );
else await import(main.href);

/** @param {string} reason */
function cannot(reason) {
  process.stderr.write(`lab: ${reason}\n`);
  process.exitCode = 3;
}
