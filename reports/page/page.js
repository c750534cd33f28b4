/* Puts the page together. */

function putSelector() {
  const select = byId('instrument');
  byId('controls').hidden = data.instruments.length < 2;
  data.instruments.forEach((row, index) => select.append(element('option', { value: index }, row.instrument)));
  select.value = String(selected);
  byId('instrument-note').textContent = 'for the four charts below';
  select.addEventListener('change', () => {
    selected = Number(select.value);
    putFlowSwitch();
    putTimeWords();
    drawTimeCharts();
  });
}

putWords();
putSelector();
putFlowSwitch();
putTimeWords();
putCascadeWords();
putCascadeSizes();
putPayerWords();
putContracts();
putContagion();
putBasis();
putGuesses();
putDetails();
putFooter();
redrawAll();
watchPage();
