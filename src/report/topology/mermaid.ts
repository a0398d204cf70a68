import { addressesOn } from '../../core/lab-description.ts';
import { sanitize } from '../../core/text/sanitize.ts';
import { programText, type Topology } from './topology.ts';

/**
 * A lab as a Mermaid flow chart (https://mermaid.js.org/syntax/flowchart.html), which GitHub, GitLab and many editors
 * draw. Ends with a line feed.
 */
export function topologyMermaid({ networks, machines }: Topology): string {
  const networkIds = new Map(networks.map(({ name }, index) => [name, `net${index}`]));
  const lines = networks.flatMap(({ name, subnet, gateway, nat }) => {
    const id = networkIds.get(name)!;
    const node = `  ${id}([${quoted([name, subnet])}])`;
    return gateway === undefined || !nat
      ? [node]
      : [node, `  ${id} -. ${quoted([`NAT ${gateway}`])} .- outside(("…"))`];
  });
  const boxes = machines.flatMap(({ name, user, forward, interfaces, programs }, index) => [
    `  m${index}${forward === true ? '{{' : '['}${quoted([`${name} (${user})`, ...programs.map((program) => `▸ ${programText(program)}`)])}${forward === true ? '}}' : ']'}`,
    ...interfaces.flatMap((each) => {
      const id = networkIds.get(each.network);
      return id === undefined ? [] : [`  ${id} --- |${quoted([each.name, ...addressesOn(each)])}| m${index}`];
    }),
  ]);
  return ['flowchart TB', ...lines, ...boxes].map((line) => `${line}\n`).join('');
}

function quoted(lines: readonly string[]): string {
  return `"${lines.map(mermaidText).join('<br>')}"`;
}

/**
 * Text in a Mermaid diagram, which writes characters that mean something by their numbers: `#35;` (Entity codes to
 * escape characters).
 */
export function mermaidText(text: string): string {
  return sanitize(text).replaceAll(/["#<>&;`\n%{}]/g, (character) => `#${character.codePointAt(0)};`);
}
