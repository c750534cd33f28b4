/* Tables: every contract, what the run rests on, settings, inputs, all figures. */

/* columns: [heading, class or '', row -> text or element]. */
function table(columns, rows) {
  return element('div', { class: 'scroll', tabindex: '0' }, element('table', null,
    element('thead', null, element('tr', null, columns.map(([heading, kind]) => element('th', kind ? { class: kind } : null, heading)))),
    element('tbody', null, rows.map((row) => element('tr', null, columns.map(([, kind, cell]) => element('td', kind ? { class: kind } : null, cell(row))))))));
}

function code(text) {
  return element('code', null, text);
}

function putContracts() {
  const rows = data.instruments.map((row, index) => ({ ...row, index, done: contractTotals.get(row.instrument) || { orders: 0, long: 0, short: 0 } }));
  const worst = (row) => metric('branching.max', row.instrument);
  const columns = [
    ['Contract', 'name', (row) => row.instrument],
    ['Fall', 'number', (row) => percent(fallOf(row.index, 'simulated'))],
    ['Without feedback', 'number', (row) => percent(fallOf(row.index, 'without'))],
    ['Made by liquidations', 'number', (row) => percent(endogenousShare(row.index))],
    ['Longs closed', 'number', (row) => money(row.done.long)],
    ['Shorts closed', 'number', (row) => money(row.done.short)],
    ['Orders', 'number', (row) => count(row.done.orders)],
  ];
  if (rows.some((row) => known(worst(row))))
    columns.push(['Worst branching', 'number', (row) => ratio(worst(row))]);
  byId('contracts').replaceWith(table(columns, rows));
}

const CONTAGION_ROWS = 12;

/* From one contract to another, the largest first. */
function putContagion() {
  const rows = data.contagion.filter((row) => row.cause !== row.effect && (row.notional > 0 || row.multiplier > 0));
  if (rows.length === 0)
    return;
  byId('contagion-section').hidden = false;
  rows.sort((a, b) => b.notional - a.notional || (b.multiplier || 0) - (a.multiplier || 0));
  const hasMultiplier = rows.some((row) => known(row.multiplier)); /* none where a cascade fed itself */
  const all = data.contagion.reduce((sum, row) => sum + row.notional, 0);
  const across = rows.reduce((sum, row) => sum + row.notional, 0);
  byId('contagion-lead').textContent = (all > 0 ? percent(across / all) + ' of what forced orders caused was in another contract than theirs. ' : '') +
    'By shared collateral: the price of the first hurt accounts that held both. By cross-impact: its orders moved the price of another.' +
    (hasMultiplier ? ' The last column: how much of a fall of the first from outside comes to the second in the end, at the worst minute.' : '') +
    (rows.length > CONTAGION_ROWS ? ' The ' + CONTAGION_ROWS + ' largest of ' + rows.length + '.' : '');
  byId('contagion').replaceWith(table([['From', 'name', (row) => row.cause], ['To', 'name', (row) => row.effect],
    ['Caused', 'number', (row) => money(row.notional)], ['By shared collateral', 'number', (row) => money(row.shared_collateral)],
    ['By cross-impact', 'number', (row) => money(row.cross_impact)], ['Orders', 'number', (row) => count(row.liquidations)],
    ...(hasMultiplier ? [['Of a fall', 'number', (row) => percent(row.multiplier)]] : [])], rows.slice(0, CONTAGION_ROWS)));
}

/* ---- what it rests on ---- */

function basisItems() {
  const items = [];
  const model = setting('impact.model');
  const rules = setting('venue.rulebook');
  if (rules || model)
    items.push((rules ? 'Rules: ' + rules + '. ' : '') + (model ? 'Model of how the market takes forced orders: ' + model + '.' : ''));
  const early = metric('accounts_in_breach_at_start');
  if (early > 0)
    items.push(count(early) + ' accounts were in breach when first looked at; they are in all figures.');
  const never = metric('accounts_never_assessed');
  if (never > 0)
    items.push(count(never) + ' accounts hold a contract that never had a price, and were left alone.');
  const clips = metric('price_clips');
  if (clips > 0)
    items.push(count(clips) + ' prices were held at one tick, or where money ends.');
  const erroneous = metric('erroneous_liquidations');
  if (erroneous > 0)
    items.push(count(erroneous) + ' forced orders were erroneous: the account was not in breach at the true price.');
  return items.concat(data.notes.filter((note) => note.kind !== 'source').map((note) => note.text));
}

function putBasis() {
  const place = byId('basis');
  const items = basisItems();
  if (items.length > 0)
    place.append(element('ul', { class: 'basis' }, items.map((text) => element('li', null, text))));
  const changed = data.settings.filter((s) => s.origin === 'set');
  if (changed.length > 0)
    place.append(element('h3', null, 'Changed for this run'),
      table([['Setting', '', (s) => code(s.key)], ['Value', '', (s) => code(s.value)]], changed));
}

/* Where `value` lies between `low` and `high`, 0 to 1; by ratio where all are positive. */
function placeBetween(low, value, high) {
  const scale = low > 0 ? Math.log : (x) => x;
  const share = (scale(value) - scale(low)) / (scale(high) - scale(low));
  return Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0.5;
}

function shortNumber(value) {
  return Math.abs(value) >= 1000 ? money(value) : String(Number(value.toPrecision(4)));
}

function guessRow(s) {
  const value = Number(s.value);
  const isNumber = s.value.trim() !== '' && Number.isFinite(value);
  const middle = element('div', null, element('strong', null, isNumber ? shortNumber(value) : s.value));
  if (known(s.low) && known(s.high)) {
    const mark = element('span');
    mark.style.left = 100 * placeBetween(s.low, isNumber ? value : s.low, s.high) + '%';
    middle.append(element('div', { class: 'strip' }, isNumber ? mark : null),
      element('div', { class: 'ends' }, element('span', null, shortNumber(s.low)), element('span', null, shortNumber(s.high))));
  }
  return element('div', { class: 'guess' }, element('div', { class: 'key' }, s.key), middle, element('div', { class: 'why' }, s.note));
}

/* Guesses of one kind (open interest by contract), folded away under their sums. */
function guessCrowd(stem, guesses) {
  const sum = (of) => guesses.reduce((total, s) => total + of(s), 0);
  const text = stem + '.*: ' + guesses.length + ' guesses, ' + shortNumber(sum((s) => Number(s.value))) + ' in all (' +
    shortNumber(sum((s) => s.low)) + ' to ' + shortNumber(sum((s) => s.high)) + ')';
  return element('details', null, element('summary', null, text), element('div', { class: 'scroll' }, guesses.map(guessRow)));
}

function putGuesses() {
  const guesses = data.settings.filter((s) => s.origin === 'guess');
  if (guesses.length === 0)
    return;
  const crowds = new Map();
  for (const s of guesses) {
    const stem = s.key.split('.').slice(0, -1).join('.');
    crowds.set(stem, [...(crowds.get(stem) || []), s]);
  }
  const folded = [...crowds].filter(([, members]) => members.length > 4 && members.every((s) =>
    Number.isFinite(Number(s.value)) && known(s.low) && known(s.high)));
  const single = guesses.filter((s) => !folded.some(([, members]) => members.includes(s)));
  byId('guesses').append(element('h3', null, 'Guesses, and what they stand between'),
    element('p', { class: 'lead muted' }, 'Nobody published these. Vary them before you believe an answer: ', element('code', { class: 'command' }, 'run --set KEY=VALUE'), '.'),
    single.length === 0 ? '' : element('div', { class: 'scroll' }, single.map(guessRow)),
    ...folded.map(([stem, members]) => guessCrowd(stem, members)));
}

function fill(id, title, content) {
  const place = byId(id);
  place.querySelector('summary').textContent = title;
  place.append(content);
}

function shortHash(text) {
  return element('span', { class: 'mono', title: text }, text.slice(0, 16) + '…');
}

function putDetails() {
  fill('settings', 'All ' + data.settings.length + ' settings', table([
    ['Setting', '', (s) => code(s.key)], ['Value', '', (s) => code(s.value)],
    ['From', '', (s) => ({ scenario: '', set: 'changed for this run', guess: 'guess' }[s.origin] ?? s.origin)]], data.settings));
  fill('inputs', 'Where the data come from', table([
    ['What', '', (row) => row.role], ['Name', '', (row) => row.name], ['SHA-256', '', (row) => shortHash(row.sha256)],
    ['Note', '', (row) => row.note]], data.inputs.concat(data.notes.filter((note) => note.kind === 'source')
      .map((note) => ({ role: 'source', name: note.text, sha256: '', note: '' })))));
  fill('metrics', 'All ' + data.metrics.length + ' figures', table([
    ['Figure', '', (m) => code(m.name)], ['Contract', '', (m) => m.instrument], ['In run', '', (m) => m.bound || ''],
    ['Value', 'number', (m) => m.exact || (known(m.value) ? String(m.value) : '–')], ['Unit', '', (m) => m.unit],
    ['Range', 'number', (m) => known(m.low) || known(m.high) ? shortRange(m) : '']], data.metrics));
}

function shortRange(m) {
  return (known(m.low) ? shortNumber(m.low) : '–') + ' to ' + (known(m.high) ? shortNumber(m.high) : '–');
}

function putFooter() {
  const run = data.run;
  byId('footer').append(
    element('p', null, 'Run ' + run.id + ' of scenario ' + run.scenario + ', seed ' + run.seed + ', made with crossfall ' +
      run.version + ' in ' + run.elapsed_s.toFixed(1) + ' s on ' + run.created_at + '.'),
    element('p', { class: 'mono' }, 'Fingerprint ' + run.fingerprint),
    element('p', null, 'The accounts are not forecasts and the page is no advice. All times are UTC. Charts: Apache ECharts ' +
      echarts.version + ', Apache License 2.0; its notice stands in the source of this page.'));
}
