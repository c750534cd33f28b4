/* Several runs on one page: prices, liquidated notional and losses side by side. */

const comparison = data.comparison;

function shortSetting(value) {
  return /^\d{5,15}(\.0+)?$/.test(value) ? money(Number(value)) : value;
}

/* The rules of another rulebook are told by its name. */
const named = comparison.settings.some(({ key }) => key === 'venue.rulebook')
  ? comparison.settings.filter(({ key }) => !key.startsWith('rulebook')) : comparison.settings;

/* What tells a run from the first: the one or two settings that differ. */
function distinction(index) {
  const parts = named.filter(({ values }) => values[index] !== values[0])
    .map(({ key, values }) => [key.split('.').pop(), values[index] ?? 'not set']);
  return parts.length > 2 || parts.some(([, value]) => value.length > 24) ? ''
    : parts.map(([key, value]) => key + ' ' + shortSetting(value)).join(', ');
}

const runs = data.runs.map((entry, index) => ({
  ...entry, index, id: entry.run.id, short: entry.run.id.slice(0, 8), distinction: distinction(index),
}));

function nameOf(run) {
  return run.short + (run.distinction === '' ? '' : ' · ' + run.distinction);
}

const SHADES = 6; /* beyond them dashed, then dotted */

function shadeOf(run) {
  return colour('run-' + run.index % SHADES);
}

function lineOf(run) {
  return { width: 1.8, type: ['solid', 'dashed', 'dotted'][Math.floor(run.index / SHADES) % 3] };
}

function figureOf(name, run) {
  const row = comparison.figures.find((figure) => figure.name === name);
  return row ? row.values[run.index] : null;
}

/* The axis of time holds all runs. */
data.run.from_ms = Math.min(...runs.map(({ run }) => run.from_ms));
data.run.to_ms = Math.max(...runs.map(({ run }) => run.to_ms));

/* Every contract of any run. */
for (const run of runs)
  for (const row of run.instruments)
    if (!data.instruments.some((known) => known.instrument === row.instrument))
      data.instruments.push(row);

/* ---- words, cards, tables ---- */

function putHead() {
  const titles = [...new Set(runs.map(({ run }) => run.title || run.scenario))];
  const from = dayOfYear(data.run.from_ms);
  const to = dayOfYear(data.run.to_ms);
  document.title = runs.length + ' runs · Crossfall';
  byId('title').textContent = runs.length + ' runs side by side';
  byId('subtitle').textContent = titles.join(' · ') + ' · ' + (from === to ? from : from + ' to ' + to) + ' UTC · money in ' + asset;
  if (comparison.comparable)
    return;
  byId('alarm').append(element('p', null, 'These runs cannot be compared: what differs below is not the effect of the settings alone.'),
    element('ul', null, comparison.not_comparable_because.map((reason) => element('li', null, reason))));
  byId('alarm').hidden = false;
}

function putCards() {
  for (const run of runs) {
    const mark = element('i', { class: 'mark' });
    mark.style.background = shadeOf(run);
    const debt = figureOf('bad_debt', run);
    const worst = figureOf('branching.max', run);
    byId('figures').append(element('div', { class: 'figure' },
      element('div', { class: 'label' }, mark, run.short + (run.index === 0 ? ' · the first' : '')),
      run.distinction === '' ? null : element('div', { class: 'note' }, run.distinction),
      element('div', { class: 'value' }, money(figureOf('liquidated_notional.total', run))),
      element('div', { class: 'note' }, asset + ' closed by force in ' + count(figureOf('liquidations', run)) + ' orders; ' +
        money(debt) + NARROW_GAP + asset + ' of bad debt' + (known(worst) ? '; branching at worst ' + ratio(worst) : '') + '.')));
  }
}

function runColumns(cell) {
  return runs.map((run) => [run.short, 'number', (row) => cell(row, run.index)]);
}

/* Files that are called the same and have another content. */
function inputItems() {
  return comparison.inputs.map(({ role, name, lines }) => element('li', null, role + ' ' + name + ': another content' +
    (lines === null ? '' : lines[0] === lines[1] ? ' in line ' + lines[0] : ' in lines ' + lines[0] + ' to ' + lines[1]) + '.'));
}

function putSettings() {
  const items = inputItems();
  const settings = comparison.settings.length > 0 ? table([['Setting', '', (row) => code(row.key)],
    ...runs.map((run) => [run.short, '', (row) => code(row.values[run.index] ?? '–')])], comparison.settings) : null;
  byId('settings').replaceWith(...(settings === null && items.length === 0
    ? [element('p', { class: 'lead' }, 'Nothing: these runs have the same settings.')]
    : [settings, items.length > 0 ? element('ul', { class: 'basis' }, items) : null].filter((part) => part !== null)));
}

const SHARES = ['caused_share', 'caused_share_proportional']; /* of unit 1, as percents */

function shown(row, value) {
  if (value === null)
    return '–';
  if (row.unit === 'UTC')
    return moment(Date.parse(value));
  return row.unit === 'count' ? count(value) : SHARES.includes(row.name) ? percent(value)
    : row.unit === '1' ? ratio(value) : row.name.startsWith('price.') ? axisPrice(value) : money(value);
}

function changeOf(row, index) {
  const change = index > 0 ? row.change[index - 1] : null;
  return known(change) && change !== 0 ? ' (' + (change > 0 ? '+' : '') + percent(change) + ')' : '';
}

function putAllFigures() {
  const rows = comparison.figures.filter((row) => row.values.some((value) => value !== null && value !== 0));
  byId('all-figures').replaceWith(table([['Figure (change from the first run)', 'name', (row) => row.label],
    ...runColumns((row, index) => shown(row, row.values[index]) + changeOf(row, index))], rows));
}

/* ---- price ---- */

function contract() {
  return data.instruments[selected];
}

function pathOf(run, column) {
  const at = run.instruments.findIndex((row) => row.instrument === contract().instrument);
  if (at < 0)
    return [];
  const path = run.paths[at];
  return path.minute.map((minute, i) => [(run.first_minute + minute) * MINUTE_MS, priceOf(path[column][i], run.instruments[at])]);
}

/* In percent of the first run's price, at the minutes that both have. */
function apartPoints(run) {
  const first = new Map(pathOf(runs[0], 'simulated'));
  return pathOf(run, 'simulated').filter(([ms, value]) => known(value) && first.get(ms) > 0)
    .map(([ms, value]) => [ms, 100 * (value / first.get(ms) - 1)]);
}

function priceTip(points) {
  const row = contract();
  const seen = points.filter((p) => p.value && known(p.value[1]));
  return seen.length === 0 ? '' : tip(moment(seen[0].value[0]) + ', end of the minute', seen.map((p) => [p.color, p.seriesName,
    p.seriesId.startsWith('apart') ? percent(p.value[1] / 100) + ' from the first' : price(p.value[1], row.tick_exact)]));
}

function priceSeries() {
  const recorded = { id: 'recorded', name: 'recorded', type: 'line', data: pathOf(runs.find((run) => pathOf(run, 'recorded').length > 0), 'recorded'),
    showSymbol: false, color: colour('recorded'), lineStyle: { width: 3.5, opacity: 0.55 } };
  const lines = runs.map((run) => ({ id: 'price-' + run.index, name: nameOf(run), type: 'line', data: pathOf(run, 'simulated'),
    showSymbol: false, color: shadeOf(run), lineStyle: lineOf(run) }));
  const apart = runs.slice(1).map((run) => ({ id: 'apart-' + run.index, name: nameOf(run), type: 'line', data: apartPoints(run),
    xAxisIndex: 1, yAxisIndex: 1, showSymbol: false, color: shadeOf(run), lineStyle: { ...lineOf(run), width: 1.2 } }));
  return [recorded, ...lines, ...apart];
}

/* Room for a legend of all runs above a plot; a letter is taken as 7.5 px wide. */
function legendHeight() {
  const most = narrow() ? 270 : 300;
  const room = byId('chart-price').clientWidth || 1000;
  let lines = 1;
  let used = 0;
  for (const name of ['recorded', ...runs.map(nameOf)]) {
    const width = Math.min(most, 7.5 * name.length) + 45;
    lines += used > 0 && used + width > room ? 1 : 0;
    used = used > 0 && used + width <= room ? used + width : width;
  }
  return 24 * lines;
}

function runLegend(names) {
  return { ...base().legend, data: names, textStyle: { ...base().legend.textStyle, width: narrow() ? 270 : 300 } };
}

function buildPrice() {
  if (!runs.some((run) => pathOf(run, 'recorded').some(([, value]) => known(value))))
    return 'These runs have no price of ' + contract().instrument + '.';
  return {
    ...base(), height: 470 + legendHeight(),
    legend: runLegend(['recorded', ...runs.map(nameOf)]),
    grid: [timeGrid(16 + legendHeight(), 206), { ...timeGrid(0, 64), top: 'auto', height: 84 }],
    axisPointer: { link: [{ xAxisIndex: 'all' }] },
    xAxis: [{ ...timeAxis(), axisLabel: { show: false } }, { ...timeAxis(), gridIndex: 1 }],
    yAxis: [{ ...valueAxis('', axisPrice), scale: true },
      { ...valueAxis('from the first run', (value) => axisPrice(value) + ' %'), gridIndex: 1, splitNumber: 2 }],
    dataZoom: slider(),
    tooltip: { ...base().tooltip, formatter: priceTip },
    series: priceSeries(),
  };
}

/* ---- liquidated notional ---- */

/* Each stretch of the run, also those without an order: [ms, notional]. */
function flowPoints(run) {
  const length = run.flow_minutes * MINUTE_MS;
  const sums = new Map(run.flow_all.map(([at, long, short]) => [at, long + short]));
  const points = [];
  for (let at = 0; (run.flow_first + at) * length <= run.run.to_ms; at++)
    points.push([(run.flow_first + at) * length, sums.get(at) || 0]);
  return points;
}

function addedUp(points) {
  let sum = 0;
  return points.map(([ms, value]) => [ms, sum += value]);
}

function flowTip(points) {
  const seen = points.filter((p) => p.value);
  return seen.length === 0 ? '' : tip(moment(seen[0].value[0]), seen.map((p) => [p.color,
    p.seriesName + (p.seriesId.startsWith('sum') ? ', so far' : ''), moneyOf(p.value[1])]));
}

function stretchName() {
  const minutes = runs[0].flow_minutes;
  return minutes === 1 ? 'a minute' : minutes < 60 ? 'per ' + minutes + ' minutes' : minutes === 60 ? 'an hour' : 'per ' + minutes / 60 + ' hours';
}

function buildFlow() {
  if (runs.every((run) => run.flow_all.length === 0))
    return 'Nobody was liquidated in these runs.';
  const line = (run, kind, points, axis) => ({ id: kind + '-' + run.index, name: nameOf(run), type: 'line', step: kind === 'flow' ? 'end' : false,
    data: points, showSymbol: false, color: shadeOf(run), lineStyle: { ...lineOf(run), width: 1.4 }, xAxisIndex: axis, yAxisIndex: axis });
  return {
    ...base(), height: 380 + legendHeight(),
    legend: runLegend(runs.map(nameOf)),
    grid: [timeGrid(40 + legendHeight(), 176), { ...timeGrid(0, 28), top: 'auto', height: 100 }],
    axisPointer: { link: [{ xAxisIndex: 'all' }] },
    xAxis: [{ ...timeAxis(), axisLabel: { show: false } }, { ...timeAxis(), gridIndex: 1 }],
    yAxis: [valueAxis(asset + ' ' + stretchName(), axisMoney), { ...valueAxis('so far', axisMoney), gridIndex: 1, splitNumber: 2 }],
    dataZoom: [{ ...followingZoom('filter')[0], xAxisIndex: 'all' }],
    tooltip: { ...base().tooltip, formatter: flowTip },
    series: [...runs.map((run) => line(run, 'flow', flowPoints(run), 0)), ...runs.map((run) => line(run, 'sum', addedUp(flowPoints(run)), 1))],
  };
}

/* ---- losses ---- */

/* Of bad debt and of what the funds lost beyond what they had; the parts add up to the two. */
const PAYERS = [['fund', 'insurance fund', (run) => figureOf('insurance_fund.paid', run)],
  ['socialised', 'other accounts', (run) => figureOf('socialised_loss', run)], ['unpaid', 'nobody', (run) => figureOf('unpaid', run)]];

function buildLosses() {
  const rows = PAYERS.map(([id, name, of]) => ({ id, name, values: runs.map((run) => of(run) || 0) }))
    .filter((row) => row.values.some((value) => value > 0));
  if (rows.length === 0)
    return 'No account lost more than it had, in any of these runs.';
  return {
    ...base(), height: 120 + 34 * runs.length,
    grid: { ...base().grid, top: 64 },
    xAxis: { ...valueAxis(asset, axisMoney), nameLocation: 'middle', nameGap: 28 },
    yAxis: { ...axisStyle(), type: 'category', data: runs.map((run) => run.short), inverse: true, axisTick: { show: false } },
    tooltip: { ...base().tooltip, axisPointer: { type: 'shadow', shadowStyle: { color: colour('line'), opacity: 0.4 } },
      formatter: (points) => points.length === 0 ? '' : tip(nameOf(runs[points[0].dataIndex]), points.map((p) => [p.color, p.seriesName, moneyOf(p.value)])) },
    series: rows.map((row) => ({ id: row.id, name: row.name, type: 'bar', stack: 'payer', data: row.values, color: colour(row.id), barMaxWidth: 22 })),
  };
}

function buildFund() {
  if (runs.every((run) => run.fund.length === 0))
    return 'The insurance fund was not touched in any of these runs.';
  return {
    ...base(),
    legend: { show: false },
    grid: timeGrid(36, 28),
    xAxis: timeAxis(),
    yAxis: { ...valueAxis(asset, axisMoney), scale: true },
    dataZoom: followingZoom('none'),
    tooltip: { ...base().tooltip, formatter: flowTip },
    series: runs.map((run) => ({ id: 'fund-' + run.index, name: nameOf(run), type: 'line', step: 'end',
      data: run.fund.length === 0 ? [] : [...run.fund, [run.run.to_ms, run.fund.at(-1)[1]]],
      showSymbol: false, color: shadeOf(run), lineStyle: lineOf(run) })),
  };
}

addChart('chart-price', buildPrice, { onTime: true });
addChart('chart-flow', buildFlow, { onTime: true });
addChart('chart-losses', buildLosses);
addChart('chart-fund', buildFund, { onTime: true });

/* ---- the page ---- */

function putSelector() {
  const select = byId('instrument');
  byId('controls').hidden = data.instruments.length < 2;
  data.instruments.forEach((row, index) => select.append(element('option', { value: index }, row.instrument)));
  select.value = String(selected);
  byId('instrument-note').textContent = 'for the price below';
  select.addEventListener('change', () => {
    selected = Number(select.value);
    drawTimeCharts();
  });
}

function putRunsFooter() {
  byId('footer').append(...runs.map(({ run }) => element('p', null, 'Run ' + run.id + ' of scenario ' + run.scenario + ', seed ' + run.seed +
    ', crossfall ' + run.version + ', ' + run.created_at + ', fingerprint ', code(run.fingerprint))),
  element('p', null, 'The accounts are not forecasts and the page is no advice. All times are UTC. Charts: Apache ECharts ' +
    echarts.version + ', Apache License 2.0; its notice stands in the source of this page.'));
}

putHead();
putCards();
putSettings();
putSelector();
putAllFigures();
byId('price-caption').textContent = 'One line a run: the price with feedback at the end of each minute. Recorded: what history had. ' +
  'The lower strip is how far each run stands from the first.';
putRunsFooter();
redrawAll();
watchPage();
