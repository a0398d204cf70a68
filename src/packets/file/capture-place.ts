import type { CapturePlace } from './captured-packet.ts';

/** Whether datagrams to and from these ports are captured at a place. */
export function seesDatagrams({ filter }: CapturePlace, ports: readonly number[]): boolean {
  if (filter === undefined) return false;
  const named = [...filter.matchAll(/\budp (?:(?:src|dst) )?port (\d+)/g)].map(([, port]) => Number(port));
  return filter === '' || named.some((port) => ports.includes(port));
}
