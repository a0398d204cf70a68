import { MONO_FONTS, SANS_FONTS } from '../markup/fonts.ts';

/** Keeps a text readable on whatever lies below it. */
const HALO = 'paint-order: stroke; stroke: var(--topo-ground); stroke-width: 5px; stroke-linejoin: round;';
const LIGHT =
  '--topo-ground: #fff; --topo-ink: #1b2330; --topo-soft: #556070; --topo-rule: #8c98a8; ' +
  '--topo-accent: #1d5fc4; --topo-second: #a5480b; --topo-third: #17734a; --topo-fourth: #8a2f8f; ' +
  '--topo-fifth: #8a6a00; --topo-sixth: #0b7285; --topo-box: #f4f7fb; --topo-router: #e9eef6;';
const DARK =
  '--topo-ground: #12161c; --topo-ink: #e7ecf2; --topo-soft: #a3aebc; --topo-rule: #6c7888; ' +
  '--topo-accent: #78aefc; --topo-second: #f4a261; --topo-third: #5fcf97; --topo-fourth: #d79be0; ' +
  '--topo-fifth: #e0c050; --topo-sixth: #5cc8dc; --topo-box: #1a2029; --topo-router: #222b38;';

/** Colours and type, for the picture's own file and for a page around it. */
export const TOPOLOGY_STYLE = `
.topology { ${LIGHT} font-family: ${SANS_FONTS}; }
@media (prefers-color-scheme: dark) { .topology { ${DARK} } }
@media print { .topology { ${LIGHT} } }
.topology text { fill: var(--topo-ink); font-size: 13px; }
.topology .topo-ground { fill: var(--topo-ground); }
.topology .topo-name { font-weight: 700; font-size: 15px; }
.topology .topo-mono { font-family: ${MONO_FONTS}; font-size: 12px; white-space: pre; }
.topology .topo-soft { fill: var(--topo-soft); }
.topology text.topo-net { fill: currentColor; font-weight: 700; ${HALO} }
.topology .topo-box { fill: var(--topo-box); stroke: var(--topo-rule); stroke-width: 1.5; }
.topology .topo-router { fill: var(--topo-router); stroke: var(--topo-ink); stroke-width: 2.5; }
.topology .topo-sign { fill: var(--topo-ground); stroke: var(--topo-ink); stroke-width: 1.5; }
.topology .topo-arrows { fill: none; stroke: var(--topo-ink); stroke-width: 1.3; }
.topology .topo-chip { fill: var(--topo-ground); stroke: var(--topo-accent); }
.topology .topo-bus { stroke: currentColor; stroke-width: 4; stroke-linecap: round; }
.topology .topo-wire { stroke: currentColor; stroke-width: 2; fill: none; }
.topology .topo-outside { fill: none; stroke: var(--topo-rule); stroke-dasharray: 4 3; stroke-width: 1.5; }
.topology .topo-dot { fill: currentColor; }
.topo-net-0 { color: var(--topo-accent); }
.topo-net-1 { color: var(--topo-second); }
.topo-net-2 { color: var(--topo-third); }
.topo-net-3 { color: var(--topo-fourth); }
.topo-net-4 { color: var(--topo-fifth); }
.topo-net-5 { color: var(--topo-sixth); }
`;
