/* Goal: the page of a run shows what the results file holds, and nothing that came from a file can
 * act in it. Method: results files of invented runs (make_results) and, where the command is built,
 * of the bundled day; each page is opened from disk in Debian's Chromium, the values are read back
 * from its charts and compared with what sqlite3 reads. Exit code 77: something to test with is
 * missing, which is named. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { missing, openPage, withBrowser } from './browser.mjs';
import { one, select } from './sql.mjs';

const { MAKE_RESULTS, MAKE_PAGE, CROSSFALL_BIN, PAGE_SECONDS_MAX } = process.env;

function reasonToSkip() {
  if (missing())
    return missing();
  if (spawnSync('sqlite3', ['--version']).status !== 0)
    return 'no sqlite3';
  if (spawnSync(MAKE_PAGE, ['/nowhere', '/nowhere']).status === 77)
    return 'this build has no page: ECharts was not in build-web (reports/fetch_echarts.sh)';
  return null;
}

const skip = reasonToSkip();
if (skip) {
  console.log('skipped: ' + skip);
  process.exit(77);
}

const folder = mkdtempSync(join(tmpdir(), 'crossfall-browser-'));
let browser;
let finish;

before(async () => {
  await new Promise((ready) => {
    withBrowser((started) => {
      browser = started;
      ready();
      return new Promise((end) => { finish = end; });
    });
  });
});

after(() => {
  finish();
  rmSync(folder, { recursive: true, force: true });
});

const made = new Map();

/* The results file and the page of an invented run, made once. */
function pageOf(kind) {
  if (!made.has(kind)) {
    const database = join(folder, kind + '.db');
    const html = join(folder, kind + '.html');
    execFileSync(MAKE_RESULTS, [kind, database]);
    execFileSync(MAKE_PAGE, [database, html]);
    made.set(kind, { database, html });
  }
  return made.get(kind);
}

function quiet(seen) {
  assert.deepEqual(seen.errors, []);
  assert.deepEqual(seen.requests, []);
}

/* What ECharts holds of a chart: its series by id. */
function seriesOf(page, id) {
  return page.evaluate((place) => Object.fromEntries(echarts.getInstanceByDom(document.getElementById(place))
    .getOption().series.map((s) => [s.id, s.data])), id);
}

function choose(page, instrument) {
  return page.selectOption('#instrument', { label: instrument });
}

function near(actual, expected, what, tolerance = 1e-12) {
  assert.ok(Math.abs(actual - expected) <= tolerance * Math.max(1e-300, Math.abs(expected)), `${what}: ${actual}, not ${expected}`);
}

/* Points [ms, value] against rows {ms, value}, all of them or (thinned) some. */
function samePoints(points, rows, what, { tolerance, thinned = false } = {}) {
  const expected = new Map(rows.map((row) => [row.ms, row.value]));
  if (!thinned)
    assert.equal(points.length, rows.length, what);
  for (const [ms, value] of points) {
    assert.ok(expected.has(ms), `${what}: a point at ${ms}`);
    if (expected.get(ms) === null)
      assert.equal(value, null, what);
    else
      near(value, expected.get(ms), `${what} at ${ms}`, tolerance);
  }
}

async function comparePrices(page, database, instrument, thinned) {
  await choose(page, instrument);
  const series = await seriesOf(page, 'chart-price');
  for (const [id, column] of [['recorded', 'recorded'], ['without', 'without_feedback'], ['simulated', 'simulated']]) {
    const rows = select(database, `SELECT ts_ns / 1000000 AS ms, ${column} AS value FROM minute WHERE instrument = '${instrument}'`);
    samePoints(series[id], rows, `${instrument} ${column}`, { thinned });
    const values = rows.map((row) => row.value);
    const shown = series[id].map(([, value]) => value);
    near(Math.min(...shown), Math.min(...values), `${instrument} least ${column}`);
    near(Math.max(...shown), Math.max(...values), `${instrument} largest ${column}`);
  }
}

async function compareFlow(page, database, instrument, minutes) {
  const where = instrument ? `WHERE instrument = '${instrument}'` : '';
  await page.click(`#flow-switch button:nth-child(${instrument ? 2 : 1})`);
  const series = await seriesOf(page, 'chart-flow');
  for (const [id, column, sign] of [['longs', 'long_notional', 1], ['shorts', 'short_notional', -1]]) {
    const rows = select(database, `SELECT ts_ns / ${minutes * 60e9} * ${minutes * 60e3} AS ms, ${sign} * sum(${column}) AS value
      FROM minute ${where} GROUP BY 1 HAVING sum(count) > 0`);
    /* the page rounds to a hundredth */
    const points = new Map(series[id]);
    assert.equal(points.size, rows.length, `${column} of ${instrument || 'all'}`);
    for (const row of rows)
      assert.ok(Math.abs(points.get(row.ms) - row.value) < 0.0051, `${column} at ${row.ms}`);
  }
}

/* The map may be coarser than the table, in time and price; what stands in a look at the accounts
 * adds up to the same, and the chart has it where the price goes. */
async function compareDensity(page, database, instrument) {
  const map = await page.evaluate((name) => data.density[data.instruments.findIndex((row) => row.instrument === name)], instrument);
  const looks = new Map(select(database, `WITH path AS (SELECT min(simulated_ticks) AS low, max(simulated_ticks) AS high FROM minute
    WHERE instrument = '${instrument}') SELECT ts_ns / 1000000 AS ms, sum(long_notional) AS longs, sum(short_notional) AS shorts FROM density, path
    WHERE instrument = '${instrument}' AND price_high_ticks > 0.75 * low AND price_low_ticks < 1.25 * high GROUP BY ts_ns`).map((row) => [row.ms, row]));
  assert.ok(map.ms.length > 20);
  const shown = await seriesOf(page, 'chart-density');
  map.ms.forEach((ms, k) => {
    for (const [side, at] of [['longs', 1], ['shorts', 2]]) {
      const inData = map.cells[k].reduce((sum, value, i) => sum + (i % 3 === at ? value : 0), 0);
      near(inData, looks.get(ms)[side], `${side} waiting at ${ms}`, 1e-4);
      near(shown[side].filter(([from]) => from === ms).reduce((sum, cell) => sum + cell[4], 0), inData, `${side} drawn at ${ms}`, 1e-9);
    }
  });
  const bins = new Set(select(database, `SELECT DISTINCT price_low_ticks AS low FROM density WHERE instrument = '${instrument}'`).map((row) => row.low));
  for (const [, , low, high] of [...shown.longs, ...shown.shorts])
    assert.ok(bins.has(Math.round(low * 100)) && high > low);
  const price = (await seriesOf(page, 'chart-price')).simulated;
  assert.deepEqual(shown.price, price);
}

async function compareWholeRun(page, database) {
  const generations = await seriesOf(page, 'chart-generations');
  const rows = select(database, `SELECT total(iif(quantity_lots > 0, notional_e8, 0)) / 1e8 AS longs,
    total(iif(quantity_lots < 0, notional_e8, 0)) / 1e8 AS shorts FROM liquidation WHERE NOT adl AND cascade = (SELECT cascade
    FROM liquidation WHERE NOT adl GROUP BY cascade ORDER BY total(notional_e8) DESC, cascade LIMIT 1) GROUP BY generation ORDER BY generation`);
  for (const side of ['longs', 'shorts'])
    generations[side].forEach((value, i) => near(value, rows[i][side], `generation ${i} ${side}`, 1e-9));

  const fund = (await seriesOf(page, 'chart-fund')).fund.slice(1, -1).map(([, balance]) => balance);
  const ends = one(database, 'SELECT min(balance) AS least, max(balance) AS most, count(*) AS rows FROM fund');
  near(Math.min(...fund), ends.least, 'least balance of the fund');
  near(Math.max(...fund), ends.most, 'largest balance of the fund');
  near(fund.at(-1), one(database, 'SELECT balance FROM fund ORDER BY rowid DESC LIMIT 1').balance, 'last balance of the fund');

  const losses = await seriesOf(page, 'chart-losses');
  const paid = one(database, 'SELECT sum(paid_fund) AS fund, 0 AS adl, sum(paid_socialised) AS socialised, sum(unpaid) AS unpaid FROM liquidation');
  for (const [id, total] of Object.entries(paid))
    if (total > 0)
      near(losses[id].at(-1)[1], total, `losses paid by ${id}`, 1e-9);
    else
      assert.equal(losses[id], undefined);

  const cohorts = await seriesOf(page, 'chart-cohorts');
  select(database, 'SELECT * FROM cohort ORDER BY accounts DESC, cohort').forEach((row, i) => {
    near(cohorts.liquidated[i], 100 * row.liquidated / row.accounts, `cohort ${row.cohort}`);
    near(cohorts.change[i], 100 * (row.equity_end / row.equity_start - 1), `cohort ${row.cohort}`, 1e-9);
  });
  const deciles = await seriesOf(page, 'chart-deciles');
  assert.equal(deciles.liquidated.length, 10);
  const all = one(database, 'SELECT count(*) AS accounts, sum(liquidations > 0) AS liquidated FROM account');
  const mean = deciles.liquidated.reduce((a, b) => a + b) / 10;
  near(mean, 100 * all.liquidated / all.accounts, 'mean of the tenths', 0.01);
}

test('the charts hold what the results file holds', async () => {
  const { database, html } = pageOf('day');
  const { page, seen, context } = await openPage(browser, html);
  for (const { instrument } of select(database, 'SELECT instrument FROM instrument')) {
    await comparePrices(page, database, instrument, false);
    await compareFlow(page, database, instrument, 1);
    samePoints((await seriesOf(page, 'chart-branching')).branching,
      select(database, `SELECT ts_ns / 1000000 AS ms, branching AS value FROM minute WHERE instrument = '${instrument}'`),
      `${instrument} branching`, { tolerance: 1e-6 });
    await compareDensity(page, database, instrument);
  }
  await compareFlow(page, database, null, 1);
  await compareWholeRun(page, database);
  quiet(seen);
  await context.close();
});

test('the answer is the answer of the file', async () => {
  const { database, html } = pageOf('day');
  const { page, context } = await openPage(browser, html);
  const words = await page.innerText('#words');
  const row = one(database, 'SELECT sum(part = 0) AS orders, count(DISTINCT account) AS accounts FROM liquidation');
  assert.match(words, new RegExp(`${row.orders.toLocaleString('en-US')} orders of ${row.accounts.toLocaleString('en-US')} accounts`));
  const figures = Object.fromEntries(select(database, "SELECT name, value FROM metric WHERE instrument = ''").map((m) => [m.name, m.value]));
  const [debt, unborne, lost, paid, unpaid, forgone] = await page.evaluate((values) => values.map((value) => money(value)),
    [figures.bad_debt, figures['inventory.unborne'], figures.bad_debt + figures['inventory.unborne'], figures['insurance_fund.paid'],
      figures.unpaid, figures['adl.forgone']]);
  const plain = (text) => text.replaceAll('\u00a0', ' ');
  const payers = plain(await page.innerText('#payers-lead'));
  for (const text of [plain(words), payers]) {
    assert.ok(text.includes(plain(`Accounts lost ${debt} USDT more than they had. And the insurance fund lost ${unborne} USDT more than it had`)), text);
    assert.ok(text.includes(plain(`Of this ${lost} the insurance fund paid ${paid}, nobody ${unpaid}.`)), text);
  }
  assert.ok(payers.includes(plain(`they gave up ${forgone} USDT against the mark price. That is no part of what accounts lost`)), payers);
  const contracts = plain(await page.evaluate(() => [...document.querySelectorAll('section')]
    .find((section) => section.querySelector('h2')?.textContent === 'Every contract').innerText));
  for (const { instrument, orders, longs } of select(database, `SELECT instrument, sum(count) AS orders, sum(long_notional) AS longs
    FROM minutes GROUP BY instrument`)) {
    const shown = contracts.split('\n').find((line) => line.startsWith(instrument));
    const [notional, number] = await page.evaluate(([a, b]) => [money(a), count(b)], [longs, orders]);
    assert.ok(shown.includes(plain(notional)) && shown.includes(number), `${shown}: not ${notional}, ${number}`);
  }
  assert.match(words, /fell 30\.1\s% from its highest point/);
  assert.match(words, /between 2\.1\s% and 24\.0\s%/);
  assert.match(await page.innerText('#basis'), /maintenance_multiplier\s+1\.25/);
  assert.match(await page.innerText('#guesses'), /900\s?M/);
  await context.close();
});

test('a long run is thinned, and no extreme is lost', async () => {
  const { database, html } = pageOf('long');
  const { page, seen, context } = await openPage(browser, html);
  for (const { instrument } of select(database, 'SELECT instrument FROM instrument'))
    await comparePrices(page, database, instrument, true);
  const points = (await seriesOf(page, 'chart-price')).recorded.length;
  assert.ok(points > 1000 && points <= 3000, `${points} points`);
  await compareFlow(page, database, null, 30);
  quiet(seen);
  await context.close();
});

/* The best of some tries, since other tests share the machine. */
function secondsToMake(database, html, tries) {
  let best = Infinity;
  for (let i = 0; i < tries; i++) {
    const started = process.hrtime.bigint();
    execFileSync(MAKE_PAGE, [database, html]);
    best = Math.min(best, Number(process.hrtime.bigint() - started) / 1e9);
  }
  return best;
}

test('100,000 forced orders make less than 3 MB, in less than 2 s', async (t) => {
  const { database, html } = pageOf('large');
  const size = statSync(html).size;
  const seconds = secondsToMake(database, html, 3);
  t.diagnostic(`${(size / 1e6).toFixed(2)} MB in ${seconds.toFixed(2)} s`);
  assert.ok(size < 3e6, `${size} bytes`);
  if (PAGE_SECONDS_MAX)
    assert.ok(seconds < Number(PAGE_SECONDS_MAX), `${seconds} s`);
  const { page, seen, context } = await openPage(browser, html);
  assert.ok(await page.isVisible('#chart-density canvas'));
  quiet(seen);
  await context.close();
});

test('names that try to be HTML are text', async () => {
  const { html } = pageOf('hostile');
  const { page, seen, context } = await openPage(browser, html);
  const name = await page.evaluate(() => JSON.parse(document.getElementById('data').textContent).instruments[0].instrument);
  assert.match(name, /<\/script><script>.*<img src=x onerror/);
  assert.equal(await page.innerText('#title'), name);
  assert.equal(await page.evaluate(() => document.getElementById('instrument').options[0].textContent), name);
  for (const id of ['settings', 'inputs', 'metrics'])
    await page.click(`#${id} summary`);
  for (const chart of ['chart-price', 'chart-flow', 'chart-density', 'chart-branching', 'chart-cohorts', 'chart-deciles']) {
    const box = await (await page.$('#' + chart)).boundingBox();
    await page.evaluate((id) => document.getElementById(id).scrollIntoView({ block: 'center' }), chart);
    const shown = await (await page.$('#' + chart)).boundingBox();
    await page.mouse.move(shown.x + box.width / 2, shown.y + box.height / 2);
    await page.waitForTimeout(60);
  }
  assert.ok(await page.$('.tip'), 'no tooltip came up');
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  assert.equal(await page.evaluate(() => document.images.length), 0);
  assert.equal(await page.evaluate(() => document.scripts.length), 3);
  quiet(seen);
  await context.close();
});

test('a script that is not the page\'s own does not run', async () => {
  const { page, seen, context } = await openPage(browser, pageOf('day').html);
  await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.foreign = 1';
    document.body.append(script);
  });
  assert.equal(await page.evaluate(() => window.foreign), undefined);
  assert.equal(seen.errors.filter((text) => /Content Security Policy/.test(text)).length, 1);
  await context.close();
});

test('a run without liquidations has sentences where it has no charts', async () => {
  const { page, seen, context } = await openPage(browser, pageOf('calm').html);
  assert.match(await page.innerText('#words'), /Nobody was liquidated\./);
  for (const [id, words] of [['chart-flow', /Nobody was liquidated/], ['chart-density', /holds no map/],
    ['chart-branching', /holds no branching ratio/], ['chart-generations', /no cascade/],
    ['chart-fund', /was not touched/], ['chart-losses', /No account lost more/]])
    assert.match(await page.innerText('#' + id), words);
  assert.equal(await page.isVisible('#controls'), false);
  quiet(seen);
  await context.close();
});

test('contract and zoom hold for all charts over time', async () => {
  const { page, seen, context } = await openPage(browser, pageOf('day').html);
  await page.evaluate(() => echarts.getInstanceByDom(document.getElementById('chart-price'))
    .dispatchAction({ type: 'dataZoom', dataZoomIndex: 0, start: 40, end: 60 }));
  await choose(page, 'ETHUSDT');
  const zooms = await page.evaluate(() => ['chart-price', 'chart-flow', 'chart-density', 'chart-branching'].map((id) => {
    const { start, end } = echarts.getInstanceByDom(document.getElementById(id)).getOption().dataZoom[0];
    return [start, end];
  }));
  for (const zoom of zooms)
    assert.deepEqual(zoom, [40, 60]);
  assert.match(await page.innerText('#price-lead'), /^ETHUSDT/);
  quiet(seen);
  await context.close();
});

for (const kind of ['day', 'hostile', 'large'])
  test(`a phone shows '${kind}' without scrolling sideways`, async () => {
    const { page, seen, context } = await openPage(browser, pageOf(kind).html,
      { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
    const wide = await page.evaluate(() => [...document.querySelectorAll('main *')].filter((e) =>
      !e.closest('.scroll') && e.getBoundingClientRect().right > 391).map((e) => e.tagName + '#' + e.id));
    assert.deepEqual(wide, []);
    quiet(seen);
    await context.close();
  });

test('paper is light, whatever the screen was, and the screen comes back', async () => {
  const { page, seen, context } = await openPage(browser, pageOf('day').html, { colorScheme: 'dark' });
  await page.evaluate(() => {
    addEventListener('beforeprint', () => {
      const chart = document.getElementById('chart-price');
      window.printed = { page: getComputedStyle(document.body).backgroundColor, width: chart.getBoundingClientRect().width,
        text: echarts.getInstanceByDom(chart).getOption().textStyle.color };
    });
  });
  const dark = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const pdf = await page.pdf({ format: 'A4', printBackground: true });
  const pages = pdf.toString('latin1').match(/\/Type\s*\/Page\b/g).length;
  assert.ok(pages >= 4 && pages <= 12, `${pages} pages`);
  const printed = await page.evaluate(() => window.printed);
  assert.equal(printed.page, 'rgb(255, 255, 255)');
  assert.ok(printed.width > 500 && printed.width <= 688, `${printed.width} px`);
  assert.equal(printed.text, '#1d1f22');
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), dark);
  assert.notEqual(dark, printed.page);
  quiet(seen);
  await context.close();
});

test('the same run gives the same bytes; a page that cannot be written leaves nothing', () => {
  const { database, html } = pageOf('day');
  const again = join(folder, 'again.html');
  execFileSync(MAKE_PAGE, [database, again]);
  assert.ok(readFileSync(html).equals(readFileSync(again)));
  const failed = spawnSync(MAKE_PAGE, [database, join(folder, 'no', 'such.html')], { encoding: 'utf8' });
  assert.equal(failed.status, 1);
  assert.match(failed.stderr, /no\/such\.html/);
});

/* A page of two invented runs in one file; the command makes it. */
function comparisonOf(first, second) {
  const database = join(folder, `${first}-${second}.db`);
  const html = join(folder, `${first}-${second}.html`);
  execFileSync(MAKE_RESULTS, [first, database, 'aaaaaaaaaaaa']);
  execFileSync(MAKE_RESULTS, [second, database, 'bbbbbbbbbbbb']);
  execFileSync(CROSSFALL_BIN, ['compare', 'aaaaaaaaaaaa', 'bbbbbbbbbbbb', '--html', html, '--results', database], { stdio: 'pipe' });
  return { database, html };
}

const skipCommand = { skip: CROSSFALL_BIN ? false : 'the command is not built' };

test('two runs side by side are those of the file', skipCommand, async () => {
  const { database, html } = comparisonOf('day', 'calm');
  const { page, seen, context } = await openPage(browser, html);
  assert.match(await page.innerText('#alarm'), /cannot be compared/);
  const series = await seriesOf(page, 'chart-price');
  for (const [run, id] of [['aaaaaaaaaaaa', 'price-0'], ['bbbbbbbbbbbb', 'price-1']])
    samePoints(series[id], select(database, `SELECT ts_ns / 1000000 AS ms, simulated AS value FROM minute
      WHERE run = '${run}' AND instrument = 'BTCUSDT'`), `price of ${run}`, { thinned: true });
  const flow = await seriesOf(page, 'chart-flow');
  const total = one(database, `SELECT sum(long_notional + short_notional) AS notional FROM minute WHERE run = 'aaaaaaaaaaaa'`).notional;
  near(flow['flow-0'].reduce((sum, [, value]) => sum + value, 0), total, 'liquidated notional', 1e-9);
  near(flow['sum-0'].at(-1)[1], total, 'liquidated notional, added up', 1e-9);
  assert.ok(flow['flow-1'].every(([, value]) => value === 0));
  const losses = await seriesOf(page, 'chart-losses');
  const paid = one(database, `SELECT sum(paid_fund) AS fund FROM liquidation WHERE run = 'aaaaaaaaaaaa'`);
  const unpaid = one(database, `SELECT value FROM metric WHERE run = 'aaaaaaaaaaaa' AND name = 'unpaid'`).value;
  near(losses.fund[0], paid.fund, 'paid by the fund', 1e-9);
  near(losses.unpaid[0], unpaid, 'unpaid, what the fund lost beyond its balance included', 1e-9);
  assert.equal(losses.adl, undefined);
  assert.equal(losses.fund[1], 0);
  const fund = (await seriesOf(page, 'chart-fund'))['fund-0'];
  near(fund.at(-1)[1], one(database, `SELECT balance FROM fund WHERE run = 'aaaaaaaaaaaa' ORDER BY rowid DESC LIMIT 1`).balance, 'fund');
  assert.match(await page.innerText('#figures'), /aaaaaaaa · the first/);
  quiet(seen);
  await context.close();
});

test('the same run twice may be compared, and nothing differs', skipCommand, async () => {
  const { html } = comparisonOf('day', 'day');
  const { page, seen, context } = await openPage(browser, html);
  assert.equal(await page.isVisible('#alarm'), false);
  assert.match(await page.innerText('main'), /these runs have the same settings/);
  assert.ok((await seriesOf(page, 'chart-price'))['apart-1'].every(([, value]) => value === 0));
  await choose(page, 'ETHUSDT');
  assert.ok((await seriesOf(page, 'chart-price'))['price-1'].length > 0);
  quiet(seen);
  await context.close();
});

test('runs side by side: names are text, a phone holds it, paper too', skipCommand, async () => {
  const { html } = comparisonOf('hostile', 'day');
  const { page, seen, context } = await openPage(browser, html,
    { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  assert.equal(await page.evaluate(() => document.images.length), 0);
  assert.equal(await page.evaluate(() => document.scripts.length), 3);
  assert.match(await page.innerText('#subtitle'), /<\/script><script>/);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
  const wide = await page.evaluate(() => [...document.querySelectorAll('main *')].filter((e) =>
    !e.closest('.scroll') && e.getBoundingClientRect().right > 391).map((e) => e.tagName + '#' + e.id));
  assert.deepEqual(wide, []);
  const pdf = await page.pdf({ format: 'A4' });
  assert.ok(pdf.length > 10000);
  quiet(seen);
  await context.close();
});

test('which contract pulled down which', async () => {
  const { database, html } = pageOf('day');
  const { page, context } = await openPage(browser, html);
  const rows = select(database, `SELECT * FROM contagions WHERE cause <> effect ORDER BY notional DESC`);
  const shown = await page.evaluate(() => [...document.querySelectorAll('#contagion-section tbody tr')]
    .map((row) => [...row.cells].map((cell) => cell.textContent)));
  assert.equal(shown.length, rows.length);
  rows.forEach((row, i) => {
    assert.deepEqual(shown[i].slice(0, 2), [row.cause, row.effect]);
    assert.equal(shown[i][5].replaceAll(',', ''), String(row.count));
  });
  assert.ok(rows.some((row) => row.shared_collateral > 0) && rows.some((row) => row.cross_impact > 0));
  await context.close();
});

test('the bundled day', skipCommand, async () => {
  const database = join(folder, 'real.db');
  const html = join(folder, 'real.html');
  const common = ['--results', database, '--progress=never'];
  execFileSync(CROSSFALL_BIN, ['run', 'may-2021', '--json', '--data', join(folder, 'market.db'), ...common], { stdio: 'pipe', maxBuffer: 1 << 26 });
  execFileSync(CROSSFALL_BIN, ['report', 'last', '--html', html, '--results', database], { stdio: 'pipe' });
  const { page, seen, context } = await openPage(browser, html);
  await comparePrices(page, database, 'BTCUSDT', false);
  await compareFlow(page, database, 'BTCUSDT', 1);
  await compareFlow(page, database, null, 1);
  await compareWholeRun(page, database);
  const total = one(database, 'SELECT total(long_notional_e8 + short_notional_e8) / 1e8 AS notional FROM minute').notional;
  const shown = await page.evaluate(() => liquidated);
  near(shown, total, 'liquidated notional', 1e-9);
  assert.ok(statSync(html).size < 3e6);
  quiet(seen);
  await context.close();
});
