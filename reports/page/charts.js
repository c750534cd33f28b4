/* The other charts: largest cascade, insurance fund, losses, who lost. Of the whole run. */

function categoryAxis(names) {
  return { ...axisStyle(), type: 'category', data: names, axisTick: { show: false }, splitLine: { show: false } };
}

/* ---- the largest cascade ---- */

function buildGenerations() {
  const rows = data.generations;
  if (rows.length === 0)
    return 'There was no cascade: nobody was liquidated.';
  const side = (name, shade, at) => ({
    id: name, name: name + ' closed', type: 'bar', stack: 'side', color: colour(shade), barMaxWidth: 46, data: rows.map((row) => row[at]),
  });
  return {
    ...base(),
    grid: { ...base().grid, top: 64, bottom: 22 },
    xAxis: { ...categoryAxis(rows.map((row) => String(row[0]))), name: 'generation', nameLocation: 'middle', nameGap: 26 },
    yAxis: valueAxis(asset, axisMoney),
    tooltip: {
      ...base().tooltip, axisPointer: { type: 'shadow', shadowStyle: { color: colour('line'), opacity: 0.4 } },
      formatter: (points) => {
        const row = rows[points[0].dataIndex];
        const before = rows[points[0].dataIndex - 1];
        return tip('Generation ' + row[0], [[colour('long'), 'longs', moneyOf(row[2])], [colour('short'), 'shorts', moneyOf(row[3])],
          [null, 'orders', count(row[1])],
          ...(before ? [[null, 'of the one before', percent((row[2] + row[3]) / (before[2] + before[3]))]] : [])]);
      },
    },
    series: [side('longs', 'long', 2), side('shorts', 'short', 3)],
  };
}

function putCascadeWords() {
  const c = data.cascade;
  if (!c)
    return;
  const place = byId('cascade-lead');
  place.textContent = 'It began at ' + moment(c.from_ms) + ' and ' +
    (c.to_ms === c.from_ms ? 'was over in the same instant' : 'went on for ' + span(c.to_ms - c.from_ms)) + ': ' +
    moneyOf(c.long + c.short) + ' closed in ' + orders(c.orders) + ' of ' + count(c.accounts) +
    (c.accounts === 1 ? ' account' : ' accounts') + ', ' + (c.generations === 1 ? 'all forced by the fall itself.'
      : c.generations + ' generations deep.');
}

/* Sizes in steps of two: 1, 2–3, 4–7 ... */
function sizeClasses() {
  const classes = new Map();
  for (const [size, number, notional] of data.cascade_sizes) {
    const power = Math.floor(Math.log2(size));
    const before = classes.get(power) || [0, 0];
    classes.set(power, [before[0] + number, before[1] + notional]);
  }
  return [...classes.entries()].sort((a, b) => a[0] - b[0]);
}

function putCascadeSizes() {
  const place = byId('cascade-sizes');
  const classes = sizeClasses();
  if (classes.length === 0) {
    place.append(element('p', { class: 'absent' }, 'There was none.'));
    return;
  }
  const all = classes.reduce((sum, [, [, notional]]) => sum + notional, 0);
  const most = Math.max(...classes.map(([, [, notional]]) => notional));
  place.append(element('table', null,
    element('thead', null, element('tr', null, element('th', null, 'Orders'),
      element('th', { class: 'number' }, 'Cascades'), element('th', { class: 'number' }, 'Share of notional'), element('th'))),
    element('tbody', null, classes.map(([power, [number, notional]]) => {
      const low = 2 ** power;
      const bar = element('span', { class: 'bar' });
      bar.style.width = 100 * notional / most + '%';
      const cell = element('td', { class: 'bars' }, bar);
      return element('tr', null, element('td', null, low === 1 ? '1' : count(low) + ' to ' + count(2 * low - 1)),
        element('td', { class: 'number' }, count(number)), element('td', { class: 'number' }, percent(notional / all)), cell);
    }))));
}

/* ---- who paid ---- */

function buildFund() {
  const start = metric('insurance_fund.start');
  if (data.fund.length === 0)
    return start === null ? 'This run has no insurance fund.'
      : 'The insurance fund was not touched: ' + moneyOf(start) + ' throughout.';
  const points = data.fund.slice();
  if (start !== null && points[0][0] > data.run.from_ms)
    points.unshift([data.run.from_ms, start]);
  points.push([data.run.to_ms, points[points.length - 1][1]]);
  return {
    ...base(),
    legend: { show: false },
    grid: { ...base().grid, top: 34 },
    xAxis: timeAxis(),
    yAxis: { ...valueAxis(asset, axisMoney), scale: true },
    tooltip: { ...base().tooltip, formatter: (all) => all.length === 0 ? ''
      : tip(moment(all[0].value[0]), [[all[0].color, 'in the fund', moneyOf(all[0].value[1])]]) },
    series: [{ id: 'fund', name: 'insurance fund', type: 'line', step: 'end', data: points, showSymbol: false, color: colour('fund'),
      lineStyle: { width: 1.8 } }],
  };
}

const PAYERS = [['fund', 'insurance fund', 1], ['socialised', 'open positions', 2], ['unpaid', 'left open', 3]];

function buildLosses() {
  if (data.losses.length === 0)
    return 'No account lost more than it had.';
  const width = data.loss_minutes * MINUTE_MS;
  const sum = [0, 0, 0];
  const running = data.losses.map((row) => [row[0] * width, ...row.slice(1).map((value, i) => sum[i] += value)]);
  running.unshift([data.run.from_ms, 0, 0, 0]);
  running.push([data.run.to_ms, ...running[running.length - 1].slice(1)]);
  return {
    ...base(),
    grid: { ...base().grid, top: 70 },
    legend: { ...base().legend, width: '100%' },
    xAxis: timeAxis(),
    yAxis: valueAxis(asset + ', paid by', axisMoney),
    tooltip: { ...base().tooltip, formatter: (all) => all.length === 0 ? ''
      : tip('until ' + moment(all[0].value[0]), all.map((p) => [p.color, p.seriesName, moneyOf(p.value[1])])) },
    series: PAYERS.filter(([, , at]) => sum[at - 1] > 0).map(([id, name, at]) => ({
      id, name, type: 'line', step: 'end', stack: 'paid', showSymbol: false, color: colour(id), lineStyle: { width: 1 },
      areaStyle: { opacity: 0.65 }, data: running.map((row) => [row[0], row[at]]),
    })),
  };
}

/* How the fund came from its first balance to its last; the parts add up. */
function fundFlows() {
  const result = (metric('inventory.result') ?? 0) + unborne;
  return [['events put', 'events took', metric('insurance_fund.changed'), 'in', 'out'],
    ['orders brought it', 'orders cost it', metric('insurance_fund.received'), '', ''],
    ['it made', 'it lost', result, 'on what it took over', 'on what it took over'],
    ['it paid', '', metric('insurance_fund.paid'), 'of bad debt', '']]
    .filter(([, , amount]) => known(amount) && amount !== 0)
    .map(([more, less, amount, behindMore, behindLess]) => ((amount > 0 ? more : less) + ' ' + money(Math.abs(amount)) + ' ' +
      (amount > 0 ? behindMore : behindLess)).trim());
}

/* The chart has what was paid when a debt arose; the rest has no time of its own. */
function lossesCaption() {
  const socialised = metric('socialised_loss');
  return 'Bad debt as it arose, and what was paid of it at once.' + (metric('unpaid') > 0 || socialised > 0
    ? ' By the end, of what was left open' + (unborne > 0 ? ' and of the ' + money(unborne) + ' that the fund lost beyond what it had' : '') +
      ', other accounts paid ' + money(socialised - sumOfLosses(2)) + ' and nobody ' + money(metric('unpaid')) + '.' : '');
}

function sumOfLosses(column) {
  return data.losses.reduce((sum, row) => sum + row[column], 0);
}

function putPayerWords() {
  const start = metric('insurance_fund.start');
  const least = metric('insurance_fund.min');
  const end = metric('insurance_fund.end');
  const adl = metric('adl.notional');
  let text = payerSentence() || 'Nobody was liquidated, so nobody had to pay.';
  if (start !== null && end !== null)
    text += ' The insurance fund had ' + moneyOf(start) + ' at the start' +
      (least !== null && least < Math.min(start, end) ? ', ' + money(least) + ' at its lowest' : '') + ' and ' + money(end) + ' at the end';
  const flows = fundFlows();
  if (flows.length > 0)
    text += ': in between ' + flows.join(', ') + '.';
  else if (start !== null && end !== null)
    text += '.';
  const forgone = metric('adl.forgone');
  if (adl > 0)
    text += ' Positions worth ' + moneyOf(adl) + ' were taken from ' + count(metric('adl.accounts')) +
      ' accounts in profit by auto-deleveraging; they ' + (forgone < 0 ? 'gained ' : 'gave up ') + moneyOf(Math.abs(forgone)) +
      ' against the mark price. That is no part of what accounts lost: the orders closed against them left no debt.';
  byId('payers-lead').textContent = text;
  byId('losses-caption').textContent = data.losses.length === 0 ? '' : lossesCaption();
  byId('fund-caption').textContent = data.fund.length > 0 ? 'The axis does not start at 0, so that small steps are seen.' : '';
}

/* ---- who lost ---- */

function shareTip(rows, title) {
  return (points) => {
    const row = rows[points[0].dataIndex];
    return tip(title(row), [[null, 'accounts', count(row.accounts)],
      [colour('long'), 'with forced orders', count(row.liquidated) + ' (' + percent(row.liquidated / row.accounts) + ')'],
      [colour('unpaid'), 'bankrupt', count(row.bankrupt)],
      [null, 'equity before', moneyOf(row.equity_start)], [null, 'equity after', moneyOf(row.equity_end)],
      [colour('accent'), 'change', change(row) === null ? '–' : percent(change(row))]]);
  };
}

function change(row) {
  return row.equity_start > 0 ? row.equity_end / row.equity_start - 1 : null;
}

function shares(rows, names, title, sideways) {
  const bar = (id, name, shade, value) => ({
    id, name, type: 'bar', color: colour(shade), barMaxWidth: 18, barGap: '15%', data: rows.map(value),
  });
  const values = { ...valueAxis('', (value) => value + ' %'), splitNumber: 4 };
  return {
    ...base(),
    grid: { ...base().grid, top: narrow() ? 62 : 40 },
    [sideways ? 'yAxis' : 'xAxis']: { ...categoryAxis(names), inverse: sideways, axisLine: { onZero: false, lineStyle: { color: colour('line') } },
      axisLabel: { ...axisStyle().axisLabel, width: narrow() ? 96 : 130, overflow: 'truncate', hideOverlap: !sideways, interval: sideways ? 0 : 'auto' } },
    [sideways ? 'xAxis' : 'yAxis']: values,
    tooltip: { ...base().tooltip, axisPointer: { type: 'shadow', shadowStyle: { color: colour('line'), opacity: 0.4 } }, formatter: shareTip(rows, title) },
    series: [
      bar('liquidated', 'accounts liquidated, %', 'long', (row) => 100 * row.liquidated / row.accounts),
      bar('change', 'change of equity, %', 'accent', (row) => change(row) === null ? null : 100 * change(row)),
    ],
  };
}

function cohortName(row) {
  return row.cohort === '' ? '(no name)' : row.cohort;
}

const COHORTS_MAX = 12;

function buildCohorts() {
  const rows = [...data.cohorts].sort((a, b) => b.accounts - a.accounts || (a.cohort < b.cohort ? -1 : 1)).slice(0, COHORTS_MAX);
  if (rows.length === 0)
    return 'This run has no accounts.';
  byId('cohorts-caption').textContent = data.cohorts.length > COHORTS_MAX
    ? 'The ' + COHORTS_MAX + ' largest of ' + data.cohorts.length + ' cohorts, largest first.' : 'Cohorts of the scenario or of the accounts file, largest first.';
  return { ...shares(rows, rows.map(cohortName), cohortName, true), height: Math.max(260, 90 + 46 * rows.length) };
}

function buildDeciles() {
  const rows = data.deciles;
  if (rows.length < 2)
    return 'Too few accounts to divide them by size.';
  byId('deciles-caption').textContent = 'Tenths of all accounts by equity at the start: 1 is the smallest tenth (up to ' +
    moneyOf(rows[0].high) + '), ' + rows.length + ' the largest (from ' + moneyOf(rows[rows.length - 1].low) + ').';
  return shares(rows, rows.map((row) => String(row.decile)), (row) => 'Tenth ' + row.decile + ': ' + money(row.low) + ' to ' + moneyOf(row.high), false);
}

addChart('chart-generations', buildGenerations);
addChart('chart-fund', buildFund);
addChart('chart-losses', buildLosses);
addChart('chart-cohorts', buildCohorts);
addChart('chart-deciles', buildDeciles);
