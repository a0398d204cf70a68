import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findOnHost } from '../../src/host/tools.ts';

/** Why packages cannot be tested on this host; false when they can. */
export function withoutDpkg(): string | false {
  return findOnHost('dpkg-deb') === undefined || findOnHost('apt-get') === undefined
    ? 'this needs dpkg and APT'
    : false;
}

export interface PackageParts {
  readonly name: string;
  readonly version?: string;
  readonly depends?: string;
  /** By absolute path; those in a folder `bin` can be run. */
  readonly files: Readonly<Record<string, string>>;
  /** Shell script that runs after the package is unpacked (deb-postinst(5)). */
  readonly afterwards?: string;
}

/** Makes a package in `folder`. @returns its path. */
export function makePackage(folder: string, parts: PackageParts): string {
  const { name, version = '1.0', depends, files, afterwards } = parts;
  const root = mkdtempSync(join(tmpdir(), 'lab-deb-'));
  try {
    const write = (path: string, content: string, mode: number): void => {
      mkdirSync(dirname(join(root, path)), { recursive: true, mode: 0o755 });
      writeFileSync(join(root, path), content, { mode });
    };
    const control = {
      Package: name,
      Version: version,
      Architecture: 'all',
      Maintainer: 'test <test@example.org>',
      ...(depends && { Depends: depends }),
      Description: 'made by a test',
    };
    const lines = Object.entries(control).map(([field, value]) => `${field}: ${value}\n`);
    write('DEBIAN/control', lines.join(''), 0o644);
    if (afterwards !== undefined) write('DEBIAN/postinst', `#!/bin/sh\nset -e\n${afterwards}\n`, 0o755);
    const settings = Object.keys(files).filter((path) => path.startsWith('/etc/'));
    write('DEBIAN/conffiles', settings.map((path) => `${path}\n`).join(''), 0o644);
    for (const [path, content] of Object.entries(files)) write(path, content, /\/s?bin\//.test(path) ? 0o755 : 0o644);
    const target = join(folder, `${name}_${version}_all.deb`);
    execFileSync('dpkg-deb', ['--root-owner-group', '--build', root, target], { stdio: 'pipe' });
    return target;
  } finally {
    rmSync(root, { recursive: true });
  }
}
