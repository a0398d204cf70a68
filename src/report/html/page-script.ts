/**
 * What the page does itself: makes a player of each recording, plays them together, and changes their speed. Plain
 * JavaScript for browsers, as text, because it travels inside the page. `AsciinemaPlayer` comes from the script before
 * it.
 */
export const PAGE_SCRIPT = `'use strict';
(() => {
  const box = document.querySelector('.players');
  const store = document.getElementById('recordings');
  if (!box || !store) return;
  const recordings = JSON.parse(store.textContent);
  const screens = [...box.querySelectorAll('.screen')];
  const play = box.querySelector('[data-action=play]');
  const speed = box.querySelector('select');
  const playWord = play.textContent;
  let players = [];
  let running = new Set();

  const show = () => {
    play.textContent = running.size > 0 ? play.dataset.pause : playWord;
  };

  const make = (startAt) => {
    for (const player of players) player.dispose();
    running = new Set();
    players = screens.map((screen) => {
      const player = AsciinemaPlayer.create({ data: recordings[screen.dataset.role] }, screen, {
        speed: Number(speed.value), startAt, preload: true, fit: 'width', controls: true,
        poster: 'npt:0', theme: 'asciinema', cursorMode: 'steady',
        logger: { log() {}, debug() {}, info() {}, warn() {}, error: (...words) => console.error(...words) },
      });
      for (const event of ['play', 'playing']) player.addEventListener(event, () => { running.add(player); show(); });
      for (const event of ['pause', 'ended']) player.addEventListener(event, () => { running.delete(player); show(); });
      return player;
    });
    show();
  };

  play.addEventListener('click', () => {
    if (running.size > 0) for (const player of players) player.pause();
    else for (const player of players) player.play();
  });
  box.querySelector('[data-action=restart]').addEventListener('click', async () => {
    for (const player of players) await player.seek(0);
    for (const player of players) player.play();
  });
  speed.addEventListener('change', () => make(Math.max(0, ...players.map((player) => player.getCurrentTime()))));

  box.hidden = false;
  make(0);
  document.documentElement.dataset.ready = 'yes';
})();
`;
