import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
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

/**
 * A source of APT in a folder that every user may read, with nothing in it but these packages.
 *
 * @returns a folder for /etc/apt, with that source alone.
 */
export function makeSource(folder: string, packages: readonly PackageParts[], kind: 'copy' | 'file' = 'copy'): string {
  const [pool, settings] = [join(folder, 'pool'), join(folder, 'apt')];
  for (const path of [pool, settings, join(settings, 'sources.list.d')]) mkdirSync(path);
  const entries = packages.map((parts) => {
    const path = makePackage(pool, parts);
    const content = readFileSync(path);
    const control = execFileSync('dpkg-deb', ['--field', path], { encoding: 'utf8' });
    const sum = createHash('sha256').update(content).digest('hex');
    return `${control}Filename: ./${path.slice(pool.length + 1)}\nSize: ${content.length}\nSHA256: ${sum}\n`;
  });
  writeFileSync(join(pool, 'Packages'), entries.join('\n'));
  writeFileSync(join(settings, 'sources.list'), `deb [trusted=yes] ${kind}:${pool} ./\n`);
  for (const path of [folder, pool, settings, join(settings, 'sources.list.d')]) chmodSync(path, 0o755);
  for (const name of readdirSync(pool)) chmodSync(join(pool, name), 0o644);
  return settings;
}
