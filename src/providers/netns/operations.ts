import { MountFlag } from './syscalls.ts';

/** One line of a plan: a name that executor.pl knows, and its fields. A name that ends in `?` may fail without harm. */
export type Operation = readonly [name: string, ...fields: (string | number)[]];

/** The plan as the executor reads it: fields separated by tabs; bytes that would disturb that as %XX. */
export function encodePlan(operations: readonly Operation[]): string {
  return `${operations.map(encodeFields).join('\n')}\nend-plan\n`;
}

/** Fields as the executor reads them in one line. */
export function encodeFields(fields: readonly (string | number)[]): string {
  return fields.map(encodeField).join('\t');
}

function encodeField(field: string | number): string {
  return String(field).replaceAll(
    /[%\t\n\r\0-\x08]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

export function mkdir(path: string, mode = 0o755, uid = 0, gid = 0): Operation {
  return ['mkdir', path, mode.toString(8), uid, gid];
}

export function write(path: string, content: string, mode = 0o644, uid = 0, gid = 0): Operation {
  return ['write', path, mode.toString(8), uid, gid, content];
}

export function copy(source: string, path: string, mode: number): Operation {
  return ['copy', source, path, mode.toString(8), 0, 0];
}

export function symlink(target: string, path: string): Operation {
  return ['symlink', target, path];
}

export function mount(type: string, target: string, flags: number, data = ''): Operation {
  return ['mount', type, target, type, flags, data];
}

export function tmpfs(
  target: string,
  data: string,
  {
    flags = MountFlag.noSuid | MountFlag.noDev,
    label = 'tmpfs',
  }: { readonly flags?: number; readonly label?: string } = {},
): Operation {
  return ['mount', label, target, 'tmpfs', flags, data];
}

export function bind(source: string, target: string, flags = 0): Operation {
  return ['mount', source, target, '', MountFlag.bind | flags, ''];
}

/** A second step, because mount(2) ignores MS_RDONLY in the call that makes a bind mount. */
export function remountReadOnly(target: string, flags = 0): Operation {
  return ['mount', '', target, '', MountFlag.remount | MountFlag.bind | MountFlag.readOnly | flags, ''];
}

/** The operation, but the machine works without it. */
export function optional([name, ...fields]: Operation): Operation {
  return [`${name}?`, ...fields];
}

/** A file of `/proc/sys`; many are absent on some kernel, and the machine works without the ones that are set here. */
export function sysctl(name: string, value: string | number): Operation {
  return optional(['sysctl', `/proc/sys/${name.replaceAll('.', '/')}`, String(value)]);
}

/** The operation, or nothing, as a spreadable list. */
export function when(condition: boolean, ...operations: Operation[]): Operation[] {
  return condition ? operations : [];
}
