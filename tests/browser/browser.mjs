/* Starts Debian's Chromium for the tests and the screenshots; playwright-core is what
 * `reports/fetch_echarts.sh tests/browser build-web/browser` has fetched. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const CHROMIUM = process.env.CHROMIUM || '/usr/bin/chromium';

/* What is missing, or null. */
export function missing() {
  if (Number(process.versions.node.split('.')[0]) < 20)
    return `node ${process.versions.node}; playwright-core needs 20 or newer`;
  if (!existsSync(CHROMIUM))
    return `no Chromium at ${CHROMIUM} (Debian: chromium, fonts-dejavu-core)`;
  if (!existsSync(join(root, 'build-web/browser/node_modules/playwright-core')))
    return 'no playwright-core in build-web/browser (reports/fetch_echarts.sh tests/browser build-web/browser)';
  return null;
}

/* Calls `use` with a browser of its own profile, and ends both. */
export async function withBrowser(use) {
  const { chromium } = createRequire(join(root, 'build-web/browser/package.json'))('playwright-core');
  const scratch = mkdtempSync(join(tmpdir(), 'crossfall-page-'));
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--force-color-profile=srgb'],
  });
  try {
    return await use(browser, scratch);
  } finally {
    await browser.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

/* Opens a page from disk and notes what it must not do. */
export async function openPage(browser, path, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1240, height: 880 }, ...options });
  const page = await context.newPage();
  const seen = { errors: [], requests: [] };
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && seen.errors.push(message.text()));
  page.on('pageerror', (error) => seen.errors.push(String(error)));
  page.on('request', (request) => /^(data|blob):/.test(request.url()) || seen.requests.push(request.url()));
  const url = pathToFileURL(path).href;
  await page.goto(url);
  await page.waitForSelector('#chart-price > *');
  seen.requests = seen.requests.filter((requested) => requested !== url);
  return { page, seen, context };
}
