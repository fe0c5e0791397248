// The page of the bundled server: subscribe, publish and watch by hand.
// Whatever comes from the server or from a field goes to the document as text, never as markup.

const MAX_ROWS = 200;
const MAX_CHARS = 4_000_000; // over all rows, so that large events do not fill the tab
const PREVIEW_CHARS = 480;
const PREVIEW_LINES = 8;
const ALWAYS_HEARD = ['gap', 'end'];
const LEDGER_MILLIS = 2_000;
const ANSWER_MILLIS = 30_000;
const COME_BACK_MILLIS = 5_000;
const ANNOUNCE_MILLIS = 2_000;

const base = new URL('.', document.baseURI);
const $ = id => document.getElementById(id);
const number = new Intl.NumberFormat('en').format;

/** An element with a class and children; strings become text nodes. */
function element(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

// ---- Addresses ----

/** A quote is encoded too, so that an address can stand in single quotes in a shell. */
function encode(segment) {
  return encodeURIComponent(segment).replaceAll("'", '%27');
}

function encodeTopic(topic) {
  return topic.split('/').map(encode).join('/');
}

/** A browser resolves these segments itself, even encoded, and would ask for another topic than the one written. */
function hasDotSegment(topic) {
  return topic.split('/').some(segment => segment === '.' || segment === '..');
}

function wellFormed(text) {
  try {
    encodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function eventsUrl(topics) {
  if (topics.length === 1 && !hasDotSegment(topics[0])) return new URL(`events/${encodeTopic(topics[0])}`, base);
  return new URL(`events?${topics.map(topic => `topic=${encode(topic)}`).join('&')}`, base);
}

function publishUrl(topic, name) {
  return new URL(`publish/${encodeTopic(topic)}${name ? `?event=${encode(name)}` : ''}`, base);
}

/** The same stream from behind an event. A Last-Event-ID that the browser sends later wins over this parameter. */
function resumed(url, lastId) {
  if (!lastId) return url;
  return new URL(`${url}${url.search ? '&' : '?'}lastEventId=${encode(lastId)}`);
}

// ---- What a screen reader hears ----

let toSay = '';
let sayTimer = 0;

/** The latest of what happened within a moment; a fast stream must not talk without end. */
function announce(text) {
  toSay = text;
  if (sayTimer) return;
  sayTimer = setTimeout(() => {
    sayTimer = 0;
    $('announcer').textContent = toSay;
  }, ANNOUNCE_MILLIS);
}

// ---- The list of events ----

let pending = []; // received, not yet shown; oldest first
let frame = 0;
let held = false;
let rowChars = 0;
let eventCount = 0;
let gapCount = 0;
let lastId = '';

function addEvent(event) {
  pending.push(event);
  if (pending.length > MAX_ROWS) pending.shift();
  eventCount++;
  if (event.kind === 'gap') gapCount++;
  if (!frame) frame = requestAnimationFrame(render);
  announce(`${number(eventCount)} ${eventCount === 1 ? 'event' : 'events'}. Latest ${event.name}: ${event.data.slice(0, 120)}`);
}

function render() {
  frame = 0;
  $('event-count').textContent = number(eventCount);
  $('gap-count').textContent = number(gapCount);
  $('gap-count').toggleAttribute('data-some', gapCount > 0);
  $('last-id').textContent = lastId || '–';
  $('hold').textContent = held && pending.length ? `Hold (${pending.length === MAX_ROWS ? `${MAX_ROWS}+` : pending.length})` : 'Hold';
  if (held) return;

  const list = $('list');
  const fresh = document.createDocumentFragment();
  for (const event of pending.reverse()) {
    fresh.append(row(event));
    rowChars += event.data.length;
  }
  pending = [];
  list.prepend(fresh);
  while (list.children.length > MAX_ROWS || (rowChars > MAX_CHARS && list.children.length > 1)) {
    rowChars -= list.lastElementChild.chars;
    list.lastElementChild.remove();
  }
  $('empty').hidden = list.children.length > 0;
}

function row({ at, name, id, data, kind }) {
  const time = element('time', '', clock(at));
  time.dateTime = at.toISOString();
  const made = element('li', 'row', time, element('span', 'name', name), element('span', 'id', id || '–'), dataCell(data));
  made.dataset.kind = kind;
  made.chars = data.length;
  return made;
}

function dataCell(data) {
  if (data === '') return element('div', 'data none', 'empty');
  const preview = data.split('\n', PREVIEW_LINES).join('\n').slice(0, PREVIEW_CHARS);
  if (preview.length === data.length) return element('div', 'data', data);

  const text = element('span', '', `${preview}…`);
  const more = element('button', 'small more', `Show all ${number(data.length)} characters`);
  more.type = 'button';
  more.setAttribute('aria-expanded', 'false');
  more.addEventListener('click', () => {
    const open = more.getAttribute('aria-expanded') === 'false';
    more.setAttribute('aria-expanded', String(open));
    text.textContent = open ? data : `${preview}…`;
    more.textContent = open ? 'Show less' : `Show all ${number(data.length)} characters`;
  });
  return element('div', 'data', text, more);
}

function clock(date, millis = true) {
  const two = value => String(value).padStart(2, '0');
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return millis ? `${time}.${String(date.getMilliseconds()).padStart(3, '0')}` : time;
}

function clearEvents() {
  pending = [];
  rowChars = 0;
  eventCount = 0;
  gapCount = 0;
  $('list').replaceChildren();
  render();
}

$('hold').addEventListener('click', () => {
  held = !held;
  $('hold').setAttribute('aria-pressed', String(held));
  render();
});

$('clear').addEventListener('click', clearEvents);

// ---- The stream ----

let stream = null;      // the EventSource, while there is one
let address = null;     // of the stream, without a place to resume from
let comeBackTimer = 0;  // set while the browser has given up and the page will try again
let heard = new Set();

function showState(state, why = '') {
  const word = state === 'refused' ? 'ended' : state; // the same to the reader, but for its colour
  $('state').dataset.state = state;
  $('state-word').textContent = word;
  $('since').textContent = `since ${clock(new Date(), false)}`;
  $('why').textContent = why;
  $('why').hidden = !why;
  const live = state !== 'ended' && state !== 'refused';
  $('connect').textContent = live ? 'Reconnect' : 'Connect';
  $('connect').classList.toggle('primary', !live);
  if (!live && document.activeElement === $('disconnect')) $('connect').focus();
  $('disconnect').disabled = !live;
  $('empty').textContent = live ? 'Nothing has come yet. Press Publish and it appears here.' : 'No stream is open.';
  announce(`Stream ${word}. ${why}`);
}

function isLive() {
  return stream !== null || comeBackTimer !== 0;
}

function wantedTopics() {
  return [...new Set($('topics').value.split('\n').map(line => line.trim()).filter(Boolean))];
}

function wantedNames() {
  return new Set([...$('names').value.split(',').map(name => name.trim()).filter(Boolean), ...ALWAYS_HEARD]);
}

function connect() {
  const topics = wantedTopics();
  const problem = topics.length === 0 ? 'Write at least one topic.'
    : topics.some(topic => !wellFormed(topic)) ? 'A topic holds half a character.' : '';
  $('subscribe-problem').textContent = problem;
  if (problem) return $('topics').focus();

  const wanted = eventsUrl(topics);
  if (wanted.href !== address?.href) clearEvents();
  address = wanted;
  lastId = '';
  render();
  $('request').textContent = `GET ${address.pathname}${address.search}`;
  openStream(address);
}

function openStream(url) {
  closeStream();
  const opened = new EventSource(url);
  stream = opened;
  heard = new Set();
  hearNames();
  // An event that the server names "open" or "error" comes to these two as well, as a MessageEvent.
  opened.addEventListener('open', event => {
    if (event instanceof MessageEvent || opened !== stream) return;
    showState('open');
  });
  opened.addEventListener('error', event => {
    if (event instanceof MessageEvent || opened !== stream) return;
    if (opened.readyState === EventSource.CLOSED) gaveUp();
    else if ($('state').dataset.state !== 'reconnecting') showState('reconnecting');
  });
  showState('connecting');
}

function closeStream() {
  clearTimeout(comeBackTimer);
  comeBackTimer = 0;
  stream?.close();
  stream = null;
}

/** An EventSource tells nothing of an event whose name it was not asked for. Names may change while it is open. */
function hearNames() {
  if (!stream) return;
  const wanted = wantedNames();
  for (const name of heard) if (!wanted.has(name)) stream.removeEventListener(name, received);
  for (const name of wanted) if (!heard.has(name)) stream.addEventListener(name, received);
  heard = wanted;
}

function received(event) {
  if (!(event instanceof MessageEvent) || event.currentTarget !== stream) return;
  lastId = event.lastEventId;
  // Anybody may publish an event named "end"; only the server gives it an id like this.
  const ended = event.type === 'end' && lastId.startsWith('end~');
  addEvent({ at: new Date(), name: event.type, id: lastId, data: event.data, kind: ended ? 'end' : event.type === 'gap' ? 'gap' : 'event' });
  if (ended) {
    closeStream();
    showState('ended', 'The server has ended this stream for good.');
  }
}

/** The browser does not come back by itself after an answer other than 200, nor does it say which: ask once more to learn why. */
async function gaveUp() {
  const failed = stream;
  showState('reconnecting', 'The browser has given up; asking the server why.');
  const asking = new AbortController();
  const timer = setTimeout(() => asking.abort(), COME_BACK_MILLIS);
  let why = 'The server does not answer. Trying again.';
  let passes = true;
  try {
    const response = await fetch(resumed(address, lastId), { headers: { Accept: 'text/event-stream' }, cache: 'no-store', signal: asking.signal });
    passes = response.status === 200 || response.status === 429 || response.status >= 500;
    why = response.status === 204 ? 'The server has ended this stream for good.'
      : response.ok ? 'The server answers again.'
      : await problemOf(response).then(({ title, detail }) => [title, detail].filter(Boolean).join('. '));
  } catch {
    // No answer at all: what `why` says already.
  } finally {
    clearTimeout(timer);
    asking.abort();
  }
  if (failed !== stream) return; // connected or disconnected by hand meanwhile
  closeStream();
  if (passes) {
    showState('reconnecting', why);
    comeBackTimer = setTimeout(() => openStream(resumed(address, lastId)), COME_BACK_MILLIS * (0.75 + Math.random() / 2));
  } else if (why.startsWith('The server has ended')) {
    showState('ended', why);
  } else {
    showState('refused', why);
  }
}

$('subscribe').addEventListener('submit', event => {
  event.preventDefault();
  connect();
});

$('disconnect').addEventListener('click', () => {
  closeStream();
  showState('ended', 'You have disconnected.');
});

$('names').addEventListener('change', hearNames);

// A page in the back-forward cache keeps no connection: let go of it, and go on from the last event when the page returns.
let leftOpen = false;

addEventListener('pagehide', () => {
  leftOpen = isLive();
  closeStream();
});

addEventListener('pageshow', event => {
  if (event.persisted && leftOpen) openStream(resumed(address, lastId));
});

// ---- Publishing ----

let publishCount = 0;

async function publish() {
  const topic = $('topic').value.trim();
  const name = $('name').value.trim();
  if (!wellFormed(topic + name)) return showRefusal('Not sent', 'A field holds half a character.');
  if (!topic) return showRefusal('Not sent', 'Write a topic.');
  if (hasDotSegment(topic)) return showRefusal('Not sent', 'A segment of a topic cannot be “.” or “..”.');

  const turn = ++publishCount;
  $('send').setAttribute('aria-busy', 'true');
  try {
    const response = await fetch(publishUrl(topic, name), {
      method: 'POST',
      headers: { 'Content-Type': 'text/plain;charset=UTF-8' },
      body: $('text').value,
      signal: AbortSignal.timeout(ANSWER_MILLIS),
    });
    if (response.ok) {
      const accepted = await response.json();
      if (turn === publishCount) showAccepted(accepted, name);
    } else {
      const { title, detail } = await problemOf(response);
      if (turn === publishCount) showRefusal(title, detail);
    }
  } catch (failure) {
    if (turn !== publishCount) return;
    if (failure.name === 'TimeoutError') {
      showRefusal('No answer', 'Over HTTP/1.1 a browser keeps six connections to a server; every open stream takes one. Close other tabs of this page.');
    } else if (failure instanceof SyntaxError) {
      showRefusal('Not understood', 'The answer is not the JSON that was expected.');
    } else {
      showRefusal('No answer', 'The server cannot be reached.');
    }
  } finally {
    if (turn === publishCount) $('send').removeAttribute('aria-busy');
  }
}

/** Title and detail of a refusal, which is application/problem+json unless something stands in between. */
async function problemOf(response) {
  const fallback = `${response.status} ${response.statusText}`.trim();
  try {
    const { title, detail } = await response.json();
    return { title: title ? `${response.status} ${title}` : fallback, detail: detail ? String(detail) : '' };
  } catch {
    return { title: fallback, detail: '' };
  }
}

function showAccepted({ id, subscribers, duplicate }, name) {
  const readers = `${number(subscribers)} ${subscribers === 1 ? 'subscriber' : 'subscribers'}`;
  const parts = [element('b', '', duplicate ? 'Published before' : 'Published'), ` to ${readers}`, element('span', 'mono', `id ${id}`)];
  const type = name || 'message';
  if (isLive() && !wantedNames().has(type)) {
    const listen = element('button', 'small', `Listen to “${type}”`);
    listen.type = 'button';
    listen.addEventListener('click', () => {
      $('names').value = $('names').value.trim() ? `${$('names').value.trim()}, ${type}` : type;
      hearNames();
      listen.parentElement.replaceChildren(`This page now listens to “${type}”. Publish again.`);
      $('send').focus();
    });
    parts.push(element('div', 'advice', `This page does not listen to “${type}”.`, listen));
  }
  showAnswer('done', parts);
}

function showRefusal(title, detail) {
  showAnswer('refused', [element('b', '', title), detail ? `. ${detail}` : '']);
}

function showAnswer(kind, parts) {
  $('answer').dataset.kind = kind;
  $('answer').replaceChildren(...parts);
}

$('publish').addEventListener('submit', event => {
  event.preventDefault();
  publish();
});

for (const [area, form] of [['text', 'publish'], ['topics', 'subscribe']]) {
  $(area).addEventListener('keydown', event => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
    event.preventDefault();
    $(form).requestSubmit();
  });
}

// ---- Server state ----

const SHOWN = ['connections', 'sinks', 'subscriptions', 'topics', 'events'];
let ledgerTimer = 0;
let ledgerAllowed = true;
let ledgerAsking = false;

async function askLedger() {
  clearTimeout(ledgerTimer);
  if (document.hidden || !ledgerAllowed || ledgerAsking) return;
  ledgerAsking = true;
  try {
    const response = await fetch(new URL('admin/ledger', base), { cache: 'no-store', signal: AbortSignal.timeout(ANSWER_MILLIS) });
    if (response.ok) {
      const ledger = await response.json();
      for (const key of SHOWN) $(`server-${key}`).textContent = typeof ledger[key] === 'number' ? number(ledger[key]) : '–';
      $('server').hidden = false;
      $('server').removeAttribute('data-stale');
    } else if (response.status >= 400 && response.status < 500 && response.status !== 429) {
      // Not for this reader (401, 403) or not served here: no strip, and no more questions.
      ledgerAllowed = false;
      $('server').hidden = true;
    } else {
      $('server').setAttribute('data-stale', '');
    }
  } catch {
    $('server').setAttribute('data-stale', '');
  } finally {
    ledgerAsking = false;
  }
  ledgerTimer = setTimeout(askLedger, LEDGER_MILLIS);
}

document.addEventListener('visibilitychange', askLedger);

// ---- From a shell ----

function showCommands() {
  const topics = wantedTopics();
  const topic = $('topic').value.trim();
  const name = $('name').value.trim();
  if (topics.length && topics.every(wellFormed)) $('curl-subscribe').textContent = `curl -N '${eventsUrl(topics).href}'`;
  if (topic && wellFormed(topic + name) && !hasDotSegment(topic)) $('curl-publish').textContent = `curl -d 'Hello from a shell' '${publishUrl(topic, name).href}'`;
}

for (const field of ['topics', 'topic', 'name']) $(field).addEventListener('input', showCommands);

for (const what of ['subscribe', 'publish']) {
  const button = $(`copy-${what}`);
  if (!navigator.clipboard) continue; // only where the page came over HTTPS or from this machine
  button.hidden = false;
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText($(`curl-${what}`).textContent);
      button.textContent = 'Copied';
      announce('Command copied.');
    } catch {
      button.textContent = 'Not copied';
    }
    setTimeout(() => { button.textContent = 'Copy'; }, 1_500);
  });
}

// ---- Start ----

if (/Mac|iPhone|iPad/.test(navigator.platform)) $('text-hint').querySelector('kbd').textContent = '⌘';
showCommands();
askLedger();
connect();
