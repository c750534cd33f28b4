/* The answer: large numbers, then sentences. */

const orderCount = metric('liquidations') ?? 0;
const accountCount = metric('accounts') ?? 0;
const liquidatedAccounts = metric('accounts_liquidated') ?? 0;
const liquidated = metric('liquidated_notional.total') ?? 0;
const longShare = liquidated > 0 ? metric('liquidated_notional.long') / liquidated : null;
const badDebt = metric('bad_debt') ?? 0;
const unborne = metric('inventory.unborne') ?? 0; /* lost by the fund on take-overs, beyond what it had */
const feedbackOn = setting('feedback.enabled') !== 'false';

function figure(value, label, note) {
  return element('div', { class: 'figure' },
    element('div', { class: 'value' }, value),
    element('div', { class: 'label' }, label),
    note ? element('div', { class: 'note' }, note) : null);
}

function rangeText(bounds, format) {
  return bounds ? 'between ' + format(bounds[0]) + ' and ' + format(bounds[1]) : '';
}

function orders(number) {
  return count(number) + (number === 1 ? ' order' : ' orders');
}

function putFallFigures(figures) {
  const name = data.instruments[leader].instrument;
  const fall = fallOf(leader, 'simulated');
  const without = fallOf(leader, 'without');
  const share = endogenousShare(leader);
  const bounds = range('endogenous_share', name);
  figures.append(figure(fall > 0 ? '−' + percent(fall) : percent(fall), 'fall of ' + name,
    known(without) ? 'from its highest point; −' + percent(without) + ' had the liquidations not pushed'
      : 'from its highest point'));
  if (known(share))
    figures.append(figure(percent(share), 'of that fall made by liquidations',
      bounds ? rangeText(bounds, percent) + ', by other models of the market'
        : 'from one model of the market; this run has no range'));
}

/* Who bore the bad debt and what the fund lost beyond what it had, the largest share first; the
 * shares add up to the two. */
function payers() {
  return [['the insurance fund', metric('insurance_fund.paid')], ['other accounts', metric('socialised_loss')],
    ['nobody', metric('unpaid')]].filter(([, paid]) => paid > 0).sort((a, b) => b[1] - a[1]);
}

function payerNote() {
  const paid = payers();
  const who = paid.length === 1 ? 'paid by ' + paid[0][0] : paid.map(([name, amount]) => name + ': ' + money(amount)).join('; ');
  const fund = unborne > 0 ? 'the insurance fund lost ' + money(unborne) + ' more than it had on what it took over' : '';
  if (!(badDebt > 0))
    return 'no account left a debt' + (fund ? '; ' + fund + ', ' + who : '');
  return (fund ? fund + '; of both ' : paid.length === 1 ? 'all of it ' : '') + who;
}

function putFigures() {
  const figures = byId('figures');
  putFallFigures(figures);
  figures.append(figure(money(liquidated), asset + ' closed by force', orderCount === 0
    ? 'no forced order in this run' : orders(orderCount) + ' of ' + count(liquidatedAccounts) +
      ' accounts, ' + percent(longShare) + ' of it long'));
  const worst = metric('branching.max');
  if (worst !== null) {
    const at = Date.parse(metricText('branching.at'));
    figures.append(figure(ratio(worst), 'branching ratio at its worst',
      'each 1 ' + asset + ' closed would set off ' + ratio(worst) + ' more' + (known(at) ? ', at ' + moment(at) : '') +
      '; from 1 on a cascade feeds itself'));
  }
  figures.append(figure(money(badDebt), asset + ' of bad debt', payerNote()));
}

function fallSentence() {
  const row = data.instruments[leader];
  const fall = fallOf(leader, 'simulated');
  const without = fallOf(leader, 'without');
  const share = endogenousShare(leader);
  if (!(fall > 0.00005))
    return row.instrument + ' did not fall in this run.';
  let text = row.instrument + ' fell ' + percent(fall) + ' from its highest point.';
  if (!feedbackOn)
    return text + ' Feedback is switched off in this run, so the liquidations moved no price.';
  if (!known(without) || !known(share))
    return text + ' There is no path without feedback to compare it with.';
  if (Math.abs(share) < 0.0005)
    return text + ' The liquidations made next to nothing of this fall: without them it is the same.';
  text += ' Without the push of the liquidations it would have fallen ' + percent(without) + ', so they made ' +
    percent(share) + ' of the fall.';
  const bounds = range('endogenous_share', row.instrument);
  if (bounds)
    text += ' Other models of how the market takes such orders put this ' + rangeText(bounds, percent) + '.';
  else
    text += ' This rests on one model of how the market takes such orders; models differ by about ten times,' +
      ' so do not quote it without a range.';
  return text;
}

function liquidationSentence() {
  if (orderCount === 0)
    return 'Nobody was liquidated.';
  const everyone = accountCount;
  const peakAt = Date.parse(metricText('peak_minute.ts'));
  const peak = metric('peak_minute.notional');
  return 'Positions worth ' + moneyOf(liquidated) + ' were closed by force, ' + percent(longShare) +
    ' of them longs, in ' + orders(orderCount) + ' of ' + count(liquidatedAccounts) + ' accounts (' +
    percent(liquidatedAccounts / everyone) + ' of ' + count(everyone) + ').' +
    (known(peakAt) && peak > 0 ? ' The worst minute was ' + moment(peakAt) + ': ' + moneyOf(peak) + '.' : '');
}

function chainSentence() {
  const caused = metric('caused_share');
  const worst = metric('branching.max');
  if (orderCount === 0 || (caused === null && worst === null))
    return null;
  let text = '';
  if (caused !== null)
    text += percent(caused) + ' of this was of accounts that would have stood without the forced orders before them' +
      (metric('caused_share_proportional') === null ? '. ' : '; counted in proportion, forced orders made ' +
        percent(metric('caused_share_proportional')) + ' of what prices cost them. ');
  if (worst !== null)
    text += 'At the worst minute each 1 ' + asset + ' closed by force would set off ' + ratio(worst) + ' more near the price' +
      (worst >= 1 ? ': enough for a cascade to feed itself.' : '; from 1 on a cascade feeds itself.');
  return text.trim();
}

function payerSentence() {
  if (orderCount === 0)
    return null;
  let text = badDebt > 0 ? 'Accounts lost ' + moneyOf(badDebt) + ' more than they had.' : 'No account lost more than it had.';
  if (unborne > 0)
    text += (badDebt > 0 ? ' And the' : ' But the') + ' insurance fund lost ' + moneyOf(unborne) +
      ' more than it had on positions that it took over from accounts.';
  if (!(badDebt > 0) && !(unborne > 0))
    return text;
  const paid = payers();
  if (paid.length === 1)
    return text + (paid[0][0] === 'nobody' ? ' Nobody paid for it.' : ' All of it was paid by ' + paid[0][0] + '.');
  return text + ' Of this ' + money(badDebt + unborne) + ' ' + paid.map(([who, amount], i) =>
    who + (i === 0 ? ' paid ' : ' ') + money(amount)).join(', ') + '.';
}

const READINGS = {
  none: 'Read it as an upper bound: the recorded prices already hold the recorded liquidations, and here they count twice.',
  recorded: 'The liquidations that the venue printed were taken out of the recorded prices first.',
  open_interest: 'Read it as a lower bound: falls of open interest were taken out of the recorded prices first.',
  modelled: 'The recorded prices are taken to hold the liquidations of these accounts under the rules of that day. ' +
    'So with unchanged rules the simulated price is the recorded one: that is how it is built, not evidence that the model is right.',
};

function putWords() {
  const run = data.run;
  const accounts = accountCount;
  document.title = (run.title || run.scenario) + ' · Crossfall';
  byId('title').textContent = run.title || run.scenario;
  const from = dayOfYear(run.from_ms);
  const to = dayOfYear(run.to_ms);
  byId('subtitle').textContent = (from === to ? from + ', ' + clock(run.from_ms) + ' to ' + clock(run.to_ms)
    : from + ' ' + clock(run.from_ms) + ' to ' + to + ' ' + clock(run.to_ms)) + ' UTC · ' +
    data.instruments.length + (data.instruments.length === 1 ? ' contract · ' : ' contracts · ') + count(accounts) + ' accounts';
  const residual = metricText('ledger_residual');
  if (residual !== '' && residual !== '0') {
    byId('alarm').textContent = 'The ledger does not balance (residual ' + residual + '). Do not use this run.';
    byId('alarm').hidden = false;
  }
  putFigures();
  const words = byId('words');
  for (const text of [fallSentence(), liquidationSentence(), chainSentence(), payerSentence()])
    if (text)
      words.append(element('p', null, text));
  const reading = READINGS[setting('feedback.cleaning')];
  const invented = setting('population.accounts') !== '' ? 'The accounts are drawn, not known. ' : '';
  if (reading)
    words.append(element('p', { class: 'care' }, invented + reading));
}
