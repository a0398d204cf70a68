export interface RoutedLab {
  readonly networks: number;
  /** On each network. */
  readonly machines: number;
}

/** A lab file of networks in a row, each with its machines, and a router between each two: one router less than networks. */
export function routedLab({ networks, machines }: RoutedLab): string {
  const all = Array.from({ length: networks }, (_, index) => index);
  return [
    'version: 1',
    'name: routed',
    'networks:',
    ...all.map((number) => `  n${number}: { subnet: 10.98.${number}.0/24, nat: false }`),
    'machines:',
    ...all.map((number) => `  h${number}: { count: ${machines}, address: 10.98.${number}.10+ }`),
    ...all
      .slice(1)
      .map(
        (number) =>
          `  r${number}: { forward: true, routes: auto, address: [10.98.${number - 1}.${number === 1 ? 1 : 2}, 10.98.${number}.1] }`,
      ),
    '',
  ].join('\n');
}
