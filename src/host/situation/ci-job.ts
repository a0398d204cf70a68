import { relative, resolve } from 'node:path';

/** Services that run jobs; `other` is one that only says `CI=true`, as nearly all do. */
export type CiService = 'github' | 'gitlab' | 'other';

/** The job that this process is a part of. */
export interface CiJob {
  readonly service: CiService;
  /** Absolute path of the folder that the service takes paths of files from; undefined where it says none. */
  readonly workspace: string | undefined;
}

/** Whose job this process is a part of; undefined outside of one. Forgejo and Gitea say that they are GitHub. */
export function ciJob(): CiJob | undefined {
  if (process.env['GITHUB_ACTIONS'] === 'true') return job('github', process.env['GITHUB_WORKSPACE']);
  if (process.env['GITLAB_CI'] === 'true') return job('gitlab', process.env['CI_PROJECT_DIR']);
  return /^(true|1)$/i.test(process.env['CI'] ?? '') ? job('other', process.env['WORKSPACE']) : undefined;
}

function job(service: CiService, workspace: string | undefined): CiJob {
  return { service, workspace: workspace ? resolve(workspace) : undefined };
}

/** The absolute path as the service knows it: from its folder of the repository, when it lies there. */
export function pathInWorkspace(path: string): string {
  const workspace = ciJob()?.workspace;
  const inside = workspace === undefined ? path : relative(workspace, path);
  return inside.startsWith('..') ? path : inside.replaceAll('\\', '/');
}
