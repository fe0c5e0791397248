// The page of the bundled server: subscribe, publish and watch by hand.
// Text from the server or from a field is added to the document as text, never as markup.

const MAX_ROWS = 200;
const MAX_CHARS = 4_000_000; // over all rows, so that large events do not fill the tab
const PREVIEW_CHARS = 480;
const PREVIEW_LINES = 8;
const ALWAYS_RECEIVED = ['gap', 'end'];
const LEDGER_MILLIS = 2_000;
const RESPONSE_MILLIS = 30_000;
const RECONNECT_MILLIS = 5_000;
const ANNOUNCE_MILLIS = 2_000;

const base = new URL('.', document.baseURI);
const $ = id => document.getElementById(id);
const number = new Intl.NumberFormat('en').format;

/** Creates an element with a class and children; strings become text nodes. */
function element(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

// ---- Addresses ----

/** Also encodes single quotes, so that an address can be put in single quotes in a shell. */
function encode(segment) {
  return encodeURIComponent(segment).replaceAll("'", '%27');
}

function encodeTopic(topic) {
  return topic.split('/').map(encode).join('/');
}

/** A browser resolves these segments, even if they are encoded, and would request another topic. */
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

/** The same stream after an event. A Last-Event-ID that the browser sends later overrides this parameter. */
function resumed(url, lastId) {
  if (!lastId) return url;
  return new URL(`${url}${url.search ? '&' : '?'}lastEventId=${encode(lastId)}`);
}

// ---- Announcements for screen readers ----

let announcement = '';
let announceTimer = 0;

/** Announces only the latest text of a short period, because a fast stream would never stop talking. */
function announce(text) {
  announcement = text;
  if (announceTimer) return;
  announceTimer = setTimeout(() => {
    announceTimer = 0;
    $('announcer').textContent = announcement;
  }, ANNOUNCE_MILLIS);
}

// ---- The list of events ----

let pending = []; // received but not yet shown; oldest first
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
  const events = `${number(eventCount)} ${eventCount === 1 ? 'event' : 'events'}`;
  announce(`${events}. Latest ${event.name}: ${event.data.slice(0, 120)}`);
}

function render() {
  frame = 0;
  $('event-count').textContent = number(eventCount);
  $('gap-count').textContent = number(gapCount);
  $('gap-count').toggleAttribute('data-some', gapCount > 0);
  $('last-id').textContent = lastId || '–';
  const waiting = pending.length === MAX_ROWS ? `${MAX_ROWS}+` : pending.length;
  $('hold').textContent = held && pending.length ? `Hold (${waiting})` : 'Hold';
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
  const cells = [element('span', 'name', name), element('span', 'id', id || '–'), dataCell(data)];
  const made = element('li', 'row', time, ...cells);
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

let stream = null;      // the EventSource, if there is one
let address = null;     // of the stream, without an id to resume from
let reconnectTimer = 0; // set while the browser has given up and the page will try again
let listenedNames = new Set();

function showState(state, why = '') {
  const word = state === 'rejected' ? 'ended' : state; // shown with the same word, but in another colour
  $('state').dataset.state = state;
  $('state-word').textContent = word;
  $('since').textContent = `since ${clock(new Date(), false)}`;
  $('why').textContent = why;
  $('why').hidden = !why;
  const live = state !== 'ended' && state !== 'rejected';
  $('connect').textContent = live ? 'Reconnect' : 'Connect';
  $('connect').classList.toggle('primary', !live);
  if (!live && document.activeElement === $('disconnect')) $('connect').focus();
  $('disconnect').disabled = !live;
  $('empty').textContent = live ? 'Nothing has come yet. Press Publish and it appears here.' : 'No stream is open.';
  announce(`Stream ${word}. ${why}`);
}

function isLive() {
  return stream !== null || reconnectTimer !== 0;
}

function wantedTopics() {
  return [...new Set($('topics').value.split('\n').map(line => line.trim()).filter(Boolean))];
}

function wantedNames() {
  return new Set([...$('names').value.split(',').map(name => name.trim()).filter(Boolean), ...ALWAYS_RECEIVED]);
}

function connect() {
  const topics = wantedTopics();
  const problem = topics.length === 0 ? 'Write at least one topic.'
    : topics.some(topic => !wellFormed(topic)) ? 'A topic contains half a character.' : '';
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
  listenedNames = new Set();
  listenToNames();
  // Server events named "open" or "error" also call these two listeners, as MessageEvents.
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
  clearTimeout(reconnectTimer);
  reconnectTimer = 0;
  stream?.close();
  stream = null;
}

/** An EventSource drops events whose names have no listener. Names may change while it is open. */
function listenToNames() {
  if (!stream) return;
  const wanted = wantedNames();
  for (const name of listenedNames) if (!wanted.has(name)) stream.removeEventListener(name, received);
  for (const name of wanted) if (!listenedNames.has(name)) stream.addEventListener(name, received);
  listenedNames = wanted;
}

function received(event) {
  if (!(event instanceof MessageEvent) || event.currentTarget !== stream) return;
  lastId = event.lastEventId;
  // Any publisher can publish an event named "end", but only the server creates an id like this.
  const ended = event.type === 'end' && lastId.startsWith('end~');
  const kind = ended ? 'end' : event.type === 'gap' ? 'gap' : 'event';
  addEvent({ at: new Date(), name: event.type, id: lastId, data: event.data, kind });
  if (ended) {
    closeStream();
    showState('ended', 'The server has ended this stream for good.');
  }
}

/** After a response other than 200 the browser neither reconnects nor reports the status, so ask the server again. */
async function gaveUp() {
  const failed = stream;
  showState('reconnecting', 'The browser has given up; asking the server why.');
  const asking = new AbortController();
  const timer = setTimeout(() => asking.abort(), RECONNECT_MILLIS);
  let why = 'The server does not respond. Trying again.';
  let isTemporary = true;
  try {
    const response = await fetch(resumed(address, lastId), {
      headers: { Accept: 'text/event-stream' }, cache: 'no-store', signal: asking.signal,
    });
    isTemporary = response.status === 200 || response.status === 429 || response.status >= 500;
    why = response.status === 204 ? 'The server has ended this stream for good.'
      : response.ok ? 'The server responds again.'
      : await problemOf(response).then(({ title, detail }) => [title, detail].filter(Boolean).join('. '));
  } catch {
    // No response at all: `why` has the right text already.
  } finally {
    clearTimeout(timer);
    asking.abort();
  }
  if (failed !== stream) return; // the user has connected or disconnected meanwhile
  closeStream();
  if (isTemporary) {
    showState('reconnecting', why);
    const delay = RECONNECT_MILLIS * (0.75 + Math.random() / 2);
    reconnectTimer = setTimeout(() => openStream(resumed(address, lastId)), delay);
  } else if (why.startsWith('The server has ended')) {
    showState('ended', why);
  } else {
    showState('rejected', why);
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

$('names').addEventListener('change', listenToNames);

// A page in the back-forward cache must not keep a connection: close the stream, and resume it when the page returns.
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
  if (!wellFormed(topic + name)) return showError('Not sent', 'A field contains half a character.');
  if (!topic) return showError('Not sent', 'Write a topic.');
  if (hasDotSegment(topic)) return showError('Not sent', 'A segment of a topic cannot be “.” or “..”.');

  const turn = ++publishCount;
  $('send').setAttribute('aria-busy', 'true');
  try {
    const response = await fetch(publishUrl(topic, name), {
      method: 'POST',
      headers: { 'Content-Type': 'text/plain;charset=UTF-8' },
      body: $('text').value,
      signal: AbortSignal.timeout(RESPONSE_MILLIS),
    });
    if (response.ok) {
      const accepted = await response.json();
      if (turn === publishCount) showAccepted(accepted, name);
    } else {
      const { title, detail } = await problemOf(response);
      if (turn === publishCount) showError(title, detail);
    }
  } catch (failure) {
    if (turn !== publishCount) return;
    if (failure.name === 'TimeoutError') {
      showError('No response', 'Over HTTP/1.1 a browser keeps six connections to a server; every open stream takes one.'
        + ' Close other tabs of this page.');
    } else if (failure instanceof SyntaxError) {
      showError('Not understood', 'The response is not the expected JSON.');
    } else {
      showError('No response', 'The server cannot be reached.');
    }
  } finally {
    if (turn === publishCount) $('send').removeAttribute('aria-busy');
  }
}

/** Title and detail of an error response, which is application/problem+json unless it comes from an intermediary. */
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
  const title = element('b', '', duplicate ? 'Published before' : 'Published');
  const parts = [title, ` to ${readers}`, element('span', 'mono', `id ${id}`)];
  const type = name || 'message';
  if (isLive() && !wantedNames().has(type)) {
    const listen = element('button', 'small', `Listen to “${type}”`);
    listen.type = 'button';
    listen.addEventListener('click', () => {
      $('names').value = $('names').value.trim() ? `${$('names').value.trim()}, ${type}` : type;
      listenToNames();
      listen.parentElement.replaceChildren(`This page now listens to “${type}”. Publish again.`);
      $('send').focus();
    });
    parts.push(element('div', 'advice', `This page does not listen to “${type}”.`, listen));
  }
  showAnswer('done', parts);
}

function showError(title, detail) {
  showAnswer('rejected', [element('b', '', title), detail ? `. ${detail}` : '']);
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
    const response = await fetch(new URL('admin/ledger', base), {
      cache: 'no-store', signal: AbortSignal.timeout(RESPONSE_MILLIS),
    });
    if (response.ok) {
      const ledger = await response.json();
      for (const key of SHOWN) {
        $(`server-${key}`).textContent = typeof ledger[key] === 'number' ? number(ledger[key]) : '–';
      }
      $('server').hidden = false;
      $('server').removeAttribute('data-stale');
    } else if (response.status >= 400 && response.status < 500 && response.status !== 429) {
      // Not permitted (401, 403) or not available here: hide the figures, and stop asking.
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
  if (topics.length && topics.every(wellFormed)) {
    $('curl-subscribe').textContent = `curl -N '${eventsUrl(topics).href}'`;
  }
  if (topic && wellFormed(topic + name) && !hasDotSegment(topic)) {
    $('curl-publish').textContent = `curl -d 'Hello from a shell' '${publishUrl(topic, name).href}'`;
  }
}

for (const field of ['topics', 'topic', 'name']) $(field).addEventListener('input', showCommands);

for (const what of ['subscribe', 'publish']) {
  const button = $(`copy-${what}`);
  if (!navigator.clipboard) continue; // available only over HTTPS or from this machine
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
