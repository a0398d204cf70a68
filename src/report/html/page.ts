import { createHash } from 'node:crypto';
import { DIAGRAM_STYLE } from '../diagram/diagram-style.ts';
import type { Detail, ReportDocument, Section } from '../document/blocks.ts';
import type { Language } from '../language/languages.ts';
import type { Notation } from '../language/wording.ts';
import { TOPOLOGY_STYLE } from '../topology/topology-style.ts';
import { blockMarkup } from './html-blocks.ts';
import { html, trusted, type Markup } from './markup.ts';
import { PAGE_SCRIPT } from './page-script.ts';
import { PAGE_STYLE } from './page-style.ts';
import { mark, value } from './values.ts';
import type { PlayerFiles } from './player-assets.ts';

/**
 * A report as one HTML file that needs nothing else: no request, no font, no image. A content security policy allows
 * exactly the two scripts and the style that stand in it, by their hashes (https://www.w3.org/TR/CSP3/), so that not
 * even a bug of ours would let a program's output run.
 */
export function reportPage(document: ReportDocument, language: Language, { player, record }: PageFiles): string {
  const style = `${player.style}\n${PAGE_STYLE}\n${DIAGRAM_STYLE}\n${TOPOLOGY_STYLE}`;
  const hasPlayers = document.sections.some(({ blocks }) => blocks.some(({ kind }) => kind === 'players'));
  const scripts = hasPlayers ? [player.script, PAGE_SCRIPT].map(inScript) : [];
  return `<!doctype html>\n${page(document, language, { style, scripts, record }).text}\n`;
}

/** What a page carries besides what it says. */
export interface PageFiles {
  readonly player: PlayerFiles;
  /** The record of the run as JSON, for `lab verify`; it is shown nowhere. */
  readonly record: string;
}

interface PageParts {
  readonly style: string;
  readonly scripts: readonly string[];
  readonly record: string;
}

function page(document: ReportDocument, language: Language, { style, scripts, record }: PageParts): Markup {
  const { title, sections, footer } = document;
  const { report, notation } = language;
  const { htmlLang, contents } = report;
  const links = sections.map(({ id, title: name }) => html`<li><a href="#${id}">${name}</a></li>`);
  return html`<html lang="${htmlLang}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy(style, scripts)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${trusted(style)}</style>
</head>
<body>
<header>
<h1>${notation.typeset(title)}</h1>
${headingMarkup(document, language)}
</header>
<main>
${summaryMarkup(document, language)}
<nav aria-label="${contents}"><ol>${links}</ol></nav>
${sections.map((section, index) => sectionMarkup(section, index + 1, language))}
</main>
<footer><p>${notation.typeset(footer)}</p></footer>
<script type="application/json" id="record">${trusted(inScriptData(record))}</script>
${scripts.map((script) => html`<script>${trusted(script)}</script>\n`)}
</body>
</html>`;
}

function headingMarkup({ heading }: ReportDocument, { notation }: Language): Markup {
  const items = heading.map(
    ([label, content]) => html`<div><dt>${label}</dt><dd>${value(content, notation)}</dd></div>`,
  );
  return html`<dl class="heading">${items}</dl>`;
}

function summaryMarkup({ tiles }: ReportDocument, { report, notation }: Language): Markup {
  const items = tiles.map(({ label, value: text, tone, section, details = [] }) => {
    const words = html`<span>${mark(tone)}${notation.typeset(text)}</span>`;
    const below = details.map((detail) => detailMarkup(detail, notation));
    const wide = details.length === 0 ? '' : ' tile-wide';
    return html`<li class="tile tile-${tone}${wide}"><b><a href="#${section}">${label}</a></b> ${words}${below}</li>`;
  });
  return html`<section class="summary" aria-label="${report.summary}"><ul class="tiles">${items}</ul></section>`;
}

function detailMarkup({ label, value: content }: Detail, notation: Notation): Markup {
  const name = label === undefined ? '' : html`<b class="detail">${notation.typeset(label)}${notation.colon}</b> `;
  return html`<p>${name}${value(content, notation)}</p>`;
}

function sectionMarkup({ id, title, blocks }: Section, number: number, language: Language): Markup {
  return html`<section id="${id}">
<h2><span class="section-number">${number}</span> ${title}</h2>
${blocks.map((block) => blockMarkup(block, language))}</section>
`;
}

function policy(style: string, scripts: readonly string[]): string {
  // The player runs its terminal emulator as WebAssembly, and sets colours on its elements; neither reads anything from
  // elsewhere.
  const run = scripts.length === 0 ? "'none'" : `${scripts.map(hashSource).join(' ')} 'wasm-unsafe-eval'`;
  return (
    `default-src 'none'; script-src ${run}; style-src ${hashSource(style)}; img-src data:; base-uri 'none'; ` +
    "form-action 'none'"
  );
}

function hashSource(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

/** JSON that cannot end the script element in which it stands (HTML, 13.1.3): no `<` is left in it. */
function inScriptData(json: string): string {
  return json.replaceAll('<', String.raw`\u003c`);
}

/**
 * A script may not hold the words that would end its element or begin a comment in it (HTML, 4.12.1.3). In a string
 * they mean the same so.
 */
function inScript(script: string): string {
  return script.replaceAll(/<(?=\/script|script|!--)/gi, String.raw`\x3c`);
}
