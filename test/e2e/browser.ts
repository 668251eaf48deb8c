/** A real Chromium for tests of the Web UI: headless, with a profile of its own, cut off from everything but this machine. */
import { existsSync, mkdtempSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import { CLEAN_PATH } from '../support/service.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** The program on PATH, or null. */
export function findChromium(): string | null {
  const folders = (process.env.PATH ?? '').split(':');
  return folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find((file) => existsSync(file)) ?? null;
}

export interface Browser {
  page: Page;
  /** The window as docs/images/`name`, where somebody asked for that by HOLDPOINT_WRITE_SCREENSHOTS=1. */
  picture: (name: string) => Promise<void>;
  close: () => Promise<void>;
}

/** The sandbox needs a user who is not root, and CI is root. */
const FLAGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

/** How long a page may take on a busy machine. */
const PATIENCE_MS = 120_000;

const IMAGES = join(import.meta.dirname, '../../docs/images');

async function picture(page: Page, name: string): Promise<void> {
  if (process.env.HOLDPOINT_WRITE_SCREENSHOTS !== '1') return;
  mkdirSync(IMAGES, { recursive: true });
  // What lies behind a dialog is blurred, which makes a picture twice as large.
  const style = '* { backdrop-filter: none !important; } ::backdrop { backdrop-filter: none !important; }';
  await page.screenshot({ path: join(IMAGES, name), animations: 'disabled', caret: 'hide', style });
}

/** The Web UI asks a news feed on the internet; nothing of a test may. */
async function stayHere(context: BrowserContext): Promise<void> {
  await context.route((url) => url.hostname !== '127.0.0.1', (route) => route.abort());
}

export async function openBrowser(executablePath: string): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), 'holdpoint-browser-'));
  const env = { PATH: CLEAN_PATH, HOME: profile, TZ: 'UTC', ...(process.env.HOLDPOINT_CI ? { HOLDPOINT_CI: process.env.HOLDPOINT_CI } : {}) };
  const context = await chromium.launchPersistentContext(profile, { executablePath, args: FLAGS, env, viewport: { width: 1400, height: 900 } });
  context.setDefaultTimeout(PATIENCE_MS);
  await stayHere(context);
  const page = context.pages()[0] ?? await context.newPage();
  return {
    page, picture: (name) => picture(page, name),
    close: async () => {
      await context.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
}
