import { MONO_FONTS, SANS_FONTS } from '../markup/fonts.ts';

/**
 * Colours and type of the diagram, for its own file and for a page around it. The colours of a phase are those of the
 * states that belong to it, so that the lifelines tell the same story as the bands. All text has a contrast of at least
 * 4.5 to its ground (WCAG 2.2, 1.4.3), in light and in dark.
 */
export const DIAGRAM_STYLE = `
.tcp {
  --tcp-ground: #fff; --tcp-ink: #1b2330; --tcp-soft: #556070; --tcp-rule: #c9d1db; --tcp-warn: #b42318;
  --tcp-handshake: #1d5fc4; --tcp-data: #17734a; --tcp-close: #a5480b; --tcp-none: #6a7585;
  --tcp-handshake-ground: #eaf2fd; --tcp-data-ground: #ebf6f0; --tcp-close-ground: #fdf1e7;
}
@media (prefers-color-scheme: dark) {
  .tcp {
    --tcp-ground: #12161c; --tcp-ink: #e7ecf2; --tcp-soft: #a3aebc; --tcp-rule: #3a4553; --tcp-warn: #ff8a7a;
    --tcp-handshake: #78aefc; --tcp-data: #5fcf97; --tcp-close: #f4a261; --tcp-none: #8b96a5;
    --tcp-handshake-ground: #16233a; --tcp-data-ground: #13281f; --tcp-close-ground: #2f2116;
  }
}
@media print {
  .tcp {
    --tcp-ground: #fff; --tcp-ink: #1b2330; --tcp-soft: #556070; --tcp-rule: #c9d1db; --tcp-warn: #b42318;
    --tcp-handshake: #1d5fc4; --tcp-data: #17734a; --tcp-close: #a5480b; --tcp-none: #6a7585;
    --tcp-handshake-ground: #eaf2fd; --tcp-data-ground: #ebf6f0; --tcp-close-ground: #fdf1e7;
  }
}
.tcp { font-family: ${SANS_FONTS}; }
.tcp text { fill: var(--tcp-ink); }
.tcp-ground { fill: var(--tcp-ground); }
.tcp-mono { font: 12px ${MONO_FONTS}; }
.tcp-end-name { font-size: 14px; font-weight: 700; }
.tcp-end-box { fill: var(--tcp-ground); stroke: var(--tcp-rule); }
.tcp-label { font-size: 12px; }
.tcp-flags { font-weight: 700; }
.tcp text.tcp-small { font-size: 11px; fill: var(--tcp-soft); }
.tcp text.tcp-warn, .tcp tspan.tcp-warn { fill: var(--tcp-warn); font-weight: 700; }
/* A state is named again where a new page may begin. */
.tcp-again { display: none; }
@media print { .tcp-again { display: inline; } }
.tcp-state { font-size: 10.5px; font-weight: 600; letter-spacing: .02em; }
.tcp-said { font-weight: 700; }
.tcp text.tcp-payload { font-style: italic; fill: var(--tcp-soft); }
.tcp text.tcp-command, .tcp text.tcp-end { font-family: inherit; fill: var(--tcp-soft); }
.tcp-arrow { fill: none; stroke: currentColor; stroke-width: 2; }
.tcp-bare .tcp-arrow { stroke-width: 1.25; }
.tcp-lost .tcp-arrow { stroke-dasharray: 5 4; }
.tcp-cross { fill: none; stroke: currentColor; stroke-width: 2.5; }
.tcp-head { fill: currentColor; }
.tcp-fold-box { fill: var(--tcp-ground); stroke: currentColor; stroke-dasharray: 3 3; }
.tcp-phase-name { font-size: 15px; font-weight: 700; }
.tcp text.tcp-phase-name { fill: currentColor; }
.tcp-phase-bar, .tcp-life { fill: currentColor; }
.tcp-handshake { color: var(--tcp-handshake); }
.tcp-data { color: var(--tcp-data); }
.tcp-close { color: var(--tcp-close); }
.tcp-none { color: var(--tcp-none); }
.tcp text.tcp-colored { fill: currentColor; }
rect.tcp-handshake { fill: var(--tcp-handshake-ground); }
rect.tcp-data { fill: var(--tcp-data-ground); }
rect.tcp-close { fill: var(--tcp-close-ground); }
`;
