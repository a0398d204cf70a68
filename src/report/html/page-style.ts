import { MONO_FONTS, SANS_FONTS } from '../markup/fonts.ts';

/** The look of a report: a printed document that is pleasant on a screen too. */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --ground: #fff; --panel: #f4f7fb; --ink: #1b2330; --soft: #556070; --rule: #d5dce5; --accent: #1d5fc4;
  --good: #17734a; --good-ground: #ebf6f0; --bad: #b42318; --bad-ground: #fdeeec;
  --word: #8a2be2; --string: #17734a; --comment: #5c6b7a; --number: #a5480b; --title: #1d5fc4;
  --mono: ${MONO_FONTS};
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #12161c; --panel: #1a2029; --ink: #e7ecf2; --soft: #a3aebc; --rule: #323c49; --accent: #78aefc;
    --good: #5fcf97; --good-ground: #13281f; --bad: #ff8a7a; --bad-ground: #331a18;
    --word: #c6a0ff; --string: #7fd6a3; --comment: #93a0b0; --number: #f4a261; --title: #78aefc;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
body {
  margin: 0 auto; padding: 1.6rem 1.5rem 4rem; max-width: 59.25rem; background: var(--ground); color: var(--ink);
  font: 16px/1.55 ${SANS_FONTS}; overflow-wrap: break-word;
}
h1 { margin: 0 0 .7rem; font-size: 1.8rem; line-height: 1.2; letter-spacing: -.01em; text-wrap: balance; }
h2 {
  margin: 3rem 0 1rem; padding-bottom: .35rem; border-bottom: 2px solid var(--rule); font-size: 1.4rem;
  line-height: 1.3;
}
h3 { margin: 1.8rem 0 .6rem; font-size: 1.08rem; }
.section-number { display: inline-block; min-width: 1.6rem; margin-right: .25rem; color: var(--accent); }
p { margin: .7rem 0; max-width: 46rem; }
a { color: var(--accent); }
code, pre { font-family: var(--mono); font-size: .875em; }
code { overflow-wrap: anywhere; }
td code.short { white-space: nowrap; }
td code.hash { font-size: .72rem; white-space: nowrap; }
p code, li code, dd code { padding: .08em .32em; border-radius: 4px; background: var(--panel); }
header { padding-bottom: .8rem; border-bottom: 3px solid var(--accent); }
.heading { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: .5rem 1.2rem; margin: 0; font-size: .92rem; }
dt { color: var(--soft); font-size: .82rem; }
dd { margin: 0; }
.facts { display: grid; gap: .4rem; margin: .6rem 0; }
.facts div {
  display: grid; grid-template-columns: minmax(6rem, 12rem) minmax(0, 1fr); gap: 1rem; align-items: baseline;
}
.tone { font-weight: 600; }
.tone-good { color: var(--good); }
.tone-bad { color: var(--bad); }
.tiles {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(9.2rem, 1fr)); gap: .5rem; margin: 1rem 0;
  padding: 0; list-style: none;
}
.tile {
  position: relative; padding: .5rem .65rem; line-height: 1.3; border: 1px solid var(--rule); border-left: 4px solid var(--soft); border-radius: 6px;
  background: var(--panel);
}
.tile b { display: block; color: var(--soft); font-size: .82rem; font-weight: 400; }
.tile a { color: inherit; text-underline-offset: .2em; text-decoration-color: var(--rule); }
/* The whole card is the link; what is said below it can still be marked and copied. */
.tile a::after { content: ""; position: absolute; inset: 0; border-radius: inherit; }
.tile:hover { border-color: var(--accent); }
.tile span { font-size: .94rem; font-weight: 600; line-height: 1.35; }
.tile .mark { font-weight: 700; }
.tile p { position: relative; margin: .45rem 0 0; white-space: pre-line; overflow-wrap: anywhere; }
.tile b.detail { display: inline; }
.tile-wide { grid-column: 1 / -1; }
.tile-good { border-left-color: var(--good); }
.tile-good .mark { color: var(--good); }
.tile-bad { border-left-color: var(--bad); background: var(--bad-ground); }
.tile-bad span { color: var(--bad); }
nav ol {
  display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; margin: 1rem 0 0; padding-left: 0; list-style: none;
  counter-reset: section; font-size: .92rem;
}
nav li { counter-increment: section; }
nav li::before { content: counter(section) ". "; color: var(--soft); }
.remark {
  padding: .55rem .85rem; border-left: 4px solid var(--soft); border-radius: 4px; background: var(--panel);
  white-space: pre-line;
}
.remark-good { border-left-color: var(--good); background: var(--good-ground); }
.remark-bad { border-left-color: var(--bad); background: var(--bad-ground); }
.remark-good > .mark { color: var(--good); font-weight: 700; }
.remark-bad > .mark { color: var(--bad); font-weight: 700; }
.wide { overflow-x: auto; }
table { width: 100%; margin: 1rem 0; border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums; }
caption { margin-bottom: .3rem; color: var(--soft); font-size: .85rem; text-align: left; }
th, td { padding: .4rem .6rem; border-bottom: 1px solid var(--rule); text-align: left; vertical-align: top; }
th { color: var(--soft); font-size: .82rem; font-weight: 600; }
thead th { border-bottom-width: 2px; }
table.dense { font-size: .78rem; }
table.dense th, table.dense td { padding: .2rem .4rem; }
td.number { text-align: right; white-space: nowrap; }
figure { margin: 1.2rem 0; }
figcaption { color: var(--soft); font-size: .85rem; }
.picture svg { display: block; max-width: 100%; height: auto; margin: 0 auto; }
#glance h2 { margin: 1.2rem 0 .6rem; }
#glance h3 { margin: .8rem 0 .4rem; }
#glance .picture { margin: .4rem 0; }
@media screen { #glance .picture svg { max-height: 9rem; } #glance .picture figcaption { display: none; } }
#glance .diagram { margin: .4rem 0 1.2rem; }
.picture figcaption { margin-top: .4rem; text-align: center; }
.listing figcaption, .listing summary {
  padding: .35rem .8rem; border: 1px solid var(--rule); border-bottom: 0; border-radius: 6px 6px 0 0;
  background: var(--panel);
}
details.listing { margin: 1.2rem 0; }
details.listing summary { border-bottom: 1px solid var(--rule); border-radius: 6px; cursor: pointer; }
details.listing[open] summary { border-bottom: 0; border-radius: 6px 6px 0 0; }
pre {
  margin: 0; padding: .8rem; border: 1px solid var(--rule); border-radius: 0 0 6px 6px; line-height: 1.45;
  white-space: pre-wrap; overflow-wrap: anywhere; tab-size: 4;
}
pre.source { max-height: 34rem; overflow: auto; }
pre.terminal { max-height: 34rem; overflow: auto; background: #12161c; color: #e7ecf2; }
.more { display: none; color: var(--soft); font-family: system-ui, sans-serif; }
.omitted {
  display: block; margin: .4rem 0; padding: .2rem .5rem; border-radius: 4px; background: var(--panel);
  color: var(--soft); font-family: system-ui, sans-serif;
}
.omitted code { font-size: 1em; }
.hljs-keyword, .hljs-built_in, .hljs-type, .hljs-literal, .hljs-meta { color: var(--word); }
.hljs-string, .hljs-regexp, .hljs-subst { color: var(--string); }
.hljs-comment { color: var(--comment); font-style: italic; }
.hljs-number, .hljs-attr, .hljs-variable { color: var(--number); }
.hljs-title, .hljs-section, .hljs-name { color: var(--title); font-weight: 600; }
.controls { display: flex; flex-wrap: wrap; align-items: center; gap: .6rem; margin: .6rem 0; }
button, select {
  padding: .35rem .8rem; border: 1px solid var(--rule); border-radius: 6px; background: var(--panel);
  color: var(--ink); font: inherit; cursor: pointer;
}
button:first-child { border-color: var(--accent); background: var(--accent); color: var(--ground); font-weight: 600; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.hint { color: var(--soft); font-size: .85rem; }
.screens { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr)); gap: 1rem; }
.player { margin: 0; min-width: 0; }
.player figcaption { margin-bottom: .3rem; font-weight: 600; }
.screen { min-height: 8rem; }
.diagram { margin: 1.2rem 0; }
.diagram svg { display: block; width: 100%; height: auto; }
.diagram .narrow { display: none; }
.switch { display: flex; flex-wrap: wrap; gap: .2rem .5rem; }
.switch .drawn { flex: 0 0 100%; min-width: 0; margin-top: .6rem; }
.switch label { margin-right: .8rem; }
.switch .scaled { display: none; }
.switch input:nth-of-type(2):checked ~ .scaled { display: block; }
.switch input:nth-of-type(2):checked ~ .compressed { display: none; }
.segments summary { margin-top: .5rem; cursor: pointer; color: var(--accent); }
@media screen and (max-width: 44rem) {
  body { padding: 1rem .9rem 3rem; }
  h1 { font-size: 1.35rem; margin-bottom: .4rem; }
  header { padding-bottom: .5rem; }
  .heading { grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .2rem 1rem; font-size: .82rem; }
  .heading dt { font-size: .72rem; }
  .tiles { gap: .35rem; margin: .6rem 0; }
  .tile { padding: .3rem .5rem; }
  .tile b { font-size: .74rem; }
  .tile span { font-size: .84rem; line-height: 1.25; }
  #glance { display: flex; flex-direction: column; }
  #glance h2 { font-size: 1.15rem; margin: .5rem 0 .3rem; }
  #glance h3 { font-size: .95rem; margin: .3rem 0; }
  #glance .switch { font-size: .85rem; }
  /* The machines are named in the diagram, too; their picture follows it. */
  #glance .picture { order: 1; }
  nav ol { flex-wrap: nowrap; overflow-x: auto; white-space: nowrap; margin-top: .6rem; padding-bottom: .3rem; }
  .diagram .roomy { display: none; }
  .diagram .narrow { display: block; max-width: 30rem; margin: 0 auto; }
}
footer {
  margin-top: 3rem; padding-top: .8rem; border-top: 1px solid var(--rule); color: var(--soft); font-size: .85rem;
}
footer p { max-width: none; }
@page { size: A4; margin: 16mm 14mm 18mm; }
@media print {
  :root {
    color-scheme: light;
    --ground: #fff; --panel: #f4f7fb; --ink: #1b2330; --soft: #556070; --rule: #d5dce5; --accent: #1d5fc4;
    --good: #17734a; --good-ground: #ebf6f0; --bad: #b42318; --bad-ground: #fdeeec;
    --word: #8a2be2; --string: #17734a; --comment: #5c6b7a; --number: #a5480b; --title: #1d5fc4;
  }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { max-width: none; padding: 0; font-size: 10pt; line-height: 1.4; }
  h1 { font-size: 20pt; }
  h2 { margin-top: 8mm; font-size: 14pt; }
  h1, h2, h3, caption, figcaption { break-after: avoid; }
  p { max-width: none; orphans: 3; widows: 3; }
  tr, .tile, .remark, .picture, .piece, .facts div { break-inside: avoid; }
  thead { display: table-header-group; }
  table { font-size: 8.5pt; }
  td code.hash { font-size: 6.5pt; }
  nav, .players, .switch > input, .switch > label, .segments, .switch .scaled, details.listing {
    display: none !important;
  }
  .switch { display: block; }
  .switch .compressed { display: block !important; margin: 0; }
  .rest { display: none; }
  .more { display: block !important; }
  .wide { overflow: visible; }
  pre, pre.source, pre.terminal {
    max-height: none; overflow: visible; font-size: 8pt; box-decoration-break: clone;
    -webkit-box-decoration-break: clone;
  }
  pre.terminal { background: #f4f7fb; color: #1b2330; }
  a { color: inherit; text-decoration: none; }
}
`;
