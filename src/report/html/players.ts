import { jsonText } from '../../core/json/json-text.ts';
import type { Language } from '../language/languages.ts';
import type { Pace } from '../terminals/pace.ts';
import type { ReportTerminal } from '../report-data.ts';
import { html, trusted, type Markup } from './markup.ts';

const playbackSpeeds = [0.5, 1, 2, 4, 8];

/** Places for the players, which `PAGE_SCRIPT` brings to life, and their recordings as JSON that runs nothing. */
export function playersMarkup(
  terminals: readonly ReportTerminal[],
  pace: Pace,
  { report: { exchange: words }, notation }: Language,
): Markup {
  const speeds = playbackSpeeds.map(
    (speed) =>
      html`<option value="${speed}"${speed === 1 ? trusted(' selected') : ''}>× ${notation.number(speed, 1)}</option>`,
  );
  const places = terminals.map(({ role, machine }) => {
    const screen = html`<div class="screen" data-role="${role}"></div>`;
    return html`<figure class="player"><figcaption>${role} · ${machine}</figcaption>${screen}</figure>`;
  });
  const play = html`<button type="button" data-action="play" data-pause="${words.pause}">${words.playBoth}</button>`;
  const restart = html`<button type="button" data-action="restart">${words.restart}</button>`;
  const recordings = scriptJson(Object.fromEntries(terminals.map(({ role, cast }) => [role, cast])));
  return html`<div class="players" hidden>
<h3>${words.players}</h3>
<div class="controls">${play}${restart}
<label>${words.speed} <select>${speeds}</select></label><span class="hint">${words.paces[pace]}</span></div>
<div class="screens">${places}</div></div>
<noscript><p class="remark">${notation.typeset(words.noScript)}</p></noscript>
<script type="application/json" id="recordings">${trusted(recordings)}</script>`;
}

/** JSON that cannot end the script element in which it stands (HTML, 13.1.3): no `<` is left in it. */
function scriptJson(value: unknown): string {
  return jsonText(value).replaceAll('<', String.raw`\u003c`);
}
