'use strict';
/* Data, numbers and times as text, and elements. Whatever came from a file enters the page through
 * textContent and setAttribute alone. */

const data = JSON.parse(document.getElementById('data').textContent);
const asset = data.run.asset;

/* An element with children: elements, or text. */
function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {}))
    if (value !== null && value !== undefined)
      made.setAttribute(key, value);
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

function byId(id) {
  return document.getElementById(id);
}

/* ---- numbers ---- */

const plain = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

function known(value) {
  return typeof value === 'number' && Number.isFinite(value);
}

function count(value) {
  return known(value) ? plain.format(value) : '–';
}

const NARROW_GAP = '\u00a0'; /* between number and unit: they stay on one line */

function unitOf(value) {
  const size = Math.abs(value);
  return size >= 999.5e9 ? [1e12, 'tn'] : size >= 999.5e6 ? [1e9, 'bn']
    : size >= 999.5e3 ? [1e6, 'M'] : size >= 999.5 ? [1e3, 'k'] : [1, ''];
}

/* "4.21 bn", "512 M", "12.3 k", "95": three digits. */
function money(value) {
  if (!known(value))
    return '–';
  const [unit, name] = unitOf(value);
  const scaled = value / unit;
  const digits = Math.abs(scaled) >= 99.95 ? 0 : Math.abs(scaled) >= 9.995 ? 1 : 2;
  const text = scaled.toFixed(scaled === Math.round(scaled) && unit === 1 ? 0 : digits);
  return text.replace('-', '−') + (name === '' ? '' : NARROW_GAP + name);
}

function moneyOf(value) {
  return money(value) + NARROW_GAP + asset;
}

/* For axes, whose numbers are round however close they lie: "50 M", "29.95 M". */
function axisMoney(value) {
  const [unit, name] = unitOf(value);
  const text = String(Number((value / unit).toPrecision(7))).replace('-', '−');
  return text + (name === '' ? '' : NARROW_GAP + name);
}

function axisPrice(value) {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 8 }).replace('-', '−');
}

/* A fraction: "27.1 %", "0.04 %". */
function percent(fraction) {
  if (!known(fraction))
    return '–';
  const value = fraction * 100;
  const size = Math.abs(value);
  const text = size === 0 ? '0' : size < 0.0005 ? '<0.001'
    : size < 0.095 ? String(Number(value.toPrecision(1))) : value.toFixed(1);
  return text.replace('-', '−') + NARROW_GAP + '%';
}

function ratio(value) {
  return known(value) ? value.toFixed(2).replace('-', '−') : '–';
}

/* Ticks as the price that the results file has: the nearest double of the exact decimal. */
function priceOf(ticks, row) {
  return ticks === null ? null : Number((ticks * row.tick).toPrecision(15));
}

/* A price with the decimals of its grid. */
function price(value, tickExact) {
  if (!known(value))
    return '–';
  const point = tickExact.indexOf('.');
  const decimals = point < 0 ? 0 : Math.min(12, tickExact.length - point - 1);
  return value.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

/* ---- time, always UTC ---- */

const MINUTE_MS = 60000;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function clock(ms) {
  return new Date(ms).toISOString().slice(11, 16);
}

function day(ms) {
  const date = new Date(ms);
  return date.getUTCDate() + ' ' + MONTHS[date.getUTCMonth()];
}

function dayOfYear(ms) {
  return day(ms) + ' ' + new Date(ms).getUTCFullYear();
}

const severalDays = data.run.to_ms - data.run.from_ms > 25 * 3600e3;

/* As short as the run's length lets it be. */
function moment(ms) {
  return (severalDays ? day(ms) + ' ' : '') + clock(ms) + ' UTC';
}

function span(ms) {
  if (ms < 1000)
    return ms === 0 ? 'one instant' : 'less than a second';
  const seconds = Math.round(ms / 1000);
  return seconds < 120 ? seconds + ' s' : seconds < 7200 ? Math.round(seconds / 60) + ' min'
    : (seconds / 3600).toFixed(1) + ' h';
}

/* ---- what the run knows ---- */

const ownMetrics = data.metrics.filter((m) => !m.bound);
const metricByKey = new Map(ownMetrics.map((m) => [m.name + '\n' + m.instrument, m]));

function metric(name, instrument = '') {
  const found = metricByKey.get(name + '\n' + instrument);
  return found && known(found.value) ? found.value : null;
}

function metricText(name) {
  const found = metricByKey.get(name + '\n');
  return found ? found.exact : '';
}

/* What a headline figure lies between: its own range, or that of the bounding impact models. */
function range(name, instrument = '') {
  const own = metricByKey.get(name + '\n' + instrument);
  if (own && known(own.low) && known(own.high))
    return [own.low, own.high];
  const bounds = data.metrics.filter((m) => m.bound && m.name === name && m.instrument === instrument && known(m.value)).map((m) => m.value);
  if (bounds.length < 2)
    return null;
  if (own && known(own.value))
    bounds.push(own.value);
  return [Math.min(...bounds), Math.max(...bounds)];
}

function setting(key) {
  const found = data.settings.find((s) => s.key === key);
  return found ? found.value : '';
}

const contractTotals = new Map(data.contracts.map((row) => [row.instrument, row]));

function liquidatedOf(instrument) {
  const row = contractTotals.get(instrument);
  return row ? row.long + row.short : 0;
}

/* The contract that the answer speaks of: the one with the most liquidated; of equals the first. */
const leader = data.instruments.reduce((best, row, index) =>
  liquidatedOf(row.instrument) > liquidatedOf(data.instruments[best].instrument) ? index : best, 0);

/* The largest fall from a running peak, as a fraction. */
function fallOf(index, path) {
  const instrument = data.instruments[index].instrument;
  return path === 'without' ? metric('fall.without_feedback', instrument) : metric('fall.with_feedback', instrument);
}

function endogenousShare(index) {
  return metric('endogenous_share', data.instruments[index].instrument);
}

/* Whether the simulated path is the recorded one, minute by minute. */
function isNullReplay(index) {
  const path = data.paths[index];
  return path.simulated.every((ticks, i) => ticks === path.recorded[i]);
}
