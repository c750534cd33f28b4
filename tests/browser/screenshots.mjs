/* Takes the pictures of the page for the manual and the README.
 *
 *   crossfall report last --html page.html
 *   crossfall compare RUN RUN --html compare.html
 *   node tests/browser/screenshots.mjs page.html docs/images [compare.html] */
import { join } from 'node:path';
import { missing, openPage, withBrowser } from './browser.mjs';

const [, , html, folder, comparison] = process.argv;
if (!html || !folder) {
  console.error('usage: screenshots.mjs PAGE.html FOLDER [COMPARE.html]');
  process.exit(2);
}
if (missing()) {
  console.error(missing());
  process.exit(1);
}

/* From the top of the page to the end of the section that holds `last`. */
async function top(page, last, path) {
  const bottom = await page.evaluate((id) => Math.ceil(document.getElementById(id).closest('section')
    .getBoundingClientRect().bottom + scrollY), last);
  const width = page.viewportSize().width;
  await page.screenshot({ path, fullPage: true, clip: { x: 0, y: 0, width, height: bottom + 12 } });
  console.log(path);
}

const PICTURES = [
  ['page.png', 'chart-price', { viewport: { width: 1100, height: 900 } }],
  ['page-dark.png', 'chart-flow', { viewport: { width: 1100, height: 900 }, colorScheme: 'dark' }],
  ['page-phone.png', 'chart-price', { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }],
];

await withBrowser(async (browser) => {
  for (const [name, last, options] of PICTURES) {
    const { page, context } = await openPage(browser, html, options);
    await page.evaluate(() => { document.getElementById('controls').style.position = 'static'; });
    await top(page, last, join(folder, name));
    await context.close();
  }
  const { page, context } = await openPage(browser, html, { viewport: { width: 1100, height: 900 } });
  await page.evaluate(() => { document.getElementById('controls').style.position = 'static'; });
  for (const [name, id] of [['page-cascade.png', 'cascade-lead'], ['page-who-lost.png', 'chart-cohorts'], ['page-density.png', 'chart-density']]) {
    if (await page.$(`#${id}.empty`))
      continue; // the run has no such chart
    const box = await page.evaluate((of) => {
      const { left, top, width, height } = document.getElementById(of).closest('section').getBoundingClientRect();
      return { x: left - 16, y: top + scrollY - 16, width: width + 32, height: height + 32 };
    }, id);
    await page.screenshot({ path: join(folder, name), fullPage: true, clip: box });
    console.log(join(folder, name));
  }
  await context.close();
  if (comparison) {
    const { page: runs, context: second } = await openPage(browser, comparison, { viewport: { width: 1100, height: 900 } });
    await runs.evaluate(() => { document.getElementById('controls').style.position = 'static'; });
    await top(runs, 'chart-price', join(folder, 'page-compare.png'));
    await second.close();
  }
});
