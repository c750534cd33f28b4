/* What all charts share: colours of the page, axes, tooltips, and drawing them anew. */

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
}

const narrow = () => document.documentElement.clientWidth < 600;

function axisStyle() {
  return {
    axisLine: { lineStyle: { color: colour('line') } },
    axisTick: { lineStyle: { color: colour('line') } },
    axisLabel: { color: colour('muted'), fontSize: 12, hideOverlap: true },
    splitLine: { lineStyle: { color: colour('line') } },
    nameTextStyle: { color: colour('muted'), fontSize: 12 },
  };
}

/* Time of the whole run, UTC. */
function timeAxis() {
  return {
    ...axisStyle(), type: 'time', min: data.run.from_ms, max: data.run.to_ms,
    splitLine: { show: false },
    axisLabel: { ...axisStyle().axisLabel, alignMinLabel: 'left', margin: 10,
      formatter: (ms) => ms % 86400e3 === 0 ? day(ms) : clock(ms) },
    axisPointer: { label: { show: false } },
  };
}

function valueAxis(name, format) {
  return {
    ...axisStyle(), type: 'value', name, nameLocation: 'end', nameGap: 12,
    nameTextStyle: { ...axisStyle().nameTextStyle, align: 'left', padding: [0, 0, 0, -6] },
    axisLine: { show: false }, axisTick: { show: false },
    axisLabel: { ...axisStyle().axisLabel, formatter: format }, splitNumber: narrow() ? 4 : 5,
  };
}

/* Lines of a tooltip as elements, never as HTML text. rows: [colour or null, name, value]. */
function tip(title, rows) {
  return element('div', { class: 'tip' }, element('b', null, title), rows.map(([mark, name, value]) => {
    const swatch = mark ? element('i') : null;
    if (swatch)
      swatch.style.background = mark;
    return element('div', null, element('span', null, swatch, name), element('span', null, value));
  }));
}

function base() {
  return {
    animation: false, useUTC: true, backgroundColor: 'transparent',
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: colour('text') },
    grid: { left: 12, right: 16, top: 44, bottom: 8, containLabel: true },
    legend: {
      top: 0, left: 0, itemWidth: 18, itemHeight: 10, itemGap: narrow() ? 10 : 18, type: 'plain', icon: 'roundRect',
      textStyle: { color: colour('text'), fontSize: narrow() ? 12 : 13, overflow: 'truncate', width: narrow() ? 170 : 320 },
    },
    tooltip: {
      trigger: 'axis', confine: true, backgroundColor: colour('card'), borderColor: colour('line'),
      textStyle: { color: colour('text'), fontSize: 13 }, axisPointer: { type: 'line', lineStyle: { color: colour('muted') } },
    },
  };
}

/* Plots that share their time share their edges too. */
function timeGrid(top, bottom) {
  return { left: narrow() ? 56 : 72, right: 14, top, bottom, containLabel: false, outerBoundsMode: 'none' };
}

/* ---- the charts of the page ---- */

const charts = []; /* {id, renderer, build, onTime, chart} */
const zoom = { start: 0, end: 100 };
let selected = leader;
let flowOfAll = true;

/* `build` gives the chart's option, or a sentence that says why there is none. */
function addChart(id, build, { onTime = false, renderer = 'svg' } = {}) {
  charts.push({ id, build, onTime, renderer, chart: null });
}

function drawChart(entry) {
  const place = byId(entry.id);
  const built = entry.build();
  if (typeof built === 'string') {
    if (entry.chart)
      entry.chart.dispose();
    entry.chart = null;
    place.style.minHeight = '';
    place.classList.add('empty');
    place.replaceChildren(element('p', { class: 'absent' }, built));
    return;
  }
  if (!entry.chart) {
    place.style.minHeight = built.height ? built.height + 'px' : '';
    place.classList.remove('empty');
    place.replaceChildren();
    entry.chart = echarts.init(place, null, { renderer: entry.renderer, devicePixelRatio: Math.max(2, devicePixelRatio) });
    if (entry.onTime)
      entry.chart.on('datazoom', () => spreadZoom(entry));
  }
  delete built.height;
  entry.chart.setOption(built, true);
}

/* Charts over time show the same stretch. */
let spreading = false;
function spreadZoom(from) {
  if (spreading)
    return;
  spreading = true;
  const { start, end } = from.chart.getOption().dataZoom[0];
  Object.assign(zoom, { start, end });
  for (const entry of charts)
    if (entry.onTime && entry.chart && entry !== from)
      entry.chart.dispatchAction({ type: 'dataZoom', dataZoomIndex: 0, start, end });
  spreading = false;
}

function slider() {
  return [{
    type: 'slider', xAxisIndex: 'all', start: zoom.start, end: zoom.end, height: 22, bottom: 4, filterMode: 'filter', brushSelect: false,
    borderColor: colour('line'), fillerColor: colour('accent') + '22', handleStyle: { color: colour('card'), borderColor: colour('accent') },
    moveHandleStyle: { color: colour('accent') }, dataBackground: { lineStyle: { color: colour('muted') }, areaStyle: { color: colour('line') } },
    selectedDataBackground: { lineStyle: { color: colour('accent') }, areaStyle: { color: colour('accent') + '33' } },
    textStyle: { color: colour('muted'), fontSize: 11 }, labelFormatter: (ms) => moment(ms), showDetail: !narrow(),
  }];
}

function followingZoom(filterMode) {
  return [{ type: 'inside', disabled: true, start: zoom.start, end: zoom.end, filterMode }];
}

function drawTimeCharts() {
  for (const entry of charts)
    if (entry.onTime)
      drawChart(entry);
}

/* From nothing: after a change of colours or of the page's width across the border of `narrow`. */
function redrawAll() {
  for (const entry of charts) {
    if (entry.chart)
      entry.chart.dispose();
    entry.chart = null;
    drawChart(entry);
  }
}

function watchPage() {
  let wasNarrow = narrow();
  addEventListener('resize', () => {
    if (narrow() !== wasNarrow) {
      wasNarrow = narrow();
      redrawAll();
    }
    for (const { chart } of charts)
      if (chart)
        chart.resize();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redrawAll);
  addEventListener('beforeprint', () => {
    document.documentElement.classList.add('printing');
    redrawAll();
  });
  addEventListener('afterprint', () => {
    document.documentElement.classList.remove('printing');
    redrawAll();
  });
}
