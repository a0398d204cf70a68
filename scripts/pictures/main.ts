import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { recordingSvg } from './recording-svg.ts';

/**
 * Makes the pictures of README.md and README.fr.md from a run of the lab that `lab init` writes: its topology, its recording and the first screen of its report.
 *
 *   node scripts/pictures/main.ts
 */
const root = join(import.meta.dirname, '../..');
export const pictures = join(root, 'src/cli/help/pictures');
const CHROMIUM = '/usr/bin/chromium';

const storedWords = {
  en: 'passed; terminals, events and packets are stored',
  fr: 'réussi ; terminaux, événements et paquets sont gardés',
} as const;

if (import.meta.main) await makePictures();

async function makePictures(): Promise<void> {
  mkdirSync(pictures, { recursive: true });
  const folder = join(mkdtempSync(join(tmpdir(), 'lab-pictures-')), 'tp1');
  mkdirSync(folder);
  const lab = (...args: string[]): void => {
    execFileSync(process.execPath, [join(root, 'dist/cli/main.js'), ...args], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  };
  try {
    lab('init');
    lab('up');
    lab('run');
    lab('graph', '--format', 'svg', '-o', join(pictures, 'topology.svg'));
    for (const language of ['en', 'fr'] as const) {
      writeFileSync(join(pictures, `run.${language}.svg`), recordingOf(folder, storedWords[language]));
      const page = join(folder, `report.${language}.html`);
      lab('--lang', language, 'report', '-o', page);
      await photograph(page, join(pictures, `report.${language}.png`));
    }
  } finally {
    lab('down');
    rmSync(join(folder, '..'), { recursive: true, force: true });
  }
}

function recordingOf(folder: string, ending: string): string {
  const read = (name: string): string => readFileSync(join(folder, '.lab/runs/latest', `${name}.cast`), 'utf8');
  return recordingSvg({ session: read('session'), roles: { server: read('server'), client: read('client') }, ending });
}

/** The first screen of a page. */
async function photograph(page: string, picture: string): Promise<void> {
  if (!existsSync(CHROMIUM)) throw new Error(`the picture of the report needs ${CHROMIUM}`);
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
  try {
    const view = await browser.newPage({ viewport: { width: 1000, height: 760 }, colorScheme: 'light' });
    await view.goto(pathToFileURL(page).href);
    await view.screenshot({ path: picture });
  } finally {
    await browser.close();
  }
}
