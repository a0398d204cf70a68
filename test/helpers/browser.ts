import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import { without } from './tools.ts';

/** Where distributions put it. */
const EXECUTABLES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

const executable = EXECUTABLES.find((path) => existsSync(path));

/** Why pages cannot be looked at here; false when they can. */
export const cannotBrowse: string | false =
  executable === undefined && (without('chromium') || `this needs Chromium at ${EXECUTABLES[0]}`);

/** A page from disk in a real browser, and all that it complained of or asked for while it was open. */
export interface OpenPage extends AsyncDisposable {
  readonly page: Page;
  /** Errors of scripts, errors and warnings on the console, violations of the policy. */
  readonly complaints: string[];
  /** URLs of all that was requested, the file itself excepted. */
  readonly requests: string[];
}

/** A Chromium of its own, with a profile that is gone afterwards. */
export class Browser implements AsyncDisposable {
  readonly #context: BrowserContext;
  readonly #profile: string;

  private constructor(context: BrowserContext, profile: string) {
    this.#context = context;
    this.#profile = profile;
  }

  static async start(): Promise<Browser> {
    const profile = mkdtempSync(join(tmpdir(), 'lab-browser-'));
    const args = [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ];
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: executable!,
      headless: true,
      args,
      viewport: { width: 1100, height: 900 },
    });
    return new Browser(context, profile);
  }

  async open(file: string): Promise<OpenPage> {
    const page = await this.#context.newPage();
    const url = pathToFileURL(file).href;
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('dialog', (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      if (request.url() !== url) requests.push(request.url());
    });
    await page.goto(url);
    return { page, complaints, requests, [Symbol.asyncDispose]: () => page.close() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close();
    rmSync(this.#profile, { recursive: true, force: true });
  }
}
