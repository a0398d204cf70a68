/**
 * Where things lie on a machine, all relative to the home folder of its user, so that no special rights are needed.
 *
 * A program's folder is `lab/<lab>/<program>`: one visible folder in the home, in which a student finds every program
 * of every lab by name, and which no folder of the student's own is likely to be. It holds real files, no links into a
 * store: a script finds its neighbours, and to edit a file changes that one alone.
 *
 * `.lab/cas/<sha256>` keeps the content of what was sent, `.lab/deployed/<lab>/<program>/now` and `before` list what
 * lies in the program's folder and what lay there before, `.lab/runtime/<key>/node` is our Node, `.lab/incoming/<pid>`
 * is what is being received.
 */
export function programFolder(labName: string, programName: string): string {
  return `lab/${labName}/${programName}`;
}

/** Where our Node lies when it was sent; a provider may have put it into `/opt/lab/runtime/<key>`. */
export function runtimeFolder(key: string): string {
  return `.lab/runtime/${key}`;
}
