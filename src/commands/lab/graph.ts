import { resolve } from 'node:path';
import { UsageError } from '../../core/errors.ts';
import { suggestion } from '../../core/text/suggest.ts';
import { say } from '../../core/language/say.ts';
import { gatewaysOf, subnetsOf } from '../../lab/addresses.ts';
import type { Lab } from '../../lab/types.ts';
import { topologyMermaid } from '../../report/topology/mermaid.ts';
import { topologySvg } from '../../report/topology/topology-svg.ts';
import { topologyText } from '../../report/topology/topology-text.ts';
import { topologyOf, type Topology } from '../../report/topology/topology.ts';
import type { CommandContext } from '../../session/context.ts';
import { openLab } from '../../session/lab-file/open-lab.ts';
import { writeUserFile } from '../../host/files/user-file.ts';

export interface GraphOptions {
  readonly format: string;
  /** Path of a file; undefined: the picture is the result. */
  readonly output: string | undefined;
}

export interface GraphResult {
  readonly lab: string;
  readonly format: string;
  /** Absolute path. */
  readonly file: string | undefined;
  /** The picture, unless it was written to a file. */
  readonly graph: string | undefined;
}

const formats: Readonly<Record<string, (topology: Topology) => string>> = {
  text: topologyText,
  svg: (topology) =>
    `${topologySvg(topology, { title: topology.name, outside: say`host, Internet`, router: say`router` }, { id: 'topology', standalone: true })}\n`,
  mermaid: topologyMermaid,
};

/** The formats that `--format` knows, the default first. */
export const graphFormats: readonly string[] = Object.keys(formats);

/**
 * The networks and machines of the lab file as a picture. Nothing has to be up.
 *
 * @throws {UsageError} when the lab file has a fault, or there is no such format. @throws {EnvironmentError} when the
 * file cannot be written.
 */
export async function graph(context: CommandContext, { format, output }: GraphOptions): Promise<GraphResult> {
  const draw = formats[format];
  if (draw === undefined)
    throw new UsageError(say`there is no format "${format}"`, {
      code: 'unknown-format',
      hint: suggestion(format, graphFormats),
    });
  const { lab } = await openLab(context);
  const picture = draw(topologyOfLab(lab));
  if (output === undefined) return { lab: lab.name, format, file: undefined, graph: picture };
  const file = resolve(context.cwd, output);
  await writeUserFile(file, picture);
  return { lab: lab.name, format, file, graph: undefined };
}

function topologyOfLab({ name, networks, machines, programs }: Lab): Topology {
  return topologyOf(name, {
    networks: [...networks.values()].map((network) => ({
      name: network.name,
      subnet: subnetsOf(network).join(', '),
      gateway: gatewaysOf(network).join(', ') || undefined,
      nat: network.nat,
    })),
    machines: [...machines.values()],
    programs: [...programs.values()],
  });
}
