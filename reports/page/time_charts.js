/* Charts over time: price, liquidated notional, density, branching ratio. All of the selected contract. */

function contract() {
  return data.instruments[selected];
}

function minuteMs(minute) {
  return (data.first_minute + minute) * MINUTE_MS;
}

function pathPoints(column) {
  const path = data.paths[selected];
  return path.minute.map((minute, i) => [minuteMs(minute), priceOf(path[column][i], contract())]);
}

const PATHS = [
  ['recorded', 'recorded', 'recorded'],
  ['without', 'without feedback', 'without'],
  ['simulated', 'with feedback', 'with'],
];

/* How far the price with feedback stands from the price without, in percent. */
function pushPoints() {
  const path = data.paths[selected];
  return path.minute.map((minute, i) => [minuteMs(minute), known(path.simulated[i]) && path.without[i] > 0
    ? 100 * (path.simulated[i] / path.without[i] - 1) : null]);
}

function priceTip(points) {
  const row = contract();
  const shown = points.filter((p) => p.value && known(p.value[1]));
  return shown.length === 0 ? '' : tip(moment(shown[0].value[0]) + ', end of the minute', shown.map((p) => [p.color, p.seriesName,
    p.seriesId === 'push' ? percent(p.value[1] / 100) : price(p.value[1], row.tick_exact)]));
}

function buildPrice() {
  const row = contract();
  const path = data.paths[selected];
  if (!path.recorded.some(known))
    return 'This run has no price of ' + row.instrument + '.';
  const width = { recorded: 3.5, without: 1.6, simulated: 1.6 };
  return {
    ...base(),
    legend: { ...base().legend, data: PATHS.map(([, name]) => name) },
    grid: [timeGrid(44, 206), { ...timeGrid(0, 64), top: 'auto', height: 84 }],
    axisPointer: { link: [{ xAxisIndex: 'all' }] },
    xAxis: [{ ...timeAxis(), axisLabel: { show: false } }, { ...timeAxis(), gridIndex: 1 }],
    yAxis: [{ ...valueAxis('', axisPrice), scale: true },
      { ...valueAxis('pushed by liquidations', (value) => axisPrice(value) + ' %'), gridIndex: 1, splitNumber: 2 }],
    dataZoom: slider(),
    tooltip: { ...base().tooltip, formatter: priceTip },
    series: [...PATHS.map(([column, name, shade]) => ({
      id: column, name, type: 'line', data: pathPoints(column), showSymbol: false, color: colour(shade),
      lineStyle: { width: width[column], opacity: column === 'recorded' ? 0.55 : 1 }, connectNulls: false,
    })), {
      id: 'push', name: 'pushed by liquidations', type: 'line', data: pushPoints(), xAxisIndex: 1, yAxisIndex: 1, showSymbol: false,
      color: colour('adl'), lineStyle: { width: 1.2 }, areaStyle: { opacity: 0.25, origin: 0 },
    }],
  };
}

function putPriceWords() {
  const row = contract();
  const fall = fallOf(selected, 'simulated');
  const without = fallOf(selected, 'without');
  const share = endogenousShare(selected);
  byId('price-lead').textContent = !(fall > 0.00005) ? row.instrument + ' did not fall in this run.'
    : row.instrument + ': largest fall ' + percent(fall) + ' with feedback, ' + percent(without) + ' without it' +
      (known(share) ? '; the liquidations made ' + percent(share) + ' of it.' : '.');
  byId('price-caption').textContent = (isNullReplay(selected)
    ? 'Recorded and with feedback are the same line: with unchanged rules the simulation gives back what was recorded. That is no evidence for the model. '
    : '') + 'Without feedback: the price had the forced orders pushed nothing; the lower strip is the difference. Prices are those at the end of each minute; within a minute they went further.';
}

/* ---- liquidated notional ---- */

function flowRows() {
  return flowOfAll ? data.flow_all
    : data.flow.filter((row) => row[1] === selected).map(([at, , long, short, number]) => [at, long, short, number]);
}

function per() {
  const minutes = data.flow_minutes;
  return minutes === 1 ? 'a minute' : minutes < 60 ? 'per ' + minutes + ' minutes'
    : minutes === 60 ? 'an hour' : minutes % 1440 === 0 ? 'per ' + minutes / 1440 + ' days' : 'per ' + minutes / 60 + ' hours';
}

function flowTip(points, numbers) {
  const shown = points.filter((p) => p.value && p.value[1] !== 0);
  if (points.length === 0)
    return '';
  const at = points[0].value[0];
  return tip(moment(at) + ', ' + per(), [...shown.map((p) => [p.color, p.seriesName, moneyOf(Math.abs(p.value[1]))]),
    [null, 'forced orders', count(numbers.get(at))]]);
}

function buildFlow() {
  const rows = flowRows();
  if (rows.length === 0)
    return flowOfAll ? 'Nobody was liquidated in this run.' : 'Nobody was liquidated in ' + contract().instrument + '.';
  const at = (row) => (data.flow_first + row[0]) * data.flow_minutes * MINUTE_MS;
  const numbers = new Map(rows.map((row) => [at(row), row[3]]));
  const side = (name, shade, value) => ({
    id: name, name: name + ' closed', type: 'bar', stack: 'side', color: colour(shade), barMinWidth: 1.4, barMaxWidth: 10,
    data: rows.map((row) => [at(row), value(row)]),
  });
  return {
    ...base(),
    xAxis: timeAxis(),
    yAxis: valueAxis(asset + ' ' + per(), (value) => axisMoney(Math.abs(value))),
    grid: timeGrid(64, 28),
    dataZoom: followingZoom('filter'),
    tooltip: { ...base().tooltip, formatter: (points) => flowTip(points, numbers) },
    series: [side('longs', 'long', (row) => row[1]), side('shorts', 'short', (row) => -row[2])],
  };
}

function putFlowSwitch() {
  const place = byId('flow-switch');
  if (data.instruments.length < 2)
    return;
  const button = (text, all) => {
    const made = element('button', { type: 'button', 'aria-pressed': String(flowOfAll === all) }, text);
    made.addEventListener('click', () => {
      flowOfAll = all;
      putFlowSwitch();
      drawChart(charts.find((entry) => entry.id === 'chart-flow'));
    });
    return made;
  };
  place.replaceChildren(button('All contracts', true), button(contract().instrument, false));
}

/* ---- density ---- */

/* [from ms, to ms, low, high, notional] of one side, 0: longs, 1: shorts. A look holds until the next. */
function densityCells(side) {
  const map = data.density[selected];
  const row = contract();
  return map.cells.flatMap((cells, k) => {
    const until = k + 1 < map.ms.length ? map.ms[k + 1] : data.run.to_ms;
    const found = [];
    for (let i = 0; i < cells.length; i += 3)
      if (cells[i + 1 + side] > 0)
        found.push([map.ms[k], until, priceOf(map.bins[2 * cells[i]], row), priceOf(map.bins[2 * cells[i] + 1], row), cells[i + 1 + side]]);
    return found;
  });
}

/* What the darkest colour stands for: a few stripes that tower above all others are as dark as the
 * next ones, or nothing else were seen. */
function darkest() {
  const sizes = [...densityCells(0), ...densityCells(1)].map((cell) => cell[4]).sort((a, b) => a - b);
  return sizes.length === 0 ? 0 : sizes[Math.floor(0.97 * (sizes.length - 1))];
}

/* Whole pixels of a screen with two to a point: cells then neither overlap nor leave gaps. */
function half(x) {
  return Math.round(2 * x) / 2;
}

function densitySeries(id, name, shade, cells, most) {
  const fill = colour(shade);
  return {
    id, name, type: 'custom', color: fill, data: cells, clip: true, encode: { x: [0, 1], y: [2, 3], tooltip: [4] },
    progressive: 0,
    renderItem: (params, api) => {
      const [x0, y0] = api.coord([api.value(0), api.value(2)]);
      const [x1, y1] = api.coord([api.value(1), api.value(3)]);
      return {
        type: 'rect', shape: { x: half(x0), y: half(y1), width: Math.max(0.5, half(x1) - half(x0)), height: Math.max(0.5, half(y0) - half(y1)) },
        style: { fill, opacity: 0.08 + 0.92 * Math.sqrt(Math.min(1, api.value(4) / most)) },
      };
    },
  };
}

function densityTip(point) {
  const row = contract();
  if (point.seriesType !== 'custom')
    return tip(moment(point.value[0]), [[point.color, 'price', price(point.value[1], row.tick_exact)]]);
  const [from, , low, high, notional] = point.value;
  return tip('as of ' + moment(from), [
    [null, 'if the price comes to', price(low, row.tick_exact) + ' – ' + price(high, row.tick_exact)],
    [point.color, point.seriesName, moneyOf(notional)]]);
}

function buildDensity() {
  const map = data.density[selected];
  if (!map || map.bins.length === 0)
    return 'This run holds no map of what was waiting to be liquidated in ' + contract().instrument + '.';
  if (!data.paths[selected].simulated.some(known))
    return 'This run has no price of ' + contract().instrument + '.';
  const most = darkest();
  const longs = densityCells(0);
  const shorts = densityCells(1);
  const shown = pathPoints('simulated');
  const prices = shown.map(([, value]) => value).filter(known);
  const axis = valueAxis('', axisPrice);
  return {
    ...base(),
    grid: timeGrid(44, 28),
    xAxis: timeAxis(),
    yAxis: { ...axis, min: 0.75 * Math.min(...prices), max: 1.25 * Math.max(...prices), splitLine: { show: false },
      axisLabel: { ...axis.axisLabel, showMinLabel: false, showMaxLabel: false } },
    dataZoom: followingZoom('none'),
    tooltip: { ...base().tooltip, trigger: 'item', formatter: densityTip },
    series: [
      densitySeries('longs', 'longs waiting', 'long', longs, most),
      densitySeries('shorts', 'shorts waiting', 'short', shorts, most),
      { id: 'price', name: 'price', type: 'line', data: shown, showSymbol: false, color: colour('text'),
        lineStyle: { width: 1.8 }, z: 5, tooltip: { show: false } },
    ],
  };
}

function putDensityWords() {
  const map = data.density[selected];
  byId('density-caption').textContent = !map || map.bins.length === 0 ? ''
    : 'Each stripe is a price; the darker it is, the more is liquidated if the price gets there (darkest: ' +
      moneyOf(darkest()) + ' or more in one stripe). It shows what stood then: accounts that pay in or leave are not foreseen.';
}

/* ---- branching ratio ---- */

function buildBranching() {
  const path = data.paths[selected];
  if (!path.branching.some(known))
    return 'This run holds no branching ratio of ' + contract().instrument + ' by minute.';
  const points = path.minute.map((minute, i) => [minuteMs(minute), path.branching[i]]);
  const most = Math.max(...path.branching.filter(known));
  return {
    ...base(),
    legend: { show: false },
    grid: timeGrid(16, 28),
    xAxis: timeAxis(),
    yAxis: { ...valueAxis('', (value) => axisPrice(Number(value.toPrecision(3)))), min: 0, max: most <= 1.1 ? 1.2 : null },
    dataZoom: followingZoom('filter'),
    tooltip: { ...base().tooltip, formatter: (all) => all.length === 0 ? ''
      : tip(moment(all[0].value[0]), [[all[0].color, 'branching ratio', ratio(all[0].value[1])]]) },
    series: [{
      id: 'branching', name: 'branching ratio', type: 'line', step: 'end', data: points, showSymbol: false, color: colour('with'),
      lineStyle: { width: 1.6 }, areaStyle: { opacity: 0.12 },
      markLine: {
        silent: true, symbol: 'none', data: [{ yAxis: 1 }], lineStyle: { color: colour('unpaid'), type: 'dashed' },
        label: { formatter: '1: a cascade feeds itself', position: 'insideEndBottom', color: colour('unpaid'), fontSize: 12 },
      },
    }],
  };
}

function putBranchingWords() {
  byId('branching-caption').textContent = data.paths[selected].branching.some(known)
    ? 'What each 1 ' + asset + ' of forced orders sets off at this price, in this contract alone. Low here is no all-clear: ' +
      'the accounts are unevenly spread, and it can be above 1 a few percent further down.' +
    (data.instruments.length > 1 ? ' The figure at the top of the page is of all contracts together, which push each other.' : '') : '';
}

addChart('chart-price', buildPrice, { onTime: true });
addChart('chart-flow', buildFlow, { onTime: true });
addChart('chart-density', buildDensity, { onTime: true, renderer: 'canvas' });
addChart('chart-branching', buildBranching, { onTime: true });

function putTimeWords() {
  putPriceWords();
  byId('flow-caption').textContent = orderCount === 0 ? ''
    : 'Upward: longs closed, which is selling. Downward: shorts closed, which is buying. At the prices of the forced orders.';
  putDensityWords();
  putBranchingWords();
}
