// The page: sends pictures, and shows what comes back. Names and sentences
// are set as text, never as HTML.
'use strict';

const get = (id) => document.getElementById(id);
const SHOWN = 60; // cells at first, and with each further step
let files = [];
let request = null;
let told = null;
let shown = 0;
let subject = 'cells';
let limits = null;

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function draw(tag, attributes) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

const several = (number, what) => `${number} ${what}${number === 1 ? '' : 's'}`;
const readable = (name) => name.replaceAll('_', ' ');
// Rounded down: 100 % is what is certain.
const below = (number) => (Math.floor(10 * number + 1e-6) / 10).toFixed(1);
const above = (number) => (Math.ceil(10 * number - 1e-6) / 10).toFixed(1);
const percent = (share) => `${below(100 * share)} %`;

// -- pictures ---------------------------------------------------------------

function choose(list) {
  files = [...list];
  const bytes = files.reduce((sum, file) => sum + file.size, 0);
  get('chosen').textContent = files.length
    ? `${several(files.length, 'picture')}, ${(bytes / 1e6).toFixed(1)} MB: ` +
      files.slice(0, 3).map((file) => file.name).join(', ') +
      (files.length > 3 ? ' and so on.' : '.')
    : 'No picture is chosen.';
  fail(tooMuch(bytes));
  get('run').disabled = !files.length || request !== null;
}

function tooMuch(bytes) {
  if (!limits) return '';
  const large = files.find((file) => file.size > limits.file_bytes);
  if (files.length > limits.files) return `at most ${several(limits.files, 'picture')} at once`;
  if (large) return `${large.name} has more than ${limits.file_bytes / 1e6} MB`;
  return bytes > limits.request_bytes ? `the pictures have more than ${limits.request_bytes / 1e6} MB together` : '';
}

const drop = get('drop');
for (const kind of ['dragenter', 'dragover']) {
  drop.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.add('over');
  });
}
drop.addEventListener('dragleave', () => drop.classList.remove('over'));
drop.addEventListener('drop', (event) => {
  event.preventDefault();
  drop.classList.remove('over');
  get('files').value = '';
  choose(event.dataTransfer.files);
});
// What is dropped beside it does not replace the page.
for (const kind of ['dragover', 'drop']) {
  window.addEventListener(kind, (event) => event.preventDefault());
}
get('files').addEventListener('change', () => choose(get('files').files));

// -- asking -----------------------------------------------------------------

get('form').addEventListener('submit', (event) => {
  event.preventDefault();
  if (!files.length || request) return;
  subject = get('fields').checked ? 'fields' : 'cells';
  const options = new URLSearchParams();
  for (const extra of ['csv', 'report', 'pictures']) options.append('include', extra);
  if (get('each').checked) options.append('profile', 'none');
  const form = new FormData();
  for (const file of files) form.append('image', file, file.name);
  // fetch() does not tell how much is sent.
  request = new XMLHttpRequest();
  request.open('POST', `${subject === 'fields' ? 'fields' : 'predict'}?${options}`);
  request.responseType = 'json';
  request.upload.addEventListener('progress', (sent) => {
    if (sent.lengthComputable) get('progress').value = sent.loaded / sent.total;
  });
  request.upload.addEventListener('load', () => {
    get('progress').removeAttribute('value');
    say('All is sent; the service computes.');
  });
  request.addEventListener('load', () => end(request.status, request.response));
  request.addEventListener('error', () =>
    end(0, { error: 'the service cannot be reached, or has broken off' }));
  request.addEventListener('abort', () => end(0, null));
  begin();
  request.send(form);
});
get('abort').addEventListener('click', () => request && request.abort());

function begin() {
  fail('');
  say(`${several(files.length, 'picture')} are sent.`.replace('1 picture are', '1 picture is'));
  get('results').hidden = true;
  get('run').disabled = true;
  get('abort').hidden = false;
  get('progress').hidden = false;
  get('progress').value = 0;
}

function end(status, answer) {
  request = null;
  const focused = document.activeElement === get('abort') || document.activeElement === document.body;
  get('abort').hidden = true;
  get('progress').hidden = true;
  get('run').disabled = !files.length;
  if (status === 200 && answer) {
    told = answer;
    show();
    if (focused) get('results').focus();
    return;
  }
  if (focused) get('run').focus();
  say(answer === null && status === 0 ? 'Aborted.' : '');
  if (answer !== null || status !== 0) {
    fail((answer && answer.error) || `the service answered with status ${status}`);
  }
}

const say = (text) => { get('status').textContent = text; };
const fail = (text) => { get('failure').textContent = text ? `Error: ${text}` : ''; };

// -- showing ----------------------------------------------------------------

function show() {
  get('results').hidden = false;
  list('warnings', told.warnings);
  list('errors', told.errors);
  get('errors-part').hidden = !told.errors.length;
  showCount();
  showReview();
  showFields();
  get('cells').replaceChildren();
  shown = 0;
  showMore();
  get('cells-part').hidden = !told.cells.length;
  get('save-report').disabled = !told.report;
  say(
    several(told.cells.length, 'cell') +
      (subject === 'fields' ? ` in ${several(told.fields.length, 'field')}` : '') +
      `, ${told.review.length} to look at again, ` +
      `${several(told.errors.length, subject === 'fields' ? 'error' : 'picture')}` +
      `${subject === 'fields' ? '' : ' without an answer'}.`
  );
}

function list(id, sentences) {
  get(id).replaceChildren(...sentences.map((text) => make('li', {}, text)));
}

function showCount() {
  get('count-part').hidden = !told.differential_count.length;
  const counted = told.differential_count.reduce((sum, row) => sum + row.number, 0);
  const leftOut = told.cells.length - counted;
  get('count').caption.textContent = `Of ${several(counted, 'cell')}; those to look at again are counted, too`
    + (leftOut ? `, but not ${several(leftOut, 'picture')} in which there is not one white cell.` : '.');
  const rows = told.differential_count.map((row) =>
    make('tr', {},
      make('th', { scope: 'row' }, row.cell_type),
      make('td', { class: 'number' }, String(row.number)),
      make('td', { class: 'number' }, row.percent.toFixed(1)),
      make('td', { class: 'number' }, `${below(row.low)} to ${above(row.high)}`),
      make('td', { class: 'number' }, row.reference ? row.reference.join(' to ') : ''),
      make('td', {}, bar(row))));
  get('count').tBodies[0].replaceChildren(...rows);
}

function bar(row) {
  const picture = draw('svg', { class: 'share', viewBox: '0 0 100 10', preserveAspectRatio: 'none', 'aria-hidden': 'true' });
  picture.append(draw('rect', { class: 'axis', x: 0, y: 4.6, width: 100, height: 0.8 }));
  if (row.reference) {
    const [low, high] = row.reference;
    picture.append(draw('rect', { class: 'range', x: low, y: 1, width: high - low, height: 8 }));
  }
  picture.append(
    draw('rect', { class: 'interval', x: row.low, y: 4, width: row.high - row.low, height: 2 }),
    draw('rect', { class: 'value', x: Math.min(Math.max(row.percent - 0.4, 0), 99.2), y: 1.5, width: 0.8, height: 7 }));
  return picture;
}

function showReview() {
  get('review-part').hidden = !told.review.length;
  const rows = told.cells.filter((row) => row.review).map((row) =>
    make('tr', {},
      make('th', { scope: 'row' }, row.image),
      make('td', {}, `${row.cell_type}, ${percent(row.probability)}`),
      make('td', {}, row.review)));
  get('review').tBodies[0].replaceChildren(...rows);
}

function showFields() {
  get('fields-part').hidden = subject !== 'fields';
  const figures = (told.fields || []).map((field) => {
    const types = new Map();
    for (const row of told.cells.filter((cell) => cell.group === field.field)) {
      types.set(row.cell_type, (types.get(row.cell_type) || 0) + 1);
    }
    const kinds = [...types].map(([name, number]) => `${number} ${name}`).join(', ');
    const text = `${field.field}: ${several(field.cells, 'white cell')}${kinds ? `: ${kinds}` : ''}.`;
    return make('figure', {},
      make('img', { src: field.picture, alt: `Field with the boxes of its cells. ${text}`, width: field.width, height: field.height }),
      make('figcaption', {}, text));
  });
  get('pictures').replaceChildren(...figures);
}

function showMore() {
  const first = shown;
  const upTo = Math.min(shown + SHOWN, told.cells.length);
  for (; shown < upTo; shown++) get('cells').append(card(told.cells[shown], told.pictures[shown]));
  const left = told.cells.length - shown;
  get('more').hidden = !left;
  get('more').textContent = `Show ${Math.min(SHOWN, left)} more of ${left}`;
  return get('cells').children[first];
}
get('more').addEventListener('click', () => {
  const next = showMore();
  next.tabIndex = -1;
  next.focus();
});

function card(row, picture) {
  const names = Object.keys(row).filter((key) => typeof row[key] === 'string' && `${key}_probability` in row && key !== row.cell_type);
  const head = make('div', { class: 'head' },
    picture ? make('img', { src: picture, alt: `Cell ${row.image}`, width: 84, height: 84 }) : '',
    make('div', {},
      make('strong', {}, row.cell_type), ` ${percent(row.probability)}`,
      make('div', { class: 'name' }, row.image),
      row.review ? make('p', { class: 'again' }, `Look at again: ${row.review}`) : ''));
  const node = make('li', { class: 'card' }, head);
  if (names.length) {
    node.append(make('table', {},
      make('caption', { class: 'hidden' }, `Attributes of ${row.image}`),
      make('colgroup', {}, make('col'), make('col'), make('col')),
      make('thead', { class: 'hidden' }, make('tr', {},
        make('th', { scope: 'col' }, 'attribute'), make('th', { scope: 'col' }, 'value'),
        make('th', { scope: 'col' }, 'probability'))),
      make('tbody', {}, ...names.map((name) => make('tr', {},
        make('th', { scope: 'row' }, readable(name)),
        make('td', {}, row[name]),
        make('td', { class: 'number' }, percent(row[`${name}_probability`])))))));
  }
  return node;
}

// -- downloads --------------------------------------------------------------

function save(text, kind, name) {
  const address = URL.createObjectURL(new Blob([text], { type: kind }));
  const link = make('a', { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}
get('save-csv').addEventListener('click', () => save(told.csv, 'text/csv', 'cells.csv'));
get('save-report').addEventListener('click', () => save(told.report, 'text/html', 'report.html'));

// -- the model --------------------------------------------------------------

fetch('model').then((answer) => answer.json()).then((model) => {
  limits = model.limits;
  get('source').textContent = model.reference_source;
  get('model').textContent =
    `Model ${model.name}, SHA-256 ${model.sha256.slice(0, 16)}…, daffnet-mm ${model.version}. ` +
    `At most ${model.limits.files} pictures and ${model.limits.request_bytes / 1e6} MB at once.`;
}).catch(() => { get('model').textContent = 'The service cannot be reached.'; });

choose(get('files').files);
